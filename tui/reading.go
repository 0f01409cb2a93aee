package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// reading stands in for the editor while the value to edit is being read. Text
// typed meanwhile is meant for the editor: it waits here instead of reaching the
// tree, where letters are commands.
type reading struct {
	key   string
	kept  []func(*Model, *editor) tea.Cmd
	saved bool // saving was asked for
	unscrolled
}

func (r *reading) scope() keymap.Scope { return keymap.ScopeEditor }

func (r *reading) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.EditorLeave:
		m.close(r)
		return nil, true
	case keymap.EditorSave:
		r.saved = true // nobody has seen the value: only a message follows
		return nil, true
	case keymap.EditorExternal:
		return nil, true // there is nothing to hand over yet
	}
	_, text := textOps[a]
	if _, mine := editorOps[a]; !mine && !text {
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

// view draws nothing: most values arrive before anybody could notice. The bottom
// line says what is being read.
func (r *reading) view(*Model, int, int) dialogView { return dialogView{} }

// waits says what is being read and how to give up.
func (r *reading) waits(m *Model) string {
	return "reading " + cleanName(r.key) + "…; " + m.keyFor(keymap.ScopeEditor, keymap.EditorLeave) + " gives up"
}

// handOver gives what was typed to the editor. It warns if no editor was opened,
// and if saving was asked for too early.
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
