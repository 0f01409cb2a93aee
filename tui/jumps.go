package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// jumpsMax is how many places are remembered on each side.
const jumpsMax = 100

// jumps are the keys that the tree's cursor was on before it jumped elsewhere, as a
// browser keeps pages. Moving by rows is no jump.
type jumps struct {
	back, on []string // the nearest last
}

// from notes where a jump to a key begins.
func (j *jumps) from(key, to string) {
	if key == "" || key == to {
		return
	}
	j.on = nil
	j.back = pushed(j.back, key)
}

// pushed appends a key that is not the last already, and drops the oldest ones.
func pushed(keys []string, key string) []string {
	if n := len(keys); n > 0 && keys[n-1] == key {
		return keys
	}
	keys = append(keys, key)
	return keys[max(0, len(keys)-jumpsMax):]
}

// copy returns the jumps for another explorer of the same keys.
func (j *jumps) copy() jumps { return jumps{slices.Clone(j.back), slices.Clone(j.on)} }

// goBack returns to where the cursor was before the last jump.
func (m *Model) goBack() tea.Cmd {
	m.retrace(&m.jumps.back, &m.jumps.on, "there is no place further back")
	return nil
}

// goOn undoes goBack.
func (m *Model) goOn() tea.Cmd {
	m.retrace(&m.jumps.on, &m.jumps.back, "there is no place further on")
	return nil
}

// retrace goes to the nearest key of a list that is still there, and puts the one
// under the cursor on the other list.
func (m *Model) retrace(from, to *[]string, none string) {
	here := m.tree.cursor
	for n := len(*from); n > 0; n = len(*from) {
		key := (*from)[n-1]
		*from = (*from)[:n-1]
		if key != here && m.reach(key) {
			*to = pushed(*to, here)
			m.focusOn(m.tree)
			return
		}
	}
	m.notice.say(m.now(), none)
}
