package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// confirm is a question with yes and no. esc does neither.
type confirm struct {
	title, text string
	yes, no     func(*Model) tea.Cmd // no may be nil: nothing is done
}

func (c *confirm) scope() keymap.Scope { return keymap.ScopeConfirm }

func (c *confirm) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	var then func(*Model) tea.Cmd
	switch a {
	case keymap.ConfirmYes:
		then = c.yes
	case keymap.ConfirmNo, keymap.DialogCancel:
		then = c.no
	default:
		return nil, false
	}
	m.close(c)
	if then == nil {
		return nil, true
	}
	return then(m), true
}

func (c *confirm) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: c.title, wanted: 60}
	for _, line := range wrap(c.text, min(w, 60)) {
		v.lines = append(v.lines, m.look.text.Paint(line))
	}
	v.lines = append(v.lines, "", m.keyLine(keymap.ScopeConfirm))
	return v
}
