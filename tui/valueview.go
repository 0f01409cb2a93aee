package tui

import (
	"bytes"
	"slices"
	"strings"

	"kvist/internal/format"
	"kvist/kv"
	"kvist/themes"
)

// valueLayout is a value broken into lines of one width. It is made again only when
// the value or the width changes.
type valueLayout struct {
	width int
	mask  bool // the value is hidden
	lines []format.Line
	rows  []valueRow // the part of the value on each line
	hex   int        // rows of the hex view, which are made when they are drawn
}

// count returns how many lines there are.
func (l valueLayout) count() int { return max(len(l.lines), l.hex) }

// title returns the key and how far its value is scrolled.
func (p *valuePane) title(m *Model) paneTitle {
	what := "Value"
	if _, folder := m.tree.tree.Is(p.shown.key); folder && !m.hasOwnValue(p.shown.key) {
		what = "Folder"
	}
	return paneTitle{what: what, name: cleanEnds(p.shown.key, m.width), tail: p.position()}
}

// hasOwnValue reports whether a key is there and is no directory.
func (m *Model) hasOwnValue(key string) bool {
	e, ok := m.tree.tree.Lookup(key)
	return ok && kv.KeyFlags(e.Flags)&kv.Directory == 0
}

// lay puts the facts above the value, which scrolls in the remaining lines.
func (p *valuePane) lay(m *Model, w, h int) {
	p.facts = nil
	if p.shown.key != "" {
		p.facts = p.factLines(m, w, h)
	}
	p.height = max(1, h-len(p.facts))
	if p.shown.pair != nil {
		p.breakLines(m, w-1)
	}
	p.layFolder(m, h)
	if p.shown.pair != nil {
		p.top = max(0, min(p.top, p.layout.count()-p.height))
	}
}

// layFolder puts what is in a folder below its facts and its own value, which leaves it
// half of the room, or as much as the children need.
func (p *valuePane) layFolder(m *Model, h int) {
	_, isFolder := m.tree.tree.Is(p.shown.key)
	if row, ok := m.tree.row(); !isFolder || !ok || row.Ghost || row.Key != p.shown.key {
		p.folder.lay(m, "", 0, 0)
		return
	}
	value, room := 0, h-len(p.facts)
	if pair := p.shown.pair; pair != nil && len(pair.Value) > 0 {
		_, children := m.tree.tree.Children(p.shown.key, 1)
		value = min(p.layout.count(), max(1, room/2, room-1-children))
		p.height = max(1, value)
	}
	at := len(p.facts) + value
	if at > 0 && at < h {
		at++ // a rule
	}
	p.folder.lay(m, p.shown.key, at, h-at)
}

// factLines returns the facts and the rule below them.
func (p *valuePane) factLines(m *Model, w, h int) []string {
	lines := []string{}
	for _, fact := range m.facts() {
		for _, line := range fact.lines(w, h) {
			lines = append(lines, fact.ink.Paint(fit(" "+line, w)))
		}
	}
	if pair := p.shown.pair; len(lines) > 0 && pair != nil && len(pair.Value) > 0 {
		lines = append(lines, m.look.border.Paint(strings.Repeat("╌", w)))
	}
	return lines
}

// view returns the facts and as much of the value as fits.
func (p *valuePane) view(m *Model, w, _ int) []string {
	lines := slices.Clone(p.facts)
	switch s := &p.shown; {
	case s.pair == nil:
	case p.layout.mask:
		for _, line := range firstOf(p.layout.lines, p.height) {
			lines = append(lines, " "+m.drawSpans(line, w-1))
		}
	case s.lines == nil:
		for _, row := range format.Hex(s.pair.Value, p.top, p.height, w-1) {
			lines = append(lines, " "+m.drawHex(row, w-1))
		}
	default:
		for row := p.top; row < min(p.top+p.height, len(p.layout.lines)); row++ {
			lines = append(lines, " "+m.drawMarked(p.layout.lines[row], p.marks(row), w-1))
		}
	}
	if p.folder.key == "" {
		return lines
	}
	if len(lines) < p.folder.line {
		lines = append(lines, m.look.border.Paint(strings.Repeat("╌", w)))
	}
	return append(lines, p.folder.view(m, w)...)
}

// position says how far a value is scrolled that does not fit.
func (p *valuePane) position() string {
	n := p.layout.count()
	if n <= p.height {
		return ""
	}
	return "  " + grouped(min(p.top+p.height, n)) + "/" + grouped(n)
}

// drawHex paints a row of the hex view: offset, bytes, characters.
func (m *Model) drawHex(row string, w int) string {
	row = fit(row, w)
	l := m.look
	bar := strings.IndexByte(row, '|')
	if bar < hexOffset {
		return l.hexByte.Paint(row)
	}
	return l.hexOffset.Paint(row[:hexOffset]) + l.hexByte.Paint(row[hexOffset:bar]) + l.hexText.Paint(row[bar:])
}

// hexOffset is the number of digits at the beginning of a hex row.
const hexOffset = 8

// breakLines breaks the value into lines of width w, once per width.
func (p *valuePane) breakLines(m *Model, w int) {
	mask := m.conceals(p.shown.key) && len(p.shown.pair.Value) > 0
	if p.layout.width == w && p.layout.mask == mask && p.layout.count() > 0 {
		return
	}
	p.layout = valueLayout{width: w, mask: mask}
	if mask {
		p.layout.lines = wrapSpans(format.Line{{Text: m.maskedValue(len(p.shown.pair.Value)), Role: themes.Muted}}, w)
		return
	}
	if p.shown.lines == nil {
		p.layout.hex = format.HexRows(len(p.shown.pair.Value), w)
		return
	}
	for i, line := range p.shown.lines {
		p.layout.place(i, wrapSpans(line, w))
	}
	for _, said := range []string{p.shown.rest, saidOfLineEnd(p.shown.pair.Value)} {
		if said != "" {
			p.layout.lines = append(p.layout.lines, wrapSpans(format.Line{{Text: said, Role: themes.Muted}}, w)...)
		}
	}
}

// saidOfLineEnd is a remark on a value whose end is unusual: lines of a file all
// end, a single word in a store does not. Programs that read the value may depend
// on it.
func saidOfLineEnd(value []byte) string {
	ended := format.HasLineEnd(value)
	several := bytes.IndexByte(bytes.TrimSuffix(value, []byte("\n")), '\n') >= 0
	switch {
	case len(value) == 0 || ended == several:
		return ""
	case ended:
		return `\ a line end at the end of the value`
	default:
		return `\ no line end at the end of the value`
	}
}

// wrapSpans breaks a highlighted line into lines of at most w cells.
func wrapSpans(line format.Line, w int) []format.Line {
	out := []format.Line{nil}
	used := 0
	for _, span := range line {
		for text := span.Text; text != ""; {
			head, cells := cutCells(text, w-used)
			if head == "" && used == 0 {
				break // a rune is wider than the line
			}
			if head != "" {
				last := len(out) - 1
				out[last] = append(out[last], format.Span{Text: head, Role: span.Role})
				used += cells
				text = text[len(head):]
			}
			if text != "" {
				out, used = append(out, nil), 0
			}
		}
	}
	return out
}

// drawSpans paints a highlighted line and pads it.
func (m *Model) drawSpans(line format.Line, w int) string {
	var b strings.Builder
	used := 0
	for _, span := range line {
		b.WriteString(m.look.Ink(span.Role).Paint(span.Text))
		used += width(span.Text)
	}
	b.WriteString(blank(w - used))
	return b.String()
}
