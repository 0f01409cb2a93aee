package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// confirm is a question with yes and no. esc answers neither and discards nothing.
type confirm struct {
	title, text string
	reading     string               // what is read before the question; "" once it can be asked
	yes, no     func(*Model) tea.Cmd // no may be nil: it only closes the dialog
	noText      string               // what no does; "" if it only closes the dialog
	danger      bool

	viewport
	seen int // how many of its lines have been in sight
}

func (c *confirm) scope() keymap.Scope { return keymap.ScopeConfirm }

func (c *confirm) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if c.moved(a) {
		return nil, true
	}
	var then func(*Model) tea.Cmd
	switch {
	case a == keymap.ConfirmYes && c.reading == "":
		then = c.yes
	case a == keymap.ConfirmYes:
		return nil, true
	case a == keymap.ConfirmNo, a == keymap.DialogCancel:
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

// says reports whether an action is the answer yes, or no, to a question.
func says(a keymap.Action, yes bool) bool {
	if yes {
		return a == keymap.ConfirmYes
	}
	return a == keymap.ConfirmNo || a == keymap.DialogCancel
}

// lines returns the question, or what is still being read.
func (c *confirm) lines(w int) []string {
	if c.reading != "" {
		return wrap(c.reading, min(w, 60))
	}
	return wrap(c.text, min(w, 60))
}

func (c *confirm) lay(_ *Model, w, h int) { c.fit(len(c.lines(w)), h-2) }

// view shows the question. One that is longer than the screen scrolls, and can be
// answered only after its end was in sight.
func (c *confirm) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: c.title, wanted: 60, danger: c.danger}
	in := m.look.text
	if c.reading != "" {
		in = m.look.muted
	}
	lines, end := c.lines(w), c.end()
	c.seen = max(c.seen, end)
	for _, line := range lines[c.top:end] {
		v.lines = append(v.lines, in.Paint(line))
	}
	v.unread = c.seen < c.count || c.reading != ""
	return dialogWith(v, m.moreBelow(c.count-end), c.keys(m))
}

// keys returns the line of keys, named by what they do.
func (c *confirm) keys(m *Model) string {
	if c.noText == "" {
		return m.keyLine(keymap.ScopeConfirm)
	}
	return m.namedKeys(keymap.ScopeConfirm, named{keymap.ConfirmYes, "yes"}, named{keymap.ConfirmNo, c.noText})
}

// dialogWith appends lines to v.
func dialogWith(v dialogView, lines ...string) dialogView {
	v.lines = append(v.lines, lines...)
	return v
}
