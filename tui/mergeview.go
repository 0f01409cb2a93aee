package tui

import (
	"fmt"

	"kvist/keymap"
)

// lay breaks both sides into rows.
func (d *mergeDialog) lay(m *Model, w, h int) { d.fit(len(d.rows(m, w)), h-mergeFrame) }

// mergeFrame is how many lines stand above and below the changes: the place, the
// choice, how much more there is, and the keys.
const mergeFrame = 4

// rows returns what each side changed, one above the other.
func (d *mergeDialog) rows(m *Model, w int) []diffRow {
	l := diffRows{width: w}
	l.say(nameRow, "your change")
	l.rows = append(l.rows, d.mine.lay(m, w)...)
	l.say(nameRow, "their change")
	l.rows = append(l.rows, d.their.lay(m, w)...)
	return l.rows
}

// view shows the conflict.
func (d *mergeDialog) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "Merge", wanted: w}
	n := len(d.result.Conflicts)
	v.lines = append(v.lines, m.look.text.Paint(fit(fmt.Sprintf("%s  conflict %d of %d", cleanName(d.edit.key), d.at+1, n), w)))
	in := m.look.accent
	if d.taken[d.at] == takeNothing {
		in = m.look.warn
	}
	v.lines = append(v.lines, in.Paint(fit(d.taken[d.at].words(), w)))
	rows := d.rows(m, w)
	for i := d.top; i < min(d.top+d.height, len(rows)); i++ {
		v.lines = append(v.lines, m.drawDiffAt(rows, i, w))
	}
	return dialogWith(v, m.moreBelow(len(rows)-d.top-d.height), fitStyled(m.keyLine(keymap.ScopeMerge), w))
}
