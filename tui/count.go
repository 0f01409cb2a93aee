package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// confirmCount is the default for Options.ConfirmCount.
const confirmCount = 1000

// keyCount is the number of keys that is typed before very many are written.
type keyCount struct{ digits string }

func (c *keyCount) number() *keyCount { return c }

// countedDialog is a dialog that may write very many keys.
type countedDialog interface {
	dialog
	number() *keyCount
	asks() bool              // it waits for an answer
	size() int               // how many keys it writes then
	agreed(m *Model) tea.Cmd // carries it out, if it waits for an answer
	verb() string            // what it does
	nothing() string         // what is said where it is not carried out
}

// counts reports whether the number of keys has to be typed.
func counts(m *Model, d countedDialog) bool {
	most := confirmCount
	if m.opts.ConfirmCount != nil {
		most = *m.opts.ConfirmCount
	}
	return d.asks() && d.size() > most
}

// agree carries out what one key confirms, or says that the number is to be typed.
func agree(m *Model, d countedDialog) tea.Cmd {
	if counts(m, d) {
		m.notice.warn(m.now(), "this is a large plan: type the number of keys, "+itoa(d.size())+", then "+m.keyFor(d.scope(), keymap.PlanCount))
		return nil
	}
	return d.agreed(m)
}

// typeCount takes the digits of the number.
func typeCount(m *Model, d countedDialog, msg tea.Msg) tea.Cmd {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok || !counts(m, d) {
		return nil
	}
	c := d.number()
	switch {
	case key.Code == tea.KeyBackspace:
		c.digits = c.digits[:max(0, len(c.digits)-1)]
	case len(key.Text) == 1 && key.Text[0] >= '0' && key.Text[0] <= '9' && len(c.digits) < len(itoa(d.size())):
		c.digits += key.Text
	}
	return nil
}

// counted carries out what the right number confirms.
func counted(m *Model, d countedDialog) tea.Cmd {
	switch {
	case !counts(m, d):
		return nil
	case d.number().digits != itoa(d.size()):
		m.notice.warn(m.now(), d.nothing()+": the number of keys is "+itoa(d.size()))
		return nil
	}
	return d.agreed(m)
}

// countLine asks for the number.
func countLine(m *Model, d countedDialog) string {
	return m.look.danger.Paint("type " + itoa(d.size()) + ", then " + m.keyFor(d.scope(), keymap.PlanCount) + ", to " + d.verb() + ": " + d.number().digits + "_")
}
