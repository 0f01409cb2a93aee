package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/tui/tree"
)

// subject returns the row that actions on a key act on, as the tree knows it: the
// one under the cursor of the pane with the focus.
func (m *Model) subject() (tree.Row, bool) { return m.focus.subject(m) }

// rowFor is rowOf for the key under a pane's cursor; "" is no key.
func (m *Model) rowFor(key string) (tree.Row, bool) {
	if key == "" {
		return tree.Row{}, false
	}
	return m.rowOf(key), true
}

// rowOf returns a key as a row of the tree, even if no row shows it. A key that the
// tree does not know is gone, unless only a part of the keys is known.
func (m *Model) rowOf(key string) tree.Row {
	row := tree.Row{Key: key, Name: key[strings.LastIndexByte(key, '/')+1:]}
	_, row.IsFolder = m.tree.tree.Count(key)
	if e, ok := m.tree.tree.Lookup(key); ok {
		row.IsKey, row.Index, row.Size, row.Flags = true, e.Index, e.Size, e.Flags
		return row
	}
	row.IsKey, row.Size = m.feed.partial, -1
	row.Ghost = !row.IsKey && !row.IsFolder
	return row
}

// goToKey jumps to a key in the tree and reports whether the key is there. It
// removes a filter that hides the key.
func (m *Model) goToKey(key string) bool {
	from := m.tree.cursor
	if !m.reach(key) {
		m.notice.warn(m.now(), cleanName(key)+m.notThere())
		return false
	}
	m.jumps.from(from, m.tree.cursor)
	return true
}

// reach puts the tree's cursor on a key or folder, if there is one of that name. It
// removes a filter that hides it.
func (m *Model) reach(key string) bool {
	if isKey, isFolder := m.tree.tree.Is(key); !isKey && !isFolder {
		return false
	}
	return m.tree.goTo(key) || m.unfind(m.tree.cursor) && m.tree.goTo(key)
}

// showKey goes to a key in the tree and shows its value.
func (m *Model) showKey(key string) tea.Cmd {
	if key == "" || !m.goToKey(key) {
		return nil
	}
	return m.leavePane()
}

// restorable reports whether the last value of a removed row is still shown and can
// be edited.
func (m *Model) restorable(row tree.Row) bool {
	v := m.value.shown
	return v.key == row.Key && v.pair != nil && format.Editable(v.pair.Value)
}
