package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// askItself asks whether the opened prefix is a key, when there is nothing
// below it: an address that names a key opens an empty folder, and says why.
func (m *Model) askItself() tea.Cmd {
	name := strings.TrimSuffix(m.opts.Prefix, "/")
	if name == "" || m.tree.tree.Keys() > 0 {
		return nil
	}
	store, gen := m.store, m.feed.gen
	return func() tea.Msg {
		pair, err := store.Get(name)
		return itselfAsked{gen, err == nil && pair.Key == name}
	}
}

// itselfAsked is the result of askItself.
type itselfAsked struct {
	gen int
	key bool
}

func (r itselfAsked) apply(m *Model) tea.Cmd {
	if r.gen == m.feed.gen {
		m.feed.itself = r.key
	}
	return nil
}

// nothingBelow says of an empty tree what there is instead.
func (m *Model) nothingBelow() string {
	if !m.feed.itself {
		return "no keys here yet; a adds one"
	}
	name := strings.TrimSuffix(m.opts.Prefix, "/")
	from := "without a prefix"
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		from = "at " + name[:i+1]
	}
	return clean(name) + " is a key with nothing below it; open the store " + clean(from) + " to see it, or use kvist get"
}
