package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// pastHints puts the keys that matter in the past before all others: the steps, and
// the way back to now.
func (m *Model) pastHints(s keymap.Scope, hints []keymap.Hint) []keymap.Hint {
	var first []keymap.Hint
	add := func(in keymap.Scope, a keymap.Action, text string) {
		for _, key := range m.keys.Keys(in, a) {
			if does, _ := m.keys.Lookup(keymap.Stack(s), key); does == a { // a pane may have the key for itself
				first = append(first, keymap.Hint{Key: keymap.Show(key), Text: text, Action: a})
				return
			}
		}
	}
	if !slices.Contains(keymap.Stack(s), keymap.ScopeGlobal) {
		return hints
	}
	other := "now, or another moment"
	if s == keymap.ScopeTree {
		add(keymap.ScopeTree, keymap.TreeLeave, "now")
		other = "other moment"
	}
	add(keymap.ScopeGlobal, keymap.PastPrevious, "change before")
	add(keymap.ScopeGlobal, keymap.PastNext, "next change")
	add(keymap.ScopeGlobal, keymap.PastTravel, other)
	return append(first, slices.DeleteFunc(hints, func(h keymap.Hint) bool {
		return slices.ContainsFunc(first, func(f keymap.Hint) bool { return f.Action == h.Action })
	})...)
}

// typed counts further steps.
func (t *travelling) typed(m *Model, msg tea.Msg) tea.Cmd {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch a, _ := m.keys.Lookup(keymap.Stack(keymap.ScopeTree), m.keyName(m.tree, key)); a {
	case keymap.PastNext:
		t.more++
	case keymap.PastPrevious:
		t.more--
	}
	return nil
}
