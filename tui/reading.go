package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// reading stands in for the editor while the value to be edited is on its
// way. What is typed meanwhile is meant for the editor: it waits here, and
// does not reach the tree, where letters are commands.
type reading struct {
	key  string
	kept []tea.Msg
}

func (r *reading) scope() keymap.Scope { return keymap.ScopeEditor }

func (r *reading) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.EditorLeave:
		m.close(r)
		return nil, true
	case keymap.EditorSave, keymap.EditorExternal:
		return nil, true // there is nothing yet to be saved or handed over
	}
	return nil, false
}

func (r *reading) typed(_ *Model, msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		r.kept = append(r.kept, msg)
	}
	return nil
}

// view draws nothing: most values are here before an eye could see that they
// were not. The bottom line tells what is waited for.
func (r *reading) view(*Model, int, int) dialogView { return dialogView{} }

// waits tells what is waited for, and how not to.
func (r *reading) waits(m *Model) string {
	return "reading " + cleanName(r.key) + "…; " + m.keyFor(keymap.ScopeEditor, keymap.EditorLeave) + " gives up"
}

// handOver gives what was typed to the editor, if one was opened.
func (r *reading) handOver(m *Model) tea.Cmd {
	var cmds []tea.Cmd
	for _, msg := range r.kept {
		if m.editor == nil || m.top() != surface(m.editor) {
			break
		}
		cmds = append(cmds, m.editor.typed(m, msg))
	}
	return tea.Batch(cmds...)
}
