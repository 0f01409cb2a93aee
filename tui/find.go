package tui

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

const (
	// findSlice is how many keys are compared while the tree is locked: well below
	// a millisecond of work.
	findSlice = 4_000
	// findEvery is how often the tree is drawn while a find goes on.
	findEvery = 40 * time.Millisecond
)

// finder is the filter: the query, and where the cursor goes. The tree compares and
// shows the matches, see tree.Filter.
type finder struct {
	query  *match.Query // the last query; nil for none
	on     bool         // only matches are shown
	gen    int          // the number of the find; results of older ones are dropped
	stop   context.CancelFunc
	done   bool    // all keys were compared
	first  bool    // the cursor has yet to go to the first match
	landed string  // the first match, where the cursor went
	origin string  // where the cursor was before
	asked  *prompt // the prompt, while it is open
}

// openFind asks what to find, and finds it as it is typed.
func (m *Model) openFind() tea.Cmd {
	f := &m.finder
	if !f.on {
		f.origin = m.tree.cursor
	}
	p := &prompt{title: "Find a key", aside: true, hint: match.Hint}
	p.change = func(m *Model, text string) tea.Cmd {
		p.fault = ""
		cmd, err := m.find(text)
		if err != nil {
			p.fault = clean(err.Error())
		}
		m.sayFound()
		return cmd
	}
	p.step = func(m *Model, forward bool) tea.Cmd {
		if !f.on {
			return nil
		}
		f.first = false
		return m.findNext(forward)
	}
	p.done = func(m *Model, text string) tea.Cmd {
		f.asked = nil
		m.focusOn(m.tree)
		if !m.keepFilter() && text != "" {
			m.grace.mute(m.now()) // further keys were meant for a match
		}
		return nil
	}
	p.leave = func(m *Model) {
		f.asked = nil
		m.unfind(f.origin)
	}
	f.asked = p
	return m.openPrompt(p, "")
}

// keepFilter says what the filter shows when the prompt closes, and reports whether
// the filter stays. One without matches does not: the tree would be empty.
func (m *Model) keepFilter() bool {
	f, report := &m.finder, m.findReport()
	switch {
	case !f.on:
		m.notice.warn(m.now(), report)
		return false
	case f.done && m.tree.tree.Hits() == 0:
		m.unfind(f.origin)
		m.notice.warn(m.now(), report)
		return false
	}
	m.jumps.from(f.origin, m.tree.cursor)
	if m.tree.tree.Hits() != 1 {
		report += "; " + m.keyFor(keymap.ScopeTree, keymap.FindNext) + " and " + m.keyFor(keymap.ScopeTree, keymap.FindPrevious) + " go through them"
	}
	m.notice.say(m.now(), report+"; "+m.keyFor(keymap.ScopeTree, keymap.TreeLeave)+" shows all keys again")
	return true
}

// find shows only the matches of text. The first part is compared at once, so that
// the tree does not blink; the rest outside the update loop, until it is done or
// another find begins.
func (m *Model) find(text string) (tea.Cmd, error) {
	query, err := match.Parse(text)
	if query == nil {
		m.unfind(m.finder.origin)
		m.finder.query = nil
		return nil, err
	}
	f := &m.finder
	m.endFind()
	f.query, f.on, f.first, f.landed = query, true, true, ""
	m.tree.tree.Filter(query.Pattern)
	f.done = m.tree.tree.Search(findSlice)
	m.goToFirst()
	if f.done {
		return m.goToBest(), nil
	}
	ctx, stop := context.WithCancel(m.ctx)
	f.stop = stop
	return findKeys(ctx, f.gen, m.tree.tree), nil
}

// findKeys compares keys until it is time to draw.
func findKeys(ctx context.Context, gen int, t *tree.Tree) tea.Cmd {
	return func() tea.Msg {
		done := false
		for end := time.Now().Add(findEvery); !done && time.Now().Before(end); {
			if ctx.Err() != nil {
				return nil
			}
			done = t.Search(findSlice)
		}
		return keysFound{ctx, gen, done}
	}
}

// keysFound is the result of findKeys.
type keysFound struct {
	ctx  context.Context //nolint:containedctx // of the find, which goes on with it
	gen  int
	done bool
}

func (r keysFound) apply(m *Model) tea.Cmd {
	f := &m.finder
	if r.gen != f.gen {
		return nil
	}
	f.done = r.done
	m.tree.keepLine(m.tree.line())
	m.goToFirst()
	m.sayFound()
	if f.done {
		f.stop()
		return m.goToBest()
	}
	return findKeys(r.ctx, r.gen, m.tree.tree)
}

func (f *finder) feedRests(m *Model) {
	m.goToFirst()
	m.sayFound()
}

// goToFirst puts the cursor on the first match, once there is one.
func (m *Model) goToFirst() {
	if !m.finder.first {
		return
	}
	if key, ok := m.tree.tree.HitAt(0); ok {
		m.finder.first, m.finder.landed = false, key
		m.tree.goTo(key)
		m.tree.top = 0
	}
}

// endFind stops the find, if one is under way.
func (m *Model) endFind() {
	f := &m.finder
	f.gen++
	if f.stop != nil {
		f.stop()
		f.stop = nil
	}
}

// unfind shows all keys again and goes to one of them; false when there is no
// filter.
func (m *Model) unfind(cursor string) bool {
	f := &m.finder
	if !f.on {
		return false
	}
	m.endFind()
	f.on = false
	m.tree.tree.Unfilter()
	if !m.tree.goTo(cursor) {
		m.tree.keepLine(m.tree.line())
	}
	return true
}

// findNext goes to the next or the previous match, around the ends. Without a
// filter, it goes to the matches of the last query among all keys.
func (m *Model) findNext(forward bool) tea.Cmd {
	f := &m.finder
	if !f.on && f.query != nil {
		return m.jump(forward)
	}
	key, ok := m.tree.tree.NextHit(m.tree.cursor, forward)
	if !ok {
		m.notice.warn(m.now(), m.findReport())
		return nil
	}
	m.tree.goTo(key)
	at, _ := m.tree.tree.HitRank(key)
	m.notice.say(m.now(), fmt.Sprintf("match %s of %s for %s", grouped(at+1), grouped(m.tree.tree.Hits()), clean(f.query.String())))
	return nil
}

// sayFound updates the hint of the prompt.
func (m *Model) sayFound() {
	p := m.finder.asked
	switch {
	case p == nil:
	case !m.finder.on:
		p.hint = match.Hint
	default:
		p.hint = m.findReport()
	}
}

// findReport says how much was found of how much was compared.
func (m *Model) findReport() string {
	f, t := &m.finder, m.tree.tree
	if !f.on {
		return "nothing to look for"
	}
	hits, searched, keys := t.Hits(), t.Searched(), t.Keys()
	text := plural(hits, "match")
	if hits == 0 {
		text = "no match"
	}
	if !f.done || m.feed.state == kv.Listing {
		text += fmt.Sprintf(", searched %s of %s", grouped(searched), grouped(max(keys, m.feed.expected)))
	}
	switch {
	case m.feed.state == kv.Listing && m.feed.paused:
		text += ", the rest was not listed"
	case m.feed.state == kv.Listing:
		text += ", listing"
	case m.feed.partial:
		text += ", in the open folders"
	}
	return text
}
