package tui

import (
	tea "charm.land/bubbletea/v2"
)

// confirmCount is the default for Options.ConfirmCount.
const confirmCount = 1000

// counts reports whether the number of keys has to be typed.
func (d *planDialog) counts(m *Model) bool {
	most := confirmCount
	if m.opts.ConfirmCount != nil {
		most = *m.opts.ConfirmCount
	}
	return d.asks() && len(d.plan.Keys) > most
}

func (d *planDialog) takesText(m *Model) bool { return d.counts(m) }

// typed takes the digits of the number.
func (d *planDialog) typed(m *Model, msg tea.Msg) tea.Cmd {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok || !d.counts(m) {
		return nil
	}
	switch {
	case key.Code == tea.KeyBackspace:
		d.typedCount = d.typedCount[:max(0, len(d.typedCount)-1)]
	case len(key.Text) == 1 && key.Text[0] >= '0' && key.Text[0] <= '9' && len(d.typedCount) < len(itoa(len(d.plan.Keys))):
		d.typedCount += key.Text
	}
	return nil
}

// counted carries the plan out if the right number was typed.
func (d *planDialog) counted(m *Model) tea.Cmd {
	switch {
	case !d.counts(m):
		return nil
	case d.typedCount != itoa(len(d.plan.Keys)):
		m.notice.warn(m.now(), "nothing was deleted: the plan has "+itoa(len(d.plan.Keys))+" keys")
		return nil
	}
	return d.agreed(m)
}

// openFind asks what to look for in the plan.
func (d *planDialog) openFind(m *Model) tea.Cmd {
	if !d.asks() {
		return nil
	}
	p := &prompt{title: "Find in the plan"}
	p.done = func(_ *Model, text string) tea.Cmd {
		d.query, d.foundAt = text, d.top-len(d.body.head)-1
		return d.find(true)
	}
	return m.openPrompt(p, "")
}

// find goes to the next key that contains the query.
func (d *planDialog) find(forward bool) tea.Cmd {
	if d.query == "" || !d.asks() {
		return nil
	}
	list, text, from := d.list, d.query, d.foundAt
	return func() tea.Msg {
		row, found := list.find(text, from, forward)
		return planFound{d, text, row, found}
	}
}

// planFound is the result of find.
type planFound struct {
	dialog *planDialog
	text   string
	row    int
	found  int
}

func (r planFound) apply(m *Model) tea.Cmd {
	d := r.dialog
	switch {
	case d.query != r.text || !d.asks():
		return nil
	case r.row < 0:
		m.notice.warn(m.now(), "no key of the plan holds "+clean(r.text))
		return nil
	}
	d.foundAt = r.row
	d.top = max(0, len(d.body.head)+r.row-d.height/2)
	m.notice.say(m.now(), plural(r.found, "key")+" of the plan with "+clean(r.text))
	return nil
}
