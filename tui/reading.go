package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// reading stands in for the editor while the value to be edited is on its
// way. What is typed meanwhile is meant for the editor: it waits here, and
// does not reach the tree, where letters are commands.
type reading struct {
	key   string
	kept  []func(*Model, *editor) tea.Cmd
	saved bool // saving was asked for meanwhile
	unscrolled
}

func (r *reading) scope() keymap.Scope { return keymap.ScopeEditor }

func (r *reading) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.EditorLeave:
		m.close(r)
		return nil, true
	case keymap.EditorSave:
		r.saved = true // into a value that nobody has seen: it is only told
		return nil, true
	case keymap.EditorExternal:
		return nil, true // there is nothing yet to be handed over
	}
	if _, mine := textOps[a]; !mine {
		return nil, false
	}
	r.kept = append(r.kept, func(m *Model, ed *editor) tea.Cmd {
		cmd, _ := ed.act(m, a)
		return cmd
	})
	return nil, true
}

func (r *reading) typed(_ *Model, msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		r.kept = append(r.kept, func(m *Model, ed *editor) tea.Cmd { return ed.typed(m, msg) })
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

// handOver gives what was typed to the editor. It says what became of nothing:
// where no editor was opened, and where saving was asked for too early.
func (r *reading) handOver(m *Model) tea.Cmd {
	var cmds []tea.Cmd
	for _, do := range r.kept {
		if m.editor == nil || m.top() != surface(m.editor) {
			m.notice.warn(m.now(), "what you typed while "+cleanName(r.key)+" was being read was ignored")
			return tea.Batch(cmds...)
		}
		cmds = append(cmds, do(m, m.editor))
	}
	if r.saved && m.editor != nil {
		m.notice.warn(m.now(), "not saved yet: the value had not been loaded")
	}
	return tea.Batch(cmds...)
}
