package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// refusal says why nothing can be edited or added here. It is a dialog, since
// whoever asked is about to type: the dialog ignores the text.
type refusal struct {
	text string
	way  string               // what can be done instead; "" for nothing
	then func(*Model) tea.Cmd // does it
	unscrolled
}

// refuse says why nothing can be typed here.
func (m *Model) refuse(text string) tea.Cmd {
	m.open(&refusal{text: text})
	return nil
}

// backToEditor goes to the open editor. Unless that was meant, it asks first.
func (m *Model) backToEditor(meant bool) tea.Cmd {
	if meant {
		return m.focusOn(m.value)
	}
	m.open(&refusal{
		text: cleanName(m.editor.edit.key) + " is being edited. Save or leave it first.",
		way:  "go to its editor", then: func(m *Model) tea.Cmd { return m.focusOn(m.value) },
	})
	return nil
}

func (r *refusal) scope() keymap.Scope { return keymap.ScopeRefused }

func (r *refusal) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.RefusedGoOn:
		if r.then == nil {
			return nil, true // nothing can be done, and a typed word may begin with its key
		}
		m.close(r)
		return r.then(m), true
	case keymap.DialogCancel:
		m.close(r)
		return nil, true
	}
	return nil, false
}

func (r *refusal) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "Cannot edit here", wanted: 60}
	for _, line := range wrap(r.text, min(w, 60)) {
		v.lines = append(v.lines, m.look.text.Paint(line))
	}
	leave := named{keymap.DialogCancel, "close"}
	if r.then == nil {
		return dialogWith(v, "", m.namedKeys(keymap.ScopeRefused, leave))
	}
	return dialogWith(v, "", m.namedKeys(keymap.ScopeRefused, named{keymap.RefusedGoOn, r.way}, leave))
}
