package tui

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"

	"kvist/tui/tree"
)

const (
	// findSlice is how many keys are compared before other input has its
	// turn: about a millisecond's work.
	findSlice = 10_000
	// findMax bounds the matches that n and N go through.
	findMax = 10_000
)

// finder looks for keys, a slice at a time.
type finder struct {
	query    string
	match    func(key string) bool // nil when nothing is looked for
	gen      int                   // which search is the one in use
	from     string                // the last key compared
	searched int
	done     bool
	matches  []string // in the order of the rows
	first    bool     // the cursor has yet to go to the first match
	origin   string   // where the cursor was when the search was opened
	opened   []string // folders that the search opened on the way to a match
}

// openFind asks what to look for, and looks for it as it is typed.
func (m *Model) openFind() tea.Cmd {
	m.finder.origin, m.finder.opened = m.tree.cursor, nil
	p := &prompt{title: "Find a key", aside: true, hint: "text, !text not, ~text fuzzy, =regexp"}
	p.change = func(m *Model, text string) tea.Cmd {
		p.fault = ""
		cmd, err := m.find(text)
		if err != nil {
			p.fault = clean(err.Error())
		}
		p.hint = m.finder.report(m)
		return cmd
	}
	p.done = func(m *Model, text string) tea.Cmd {
		m.focusOn(treeFocus)
		if text == "" || m.finder.done && len(m.finder.matches) == 0 {
			m.notice.warn(m.now(), m.finder.report(m))
		}
		return nil
	}
	p.leave = func(m *Model) {
		m.foldBack()
		m.finder = finder{gen: m.finder.gen + 1}
	}
	return m.openPrompt(p, "")
}

// find begins to look for text from the top of the tree.
func (m *Model) find(text string) (tea.Cmd, error) {
	match, err := matcher(text)
	m.foldBack()
	m.finder = finder{query: text, match: match, gen: m.finder.gen + 1, origin: m.finder.origin, first: true}
	if match == nil {
		m.finder.done = true
		return nil, err
	}
	return m.findMore(m.finder.gen), nil
}

// findMore asks for the next slice of the search.
func (m *Model) findMore(gen int) tea.Cmd {
	return func() tea.Msg { return findDue{gen} }
}

// findDue says that the search may go on.
type findDue struct{ gen int }

func (r findDue) apply(m *Model) tea.Cmd {
	f := &m.finder
	if r.gen != f.gen || f.done {
		return nil
	}
	n := 0
	f.done = true
	for e := range m.tree.tree.After(f.from) {
		if n == findSlice || len(f.matches) == findMax {
			f.done = len(f.matches) == findMax
			break
		}
		n++
		f.from = e.Key
		if f.match(e.Key) {
			f.matches = append(f.matches, e.Key)
		}
	}
	f.searched += n
	m.goToFirst()
	if p, ok := m.top().(*prompt); ok && p.change != nil {
		p.hint = f.report(m)
	}
	if f.done {
		return nil
	}
	return m.findMore(f.gen)
}

// goToFirst puts the cursor on the first match at or after where it was.
func (m *Model) goToFirst() {
	f := &m.finder
	if !f.first || len(f.matches) == 0 {
		return
	}
	i := f.index(f.origin)
	if i == len(f.matches) {
		if !f.done {
			return // there may be one further down
		}
		i = 0
	}
	f.first = false
	f.opened = m.tree.reveal(f.matches[i])
	m.tree.goTo(f.matches[i])
}

// foldBack puts the cursor back to where the search began, and closes the
// folders that it opened on the way to a match.
func (m *Model) foldBack() {
	for _, key := range m.finder.opened {
		m.tree.tree.Close(key)
	}
	m.tree.goTo(m.finder.origin)
}

// index is the place of the first match that is not before key.
func (f *finder) index(key string) int {
	return sort.Search(len(f.matches), func(i int) bool { return tree.Compare(f.matches[i], key) >= 0 })
}

// findNext goes to the next match, or the one before, around the ends.
func (m *Model) findNext(forward bool) tea.Cmd {
	f := &m.finder
	n := len(f.matches)
	if n == 0 {
		m.notice.warn(m.now(), f.report(m))
		return nil
	}
	i := f.index(m.tree.cursor)
	on := i < n && f.matches[i] == m.tree.cursor
	switch {
	case forward && on:
		i++
	case !forward:
		i--
	}
	i = (i + n) % n
	m.tree.goTo(f.matches[i])
	m.notice.say(m.now(), fmt.Sprintf("match %d of %d for %s", i+1, n, clean(f.query)))
	return nil
}

// place is where in the part of key from byte on the text that is looked for
// stands, both counted from there; nowhere when it is not plain text.
func (f *finder) place(key string, from int) (int, int) {
	q := f.query
	if f.match == nil || q == "" || strings.ContainsRune("!~=", rune(q[0])) {
		return 0, 0
	}
	if q == strings.ToLower(q) {
		lower := strings.ToLower(key)
		if len(lower) != len(key) {
			return 0, 0 // places in one are not places in the other
		}
		key = lower
	}
	begin := max(0, from-len(q)+1) // it may begin in the folders' names
	i := strings.Index(key[begin:], q)
	if i < 0 {
		return 0, 0
	}
	at := begin + i - from
	return max(0, at), at + len(q)
}

// report says how far the search has come and what it found.
func (f *finder) report(m *Model) string {
	if f.match == nil {
		return "nothing to look for"
	}
	text := plural(len(f.matches), "match")
	if !f.done {
		text += fmt.Sprintf(", searched %d of %d", f.searched, m.tree.tree.Keys())
	}
	if !m.feed.ready {
		text += ", still listing"
	}
	return text
}

// matcher makes the comparison that a query asks for: text (with capitals
// only when it has some), !text for keys without it, ~text fuzzy, =regexp.
func matcher(query string) (func(string) bool, error) {
	if query == "" {
		return nil, nil
	}
	rest := query[1:]
	switch {
	case query[0] == '!' && rest != "":
		has := containing(rest)
		return func(key string) bool { return !has(key) }, nil
	case query[0] == '~' && rest != "":
		return fuzzy(rest), nil
	case query[0] == '=' && rest != "":
		re, err := regexp.Compile(rest)
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	case strings.ContainsRune("!~=", rune(query[0])):
		return nil, nil
	}
	return containing(query), nil
}

// containing matches keys that hold text, in any case unless text has
// capitals.
func containing(text string) func(string) bool {
	if text != strings.ToLower(text) {
		return func(key string) bool { return strings.Contains(key, text) }
	}
	return func(key string) bool { return strings.Contains(strings.ToLower(key), text) }
}

// fuzzy matches as fzf does.
func fuzzy(text string) func(string) bool {
	sensitive := text != strings.ToLower(text)
	pattern := []rune(text)
	return func(key string) bool {
		chars := util.ToChars([]byte(key))
		r, _ := algo.FuzzyMatchV1(sensitive, true, true, &chars, pattern, false, nil)
		return r.Start >= 0
	}
}
