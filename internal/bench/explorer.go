package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kvist/internal/screen"
)

// explorer is kvist in a terminal. This file alone knows how its screen looks.
type explorer struct {
	*screen.Terminal
	places patterns
}

// patterns find text on kvist's screen.
type patterns struct{ title, keys, matches *regexp.Regexp }

// The screen's lines: the status, the panes' titles, rows of the tree.
const (
	statusLine = 0
	titleLine  = 1
	firstRow   = 2
)

// explore starts kvist on an address.
func (b *bench) explore(address string) (*explorer, error) {
	home, err := os.MkdirTemp(b.dir, "home")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(b.kvist, address)
	cmd.Dir = home
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC",
		"XDG_CONFIG_HOME=" + filepath.Join(home, "config"), "XDG_STATE_HOME=" + filepath.Join(home, "state"),
		"XDG_DATA_HOME=" + filepath.Join(home, "data"),
	}
	t, err := startTerminal(cmd)
	if err != nil {
		return nil, err
	}
	return &explorer{t, patterns{
		title:   regexp.MustCompile(`Keys (?:in \S+)?\s+([\d ]+)/([\d ]+)`),
		keys:    regexp.MustCompile(` {2}([\d ]+) keys`),
		matches: regexp.MustCompile(`(no|[\d ]+) match`),
	}}, nil
}

// digits returns the number that text writes in groups; -1 if it is none.
func digits(text string) int {
	n, err := strconv.Atoi(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		return -1
	}
	return n
}

// position returns the cursor's row and the number of rows; -1 for unknown.
// Like everything that looks at the screen, it is only for Await and Look.
func (e *explorer) position() (at, of int) {
	found := e.places.title.FindStringSubmatch(e.Cells(titleLine, 0, columns/2))
	if found == nil {
		return -1, -1
	}
	return digits(found[1]), digits(found[2])
}

// count returns how many keys kvist shows in the status; -1 for unknown.
func (e *explorer) count() int {
	found := e.places.keys.FindStringSubmatch(e.Line(statusLine))
	if found == nil {
		return -1
	}
	return digits(found[1])
}

// live reports whether kvist shows that it is live.
func (e *explorer) live() bool { return strings.Contains(e.Line(statusLine), "● live") }

// row is a line of the tree and the sign of its last change, ' ' for none.
func (e *explorer) row(y int) (sign rune, text string) {
	sign, _ = utf8.DecodeRuneInString(e.Cells(y, 0, 1))
	return sign, e.Cells(y, 1, columns*2/5)
}

// rowOf returns the line with a name in the tree; -1 for none.
func (e *explorer) rowOf(name string) int {
	for y := firstRow; y < lines-1; y++ {
		if _, text := e.row(y); strings.Contains(text, name) {
			return y
		}
	}
	return -1
}

// changed reports whether a row has the sign of a change of its own.
func (e *explorer) changed(y int) bool {
	sign, _ := e.row(y)
	return sign == '~' || sign == '+'
}

// firstTree waits for the first rows, and returns how long after the start they
// came.
func (e *explorer) firstTree(name string) (time.Duration, error) {
	at, err := e.Await("the first rows", func() bool { return e.rowOf(name) >= 0 })
	return at.Sub(e.Began), err
}

// allKnown waits until kvist shows that it is live with n keys, and returns how
// long after the start that was.
func (e *explorer) allKnown(n int) (time.Duration, error) {
	at, err := e.Await(fmt.Sprintf("live with %d keys", n), func() bool { return e.live() && e.count() == n })
	return at.Sub(e.Began), err
}

// starts is firstTree and then allKnown.
func (e *explorer) starts(name string, n int) (first, known time.Duration, err error) {
	if first, err = e.firstTree(name); err == nil {
		known, err = e.allKnown(n)
	}
	return first, known, err
}

// goTo types keys and waits until the cursor is on a row, counted from 1.
func (e *explorer) goTo(row int, keys string) error {
	if err := e.Type(keys); err != nil {
		return err
	}
	_, err := e.Await(fmt.Sprintf("the cursor on row %d", row), func() bool {
		at, _ := e.position()
		return at == row
	})
	return err
}

// openAll opens every folder, from the last to the first, so that the rows
// above stay where they are.
func (e *explorer) openAll(k keyspace) error {
	tops := up(k.n, perService)
	if err := e.goTo(tops, "G"); err != nil {
		return err
	}
	for top := tops; top >= 1; top-- {
		_, before := screen.Look(e.Terminal, e.position)
		_, err := e.AwaitAfter("a folder to open", func() error { return e.Type("=") }, func() bool {
			_, of := e.position()
			return of > before
		})
		if err != nil {
			return err
		}
		if top > 1 {
			if err := e.goTo(top-1, "k"); err != nil {
				return err
			}
		}
	}
	if _, of := screen.Look(e.Terminal, e.position); of != k.n+k.folderCount() {
		return fmt.Errorf("everything is open, and there are %d rows instead of %d", of, k.n+k.folderCount())
	}
	return nil
}

// found is the content of the box for finding.
type found struct {
	query   string // the text typed so far
	matches int    // -1 if it is not shown
	done    bool   // all keys were searched
}

// found reads the box for finding.
func (e *explorer) found() (found, bool) {
	for y := firstRow; y < lines-2; y++ {
		from := strings.Index(e.Line(y), "Find a key")
		if from < 0 {
			continue
		}
		query, report := e.inBox(y+1), e.inBox(y+2)
		f := found{query: query, matches: -1, done: !strings.Contains(report, "searched") && !strings.Contains(report, "listing")}
		switch m := e.places.matches.FindStringSubmatch(report); {
		case m == nil:
		case m[1] == "no":
			f.matches = 0
		default:
			f.matches = digits(m[1])
		}
		return f, true
	}
	return found{}, false
}

// inBox returns the text of a dialog's line.
func (e *explorer) inBox(y int) string {
	cells := []rune(e.Line(y))
	right := len(cells) - 1
	for right > 0 && cells[right] != '│' {
		right--
	}
	left := right - 1
	for left > 0 && cells[left] != '│' {
		left--
	}
	return strings.TrimSpace(string(cells[max(0, left+1):right]))
}
