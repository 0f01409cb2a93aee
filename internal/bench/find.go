package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"kvist/internal/screen"
	"kvist/kv/kvtest"
)

const (
	// findGoal is how soon first results should be on the screen.
	findGoal = 60 * time.Millisecond
	// findPause is left between two letters.
	findPause = 100 * time.Millisecond
)

// queries are the words to look for, one letter at a time.
func queries(fuzzy bool, n int) []string {
	words := []string{"session-0042", "us-west-3/n", "node-42/r", "certificate-09", "payments-w", "eu-n"}
	if fuzzy {
		words = []string{"seseu42", "nodeown7", "paycert", "ledgnode7", "shipsao", "ctlgroute"}
	}
	return words[:n]
}

// hits counts, for each letter of a word, the keys that match the word so far:
// as text, or its letters in order.
func (k keyspace) hits(word string, fuzzy bool) []int {
	holds := strings.Contains
	if fuzzy {
		holds = inOrder
	}
	var keys []string // those that matched one letter less
	for i := range k.n {
		if key := k.key(i); holds(key, word[:1]) {
			keys = append(keys, key)
		}
	}
	counts := []int{len(keys)}
	for i := range word[1:] {
		keys = slices.DeleteFunc(keys, func(key string) bool { return !holds(key, word[:i+2]) })
		counts = append(counts, len(keys))
	}
	return counts
}

// inOrder reports whether the letters are in text in their order.
func inOrder(text, letters string) bool {
	for _, letter := range letters {
		at := strings.IndexRune(text, letter)
		if at < 0 {
			return false
		}
		text = text[at+1:]
	}
	return true
}

