package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

func main() {
	fore := flag.String("fore", "#d0d0d0", "the terminal's own text colour")
	back := flag.String("back", "#171717", "the terminal's own background")
	width := flag.Int("width", 0, "the terminal's width")
	cursor := flag.String("cursor", "", "where the cursor is to be drawn, as COLUMN,LINE from 0,0")
	flag.Parse()
	t, err := newTerminal(*width, *fore, *back, *cursor)
	if err == nil {
		err = t.run(os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "normalize:", err)
		os.Exit(1)
	}
}

// terminal is the state of a terminal at one point of its input.
type terminal struct {
	width        int
	fore, back   colour // its own colours
	column, rest int    // where its cursor is, and how many lines are left before it; -1 for none
	look         look
}

func newTerminal(width int, fore, back, cursor string) (*terminal, error) {
	t := &terminal{width: width, column: -1, rest: -1}
	for _, own := range []struct {
		written string
		to      *colour
	}{{fore, &t.fore}, {back, &t.back}} {
		if _, err := fmt.Sscanf(own.written, "#%02x%02x%02x", &own.to.r, &own.to.g, &own.to.b); err != nil {
			return nil, fmt.Errorf("%q is not #rrggbb", own.written)
		}
		own.to.set = true
	}
	if cursor != "" {
		if _, err := fmt.Sscanf(cursor, "%d,%d", &t.column, &t.rest); err != nil {
			return nil, fmt.Errorf("%q is not COLUMN,LINE", cursor)
		}
	}
	return t, nil
}

func (t *terminal) run(in io.Reader, out io.Writer) error {
	w := bufio.NewWriter(out)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if _, err := fmt.Fprintln(w, t.line(lines.Text())); err != nil {
			return err
		}
		t.rest--
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return w.Flush()
}

// line returns the line with a complete sequence before each run of text. A
// capture lacks the end of a line that was filled by an erasure; such a line
// continues in its background, though never in reverse video, in which nothing is
// erased. Every character counts as one cell.
func (t *terminal) line(s string) string {
	var b strings.Builder
	room := t.width
	for s != "" {
		text, rest, found := strings.Cut(s, "\x1b[")
		if text != "" {
			b.WriteString(t.text(text, t.width-room))
			room -= utf8.RuneCountInString(text)
		}
		if !found {
			break
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r >= 0x40 && r <= 0x7e })
		if end < 0 {
			break
		}
		if rest[end] == 'm' {
			t.look.apply(rest[:end])
		}
		s = rest[end+1:]
	}
	if room > 0 && t.look.back.set && !t.look.reverse {
		b.WriteString(strings.Repeat(" ", room))
	}
	return b.String() + "\x1b[0m"
}

// text returns a run of text that begins at a column, with its look. The cell
// under the cursor is reversed.
func (t *terminal) text(s string, column int) string {
	cells := []rune(s)
	at := t.column - column
	if t.rest != 0 || at < 0 || at >= len(cells) {
		return t.look.sequence(t.fore, t.back) + s
	}
	under := t.look
	under.reverse = !under.reverse
	drawn := under.sequence(t.fore, t.back) + string(cells[at]) + t.look.sequence(t.fore, t.back) + string(cells[at+1:])
	if at == 0 {
		return drawn
	}
	return t.look.sequence(t.fore, t.back) + string(cells[:at]) + drawn
}
