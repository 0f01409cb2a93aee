package tui

import (
	"strings"

	"kvist/internal/merge"
	"kvist/keymap"
)

// changeRow is a line of what is known of a change, without its ink: that
// depends on the theme, which may be another in the next frame.
type changeRow struct {
	kind   changeRowKind
	text   string // safe to draw, and not wider than the pane
	strong span   // of the text: what differs from the line in its place
}

// changeRowKind is what a line tells.
type changeRowKind uint8

const (
	nameRow   changeRowKind = iota // the key
	markRow                        // a mark among the changes, or what went wrong
	remarkRow                      // how far the rest is what happened
	sameRow
	addedRow
	removedRow
)

// changeLayout is what is known of a change, broken into rows of one width. It
// is made again only when the change, what was read of it, or the width is
// another.
type changeLayout struct {
	of    uint64 // the change's number and one; 0 is none
	read  bool   // with what was read
	width int
	rows  []changeRow
}

// lay breaks what is known of the change under the cursor into rows of width
// w, once.
func (p *changesPane) lay(w int) {
	c, n, ok := p.current()
	if !ok {
		p.layout = changeLayout{}
		return
	}
	read := p.diff.of == n+1 && p.diff.read.of == n+1
	if l := p.layout; l.of == n+1 && l.read == read && l.width == w {
		return
	}
	p.layout = changeLayout{of: n + 1, read: read, width: w}
	if c.kind == markChange {
		p.layout.say(markRow, clean(c.key))
		return
	}
	p.layout.say(nameRow, clean(endOf(c.key, 4*w)))
	if read {
		p.layout.tell(p.diff.read)
	}
}

// say adds a paragraph.
func (l *changeLayout) say(kind changeRowKind, text string) {
	for _, line := range wrap(text, l.width-2) {
		l.rows = append(l.rows, changeRow{kind: kind, text: " " + line})
	}
}

// tell adds what was read of a change.
func (l *changeLayout) tell(r changeRead) {
	for _, remark := range r.remarks {
		l.say(remarkRow, remark)
	}
	if r.err != nil {
		l.say(markRow, r.fault())
	}
	texts := make([]string, len(r.lines))
	for i, line := range r.lines {
		texts[i] = clean(line.Text)
	}
	changed := r.whole
	for i, strong := range changedWords(r.lines, texts) {
		switch line := r.lines[i]; line.Kind {
		case merge.Added:
			l.line(addedRow, "+ ", texts[i], strong)
			changed = true
		case merge.Removed:
			l.line(removedRow, "- ", texts[i], strong)
			changed = true
		case merge.Hidden:
			l.say(remarkRow, " ⋯ "+plural(line.Count, "line")+" the same")
		case merge.Same:
			l.line(sameRow, "  ", texts[i], strong)
		}
	}
	switch {
	case r.lines != nil && !changed:
		l.say(remarkRow, " no difference")
	case r.more > 0:
		l.say(remarkRow, " … "+plural(r.more, "more line")+", too many to show")
	}
}

// line adds a line of a value behind its sign, and goes on below where it is
// longer than the pane is wide: what changed may stand at its end.
func (l *changeLayout) line(kind changeRowKind, sign, text string, strong span) {
	for at := 0; ; {
		head, _ := cutCells(text[at:], max(2, l.width-len(sign)))
		end := at + len(head)
		row := changeRow{kind: kind, text: sign + head}
		if from, to := max(at, strong.from), min(end, strong.to); from < to {
			row.strong = span{len(sign) + from - at, len(sign) + to - at}
		}
		l.rows = append(l.rows, row)
		if end == len(text) || head == "" {
			return
		}
		at, sign = end, "  "
	}
}

// changeDetail is what is known of the change under the cursor, as far as it
// is scrolled: always h lines, so that the list does not jump.
func (m *Model) changeDetail(w, h int) []string {
	p := m.changes
	edge := m.look.border
	if p.inside && m.focus == changesFocus {
		edge = m.look.borderFocus
	}
	lines := []string{edge.Paint(strings.Repeat("╌", w))}
	p.detail = max(1, h-len(lines))
	rows := p.layout.rows
	p.diff.top = max(0, min(p.diff.top, len(rows)-p.detail))
	rows = rows[p.diff.top:]
	below := 0
	if len(rows) > p.detail {
		below = len(rows) - p.detail + 1
		rows = rows[:p.detail-1]
	}
	for _, row := range rows {
		lines = append(lines, m.drawChangeRow(row, w))
	}
	if below > 0 {
		lines = append(lines, m.look.muted.Paint(fit("  … "+plural(below, "more line")+m.scrolledBy(), w)))
	}
	for len(lines) < h {
		lines = append(lines, blank(w))
	}
	return lines
}

// scrolledBy says which key leads to the lines that do not fit; nothing once
// one is there.
func (m *Model) scrolledBy() string {
	if m.changes.inside || m.focus != changesFocus {
		return ""
	}
	keys := m.keys.Keys(keymap.ScopeChanges, keymap.ChangesDiff)
	if len(keys) == 0 {
		return ""
	}
	return ", " + keymap.Show(keys[0]) + " scrolls"
}

// drawChangeRow paints a line of what is known of a change.
func (m *Model) drawChangeRow(row changeRow, w int) string {
	l := m.look
	switch row.kind {
	case addedRow:
		return drawChangedLine(row, l.diffAdd, l.diffAddWord, w)
	case removedRow:
		return drawChangedLine(row, l.diffDel, l.diffDelWord, w)
	case nameRow:
		return l.heading.Paint(fit(row.text, w))
	case markRow:
		return l.warn.Paint(fit(row.text, w))
	case remarkRow:
		return l.muted.Paint(fit(row.text, w))
	case sameRow:
	}
	return l.text.Paint(fit(row.text, w))
}

// drawChangedLine paints a line of a difference, with what differs in it from
// the line in its place.
func drawChangedLine(row changeRow, line, word ink, w int) string {
	text, at := row.text, row.strong
	return line.Paint(text[:at.from]) + word.Paint(text[at.from:at.to]) + line.Paint(text[at.to:]) + blank(w-width(text))
}
