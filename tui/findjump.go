package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

// startFind finds keys. From now on, n and N go through them.
func (m *Model) startFind() tea.Cmd {
	m.walked = nil
	return m.openFind()
}

// walker has what n and N go through in the tree.
type walker interface {
	// walk goes by so many steps, around the ends.
	walk(m *Model, by int) tea.Cmd
}

// nextMatch goes to the next or the previous match of the last find or search.
func (m *Model) nextMatch(forward bool) tea.Cmd {
	if m.walked == nil {
		return m.findNext(forward)
	}
	by := 1
	if !forward {
		by = -1
	}
	return m.walked.walk(m, by)
}

// jump goes to the next or the previous match while the tree shows all keys. The
// keys are compared outside the update loop, from the cursor on and around the end.
func (m *Model) jump(forward bool) tea.Cmd {
	ctx, query, from, t := m.ctx, m.finder.query, m.tree.cursor, m.tree.tree
	return func() tea.Msg {
		r := matchSought{query: query, from: from}
		if forward {
			r.key, r.found = nextFit(ctx, t, from, query.Match)
		} else {
			r.key, r.found = lastFit(ctx, t, from, query.Match)
		}
		return r
	}
}

// nextFit returns the first key after from that fits, or the first of all.
func nextFit(ctx context.Context, t *tree.Tree, from string, fits func(string) bool) (string, bool) {
	for e := range t.After(from) {
		if ctx.Err() != nil {
			return "", false
		}
		if fits(e.Key) {
			return e.Key, true
		}
	}
	for e := range t.All() {
		if ctx.Err() != nil {
			return "", false
		}
		if fits(e.Key) {
			return e.Key, true
		}
	}
	return "", false
}

// lastFit returns the last key before from that fits, or the last of all.
func lastFit(ctx context.Context, t *tree.Tree, from string, fits func(string) bool) (string, bool) {
	before, last := "", ""
	for e := range t.All() {
		if ctx.Err() != nil {
			return "", false
		}
		if !fits(e.Key) {
			continue
		}
		if last = e.Key; tree.Compare(e.Key, from) < 0 {
			before = e.Key
		} else if before != "" {
			break
		}
	}
	if before == "" {
		before = last
	}
	return before, before != ""
}

// matchSought is the result of jump.
type matchSought struct {
	query     *match.Query
	from, key string
	found     bool
}

func (r matchSought) apply(m *Model) tea.Cmd {
	f := &m.finder
	switch {
	case f.on || f.query != r.query || m.tree.cursor != r.from:
		return nil // the user has moved on
	case !r.found || !m.tree.goTo(r.key):
		text := "no match for " + clean(r.query.String())
		if m.feed.partial {
			text += " in the open folders"
		}
		m.notice.warn(m.now(), text)
	default:
		m.notice.say(m.now(), "match for "+clean(r.query.String()))
	}
	return nil
}
