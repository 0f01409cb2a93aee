package tui

import (
	"context"
	"iter"

	tea "charm.land/bubbletea/v2"

	"kvist/tui/tree"
)

const (
	// bestAtOnce is how many matches are ranked in the update loop: well below a
	// millisecond of work, and the cursor does not jump.
	bestAtOnce = 500
	// bestMost is how many matches are ranked at most: about a tenth of a second of
	// work. Among more, the user types one more letter sooner.
	bestMost = 200_000
)

// matches returns the matches of the tree's filter that are still there.
func matches(t *tree.Tree) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range t.Hits() {
			key, there := t.HitAt(i)
			if !there || !yield(key) {
				return
			}
		}
	}
}

// goToBest puts the cursor on the best match of a fuzzy filter, which also finds
// many keys that contain the letters by chance. A cursor that was moved stays.
func (m *Model) goToBest() tea.Cmd {
	f, t := &m.finder, m.tree.tree
	hits := t.Hits()
	if !f.query.Ranks() || m.tree.cursor != f.landed || hits < 2 || hits > bestMost {
		return nil
	}
	query := f.query
	if hits <= bestAtOnce {
		if key, ok := query.Best(m.ctx, matches(t)); ok {
			m.tree.goTo(key)
		}
		return nil
	}
	ctx, stop := context.WithCancel(m.ctx)
	f.stop = stop
	gen := f.gen
	return func() tea.Msg {
		defer stop()
		key, ok := query.Best(ctx, matches(t))
		if !ok {
			return nil
		}
		return bestFound{gen, key}
	}
}

// bestFound is the result of goToBest.
type bestFound struct {
	gen int
	key string
}

func (r bestFound) apply(m *Model) tea.Cmd {
	if r.gen == m.finder.gen && m.tree.cursor == m.finder.landed {
		m.tree.goTo(r.key)
	}
	return nil
}
