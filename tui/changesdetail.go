package tui

import (
	"strings"

	"kvist/internal/merge"
)

// changeDetail is what is known of the change under the cursor: always h
// lines, so that the list does not jump.
func (m *Model) changeDetail(w, h int) []string {
	p, l := m.changes, m.look
	d := detail{w: w, lines: []string{l.border.Paint(strings.Repeat("╌", w))}}
	c, n, ok := p.current()
	switch {
	case !ok:
	case c.kind == markChange:
		d.add(l.warn, clean(c.key))
	default:
		d.add(l.heading, clean(endOf(c.key, 4*w)))
		if p.diff.of == n+1 && p.diff.read.of == n+1 {
			m.drawChangeRead(&d, p.diff.read, h)
		}
	}
	for len(d.lines) < h {
		d.lines = append(d.lines, blank(w))
	}
	if more := len(d.lines) + d.more - h; more > 0 {
		d.lines = append(d.lines[:h-1], l.muted.Paint(fit("  … "+plural(more+1, "more line"), w)))
	}
	return d.lines
}

// detail is text that is put together line by line.
type detail struct {
	w     int
	lines []string
	more  int // lines that were not even drawn
}

// add adds a paragraph.
func (d *detail) add(in ink, text string) {
	for _, line := range wrap(text, d.w-2) {
		d.lines = append(d.lines, in.Paint(fit(" "+line, d.w)))
	}
}

// drawChangeRead adds what was read of a change, as much as h lines may show.
func (m *Model) drawChangeRead(d *detail, r changeRead, h int) {
	for _, remark := range r.remarks {
		d.add(m.look.muted, remark)
	}
	if r.err != nil {
		d.add(m.look.warn, r.fault())
	}
	if r.lines == nil {
		return
	}
	lines := r.lines[:min(len(r.lines), h)]
	d.more = len(r.lines) - len(lines) + r.more
	if r.whole {
		d.lines = append(d.lines, m.drawWhole(lines, d.w)...)
		return
	}
	d.lines = append(d.lines, m.drawDiff(lines, d.w)...)
}

// drawWhole draws a value that there is nothing to compare with.
func (m *Model) drawWhole(lines []merge.Line, w int) []string {
	var out []string
	for _, line := range lines {
		out = append(out, m.look.text.Paint(fit("  "+clean(line.Text), w)))
	}
	return out
}