// measureFind types letters into kvist and into fzf by turns.
func (e *etcd) measureFind() ([]row, error) {
	x, err := e.opened(e.many)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	list, err := e.keyList(e.many)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, fuzzy := range []bool{false, true} {
		r, err := e.findRow(x, list, fuzzy)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// distinct reports for which letters the results differ visibly from those of
// the letter before: not where fzf's counter stays the same.
func distinct(counts []int) func(i int) bool {
	return func(i int) bool { return i == 0 || counts[i] != counts[i-1] }
}

// keyList writes all keys into a file, a line each.
func (e *etcd) keyList(k keyspace) (string, error) {
	path := filepath.Join(e.dir, "keys")
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	for i := range k.n {
		fmt.Fprintln(w, k.key(i))
	}
	return path, w.Flush()
}

// findRow measures one kind of query.
func (e *etcd) findRow(x *explorer, list string, fuzzy bool) (row, error) {
	f, err := e.startFzf(list, e.many.n, fuzzy)
	if err != nil {
		return row{}, err
	}
	defer f.Close()
	var first, all, reference sample
	wrong := ""
	for _, word := range queries(fuzzy, e.words) {
		counts := e.many.hits(word, fuzzy)
		a, b, said, err := x.find(word, fuzzy)
		if err != nil {
			return row{}, err
		}
		c, err := f.find(word, counts, e.many.n)
		if err != nil {
			return row{}, err
		}
		for i := range counts {
			if said[i] != counts[i] && wrong == "" {
				wrong = fmt.Sprintf("; **%s matches said for %q, %s are there**", grouped(said[i]), word[:i+1], grouped(counts[i]))
			}
		}
		a, b, c = a.where(distinct(counts)), b.where(distinct(counts)), c.where(distinct(counts))
		first, all, reference = append(first, a...), append(all, b...), append(reference, c...)
		e.say("%q: first %s, all %s; fzf %s", word, spread(a), spread(b), spread(c))
	}
	r := row{what: rowFindPlain}
	if fuzzy {
		r.what = rowFindFuzzy
	}
	ratio := quotient(first.p(50), reference.p(50))
	r.kvist = fmt.Sprintf("first results %s; all searched %s%s", spread(first), spread(all), wrong)
	r.reference, r.ratio = spread(reference)+" fzf", times(ratio)
	r.goal = fmt.Sprintf("first p50 %v and %s", findGoal, times(1))
	return r.judged(first.p(50) <= findGoal && ratio <= 1 && wrong == ""), nil
}

// find types a word into the box for finding. For each letter it returns when
// the first results came, when all keys were searched, and how many matches
// were then shown.
func (e *explorer) find(word string, fuzzy bool) (first, all sample, said []int, err error) {
	open, sign := "/", ""
	if fuzzy {
		open, sign = "/~", "~"
	}
	if err := e.Type(open); err != nil {
		return nil, nil, nil, err
	}
	if _, err := e.Await("the box for finding", func() bool { f, ok := e.found(); return ok && f.query == sign }); err != nil {
		return nil, nil, nil, err
	}
	e.Settled(quiet)
	for i := range word {
		time.Sleep(findPause)
		typed, some := sign+word[:i+1], time.Time{}
		done := func() bool {
			f, ok := e.found()
			if !ok || f.query != typed {
				return false
			}
			switch shown := f.matches > 0 || f.matches == 0 && f.done; {
			case !shown:
				some = time.Time{} // what seemed to be shown belonged to the letter before
			case some.IsZero():
				some = e.Drawn()
			}
			return f.done && f.matches >= 0
		}
		var began time.Time
		at, err := e.AwaitAfter(fmt.Sprintf("all that matches %q", typed), func() error {
			began = time.Now()
			return e.Type(word[i : i+1])
		}, done)
		if err != nil {
			return nil, nil, nil, err
		}
		first, all = append(first, some.Sub(began)), append(all, at.Sub(began))
		f, _ := screen.Look(e.Terminal, e.found)
		said = append(said, f.matches)
	}
	if err := e.Type("\x1b"); err != nil {
		return nil, nil, nil, err
	}
	_, err = e.Await("the box for finding to close", func() bool { _, ok := e.found(); return !ok })
	e.Settled(quiet)
	return first, all, said, err
}

// fzf is the fuzzy finder over a list.
type fzf struct {
	*screen.Terminal
	counter *regexp.Regexp
}

// startFzf starts it and waits until it has read all lines.
func (b *bench) startFzf(list string, n int, fuzzy bool) (*fzf, error) {
	path, err := kvtest.Program("fzf")
	if err != nil {
		return nil, err
	}
	in, err := os.Open(list)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cmd := exec.Command(path)
	if !fuzzy {
		cmd.Args = append(cmd.Args, "--exact")
	}
	cmd.Stdin = in
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "TERM=xterm-256color", "LANG=C.UTF-8"}
	t, err := startTerminal(cmd)
	if err != nil {
		return nil, err
	}
	f := &fzf{t, regexp.MustCompile(`(\d+)/(\d+)`)}
	if _, err := f.Await("fzf to read all", func() bool { return f.shows(n, n) }); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// shows reports whether fzf shows that so many of n lines match. It shows the
// number when it has searched all; a part of its progress sign may stay.
func (f *fzf) shows(matched, n int) bool {
	found := f.counter.FindStringSubmatch(f.Line(lines - 2))
	return len(found) > 2 && digits(found[1]) == matched && digits(found[2]) == n
}

// find types a word and returns for each letter when its results came.
func (f *fzf) find(word string, counts []int, n int) (sample, error) {
	var s sample
	for i := range word {
		time.Sleep(findPause)
		var began time.Time
		at, err := f.AwaitAfter(fmt.Sprintf("fzf's matches of %q", word[:i+1]), func() error {
			began = time.Now()
			return f.Type(word[i : i+1])
		}, func() bool { return strings.TrimSpace(f.Line(lines-1)) == "> "+word[:i+1] && f.shows(counts[i], n) })
		if err != nil {
			return nil, err
		}
		s = append(s, at.Sub(began))
	}
	_, err := f.AwaitAfter("fzf to show all", func() error { return f.Type("\x15") }, func() bool { return f.shows(n, n) })
	return s, err
}
