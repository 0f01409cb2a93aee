package tui

import (
	"slices"
	"strings"

	"kvist/keymap"
)

// changeLayout is what is known of a change, broken into rows of one width. It is
// made again only when the change, what was read of it, or the width is different.
type changeLayout struct {
	of   uint64 // the number of the change plus one; 0 is none
	read bool   // it contains what was read
	mask bool   // but no values
	diffRows
}

// breakLines breaks what is known of the change under the cursor into rows of width
// w, once.
func (p *changesPane) breakLines(m *Model, w int) {
	c, n, ok := p.current()
	if !ok {
		p.layout = changeLayout{}
		return
	}
	read := p.diff.of == n+1 && p.diff.read.of == n+1
	mask := m.conceals(c.Key)
	if l := p.layout; l.of == n+1 && l.read == read && l.mask == mask && l.width == w {
		return
	}
	p.layout = changeLayout{of: n + 1, read: read, mask: mask, diffRows: diffRows{width: w}}
	if c.Kind.Mark() {
		p.layout.say(markRow, changeMark(c))
		return
	}
	p.layout.say(nameRow, cleanName(endOf(c.Key, 4*w)))
	if read {
		p.layout.add(m, p.diff.read)
	}
}

// add adds what was read of a change.
func (l *changeLayout) add(m *Model, r changeRead) {
	for _, remark := range r.remarks {
		l.say(remarkRow, remark)
	}
	if r.err != nil {
		l.say(markRow, r.fault())
	}
	if l.mask && r.lines != nil {
		l.say(remarkRow, m.maskedChange(r.was, r.now, r.whole || slices.ContainsFunc(r.lines, differs)))
		return
	}
	if r.lines != nil && !r.whole && !slices.ContainsFunc(r.lines, differs) {
		l.say(remarkRow, " no difference")
		return
	}
	l.diff(r.lines, r.more)
}

// changeDetail returns what is known of the change under the cursor, as far as it
// is scrolled. It always has the same number of lines, so that the list does not
// jump.
func (p *changesPane) changeDetail(m *Model, w int) []string {
	edge := m.look.border
	if p.inside && m.focus == p {
		edge = m.look.borderFocus
	}
	lines := []string{edge.Paint(strings.Repeat("╌", w))}
	rows := p.layout.rows[p.diff.top:]
	below := 0
	if len(rows) > p.detail {
		below = len(rows) - p.detail + 1
		rows = rows[:p.detail-1]
	}
	for _, row := range rows {
		lines = append(lines, m.drawDiffRow(row, w))
	}
	if below > 0 {
		lines = append(lines, m.look.muted.Paint(fit("  … "+plural(below, "more line")+p.scrolledBy(m), w)))
	}
	for len(lines) <= p.detail {
		lines = append(lines, blank(w))
	}
	return lines
}

// scrolledBy names the key that focuses the lines that do not fit; "" once they
// have the focus.
func (p *changesPane) scrolledBy(m *Model) string {
	if p.inside || m.focus != p {
		return ""
	}
	keys := m.keys.Keys(keymap.ScopeChanges, keymap.ChangesDiff)
	if len(keys) == 0 {
		return ""
	}
	return ", " + keymap.Show(keys[0]) + " scrolls"
}
