package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/keymap"
)

// lineEnd is what to do about a line end that $EDITOR adds to a value that had
// none. It is asked once per edit.
type lineEnd uint8

const (
	lineEndUnasked lineEnd = iota
	lineEndKept
	lineEndOff
)

// lineEndDialog asks whether a line end that $EDITOR added belongs to the value.
// esc saves nothing and keeps a draft.
type lineEndDialog struct {
	edit         *edit
	before, mine []byte
	unscrolled
}

func (d *lineEndDialog) scope() keymap.Scope { return keymap.ScopeConfirm }

func (d *lineEndDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.ConfirmYes:
		d.edit.lineEnd = lineEndKept
		m.close(d)
		return m.saveOutside(d.edit, d.mine), true
	case keymap.ConfirmNo:
		d.edit.lineEnd = lineEndOff
		m.close(d)
		return m.saveOutside(d.edit, format.WithoutLineEnd(d.before, d.mine)), true
	case keymap.DialogCancel:
		m.close(d)
		m.notice.say(m.now(), "not saved; draft of "+cleanName(d.edit.key)+" kept")
		return nil, true
	default:
		return nil, false
	}
}

func (d *lineEndDialog) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "Keep the line end?", wanted: 60}
	text := "The value of " + cleanName(d.edit.key) + " had no line end at its end; now it has one, as most editors add. " +
		"Yes saves it as part of the value, no takes it off and saves the rest; " + m.keyFor(keymap.ScopeConfirm, keymap.DialogCancel) + " saves nothing."
	for _, line := range wrap(text, min(w, 60)) {
		v.lines = append(v.lines, m.look.text.Paint(line))
	}
	v.lines = append(v.lines, "", m.keyLine(keymap.ScopeConfirm))
	return v
}
