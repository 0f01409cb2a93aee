package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kvist/internal/explain"
	"kvist/internal/format"
	"kvist/internal/history"
	"kvist/keymap"
	"kvist/themes"
)

// historyWidths are the columns of the list, and the lines above it.
type historyWidths struct {
	above             int
	index, time, size int
	head              []string
}

func (p *historyPane) title(m *Model) paneTitle {
	return paneTitle{what: "History", link: "of ", name: cleanEnds(p.key, m.width)}
}

// historyKept is how many lines of the list stay in sight while what is below it
// has the focus.
const historyKept = 5

// lay divides the pane: what is said, the list, a rule, and what the version under
// the cursor is.
func (p *historyPane) lay(m *Model, w, h int) {
	p.measure(m, w)
	p.layDetail(m, w)
	room := max(2, h-p.widths.above-1)
	list := max(1, min(room/2, len(p.rows)))
	if p.inside {
		list = min(list, max(historyKept, room-p.detail.lines()))
	}
	p.fit(len(p.rows), list)
	p.detail.fit(p.detail.lines(), max(1, room-p.height))
}

// measure makes the lines above the list and finds the widths of its columns.
func (p *historyPane) measure(m *Model, w int) {
	p.widths = historyWidths{}
	if p.err != nil {
		p.widths.head = m.paragraph(m.look.warn, explain.Error(p.err), w)
	}
	p.widths.head = append(p.widths.head, m.look.muted.Paint(fit(" "+p.summary(), w)))
	p.widths.above = len(p.widths.head)
	for i := range p.rows {
		row := &p.rows[i]
		if row.Kind == history.State {
			p.widths.index = max(p.widths.index, len(historyIndex(row)))
			p.widths.size = max(p.widths.size, width(historySize(row)))
			p.widths.time = max(p.widths.time, width(historyTime(m.now(), row)))
		}
	}
}

// summary says what is listed and how it is compared.
func (p *historyPane) summary() string {
	kept, others := 0, 0
	for i := range p.rows {
		switch row := &p.rows[i]; {
		case row.Kind != history.State:
		case row.Source&history.Kept != 0:
			kept++
		default:
			others++
		}
	}
	parts := []string{plural(others, "version") + " seen or written by kvist"}
	switch {
	case !p.read && p.reading:
		parts = []string{"reading…"}
	case p.keeps:
		parts = []string{plural(kept, "version") + " kept by the store"}
		if others > 0 {
			parts[0] += ", " + grouped(others) + " more are known"
		}
	}
	if p.against != againstBefore {
		parts = slices.Insert(parts, 0, p.against.String())
	}
	if p.cut {
		parts = append(parts, "not all of the journal")
	}
	return strings.Join(parts, " · ")
}

// view returns the list and what is below it.
func (p *historyPane) view(m *Model, w, h int) []string {
	lines := slices.Clone(p.widths.head)
	if len(p.rows) == 0 {
		if p.read && p.err == nil {
			lines = append(lines, m.look.muted.Paint(fit(" nothing is known of this key", w)))
		}
		return firstOf(lines, h)
	}
	for i := p.top; i < p.end(len(p.rows)); i++ {
		lines = append(lines, p.drawRow(m, i, w))
	}
	edge := m.look.border
	if p.inside && m.focus == p {
		edge = m.look.borderFocus
	}
	lines = append(lines, edge.Paint(strings.Repeat("╌", w)))
	return firstOf(append(lines, p.drawDetail(m, w)...), h)
}

// drawRow draws a line of the list.
func (p *historyPane) drawRow(m *Model, i, w int) string {
	l, row := m.look, &p.rows[i]
	cursor := l.selectedBlur
	if m.focus == p && !p.inside {
		cursor = l.selected
	}
	if row.Kind != history.State {
		text := fit(" ── "+p.remark(m, row)+" ", w)
		if i == p.at {
			return cursor.Paint(text)
		}
		return l.warn.Paint(text)
	}
	mark := " "
	if p.marked(row) {
		mark = l.signs.Holder
	}
	sign, in := p.sign(m, i)
	facts := " " + padLeft(historyIndex(row), p.widths.index)
	if p.widths.time > 0 {
		facts += " " + fit(historyTime(m.now(), row), p.widths.time)
	}
	facts += " " + padLeft(historySize(row), p.widths.size)
	note := "  " + strings.Join(p.notes(m, row), " · ")
	rest := max(0, w-width(mark)-width(sign)-width(facts))
	if i == p.at {
		return cursor.Paint(fit(mark+sign+facts+note, w))
	}
	return l.accent.Paint(mark) + in.Paint(sign) + l.text.Paint(fit(facts, min(width(facts), w-2))) + l.muted.Paint(fit(note, rest))
}

// sign says what a version did to the one before, as far as that is known.
func (p *historyPane) sign(m *Model, at int) (string, ink) {
	l, row := m.look, &p.rows[at]
	older, broken := p.before(at)
	switch {
	case row.Deleted:
		return l.signs.Removed, l.diffDel
	case row.Created != 0 && row.Created == row.Index, older != nil && older.Deleted && !broken:
		return l.signs.Added, l.diffAdd
	case older != nil:
		return l.signs.Changed, l.accent
	}
	return " ", l.text
}

// remark returns the words of a row that is no version.
func (p *historyPane) remark(m *Model, row *history.Row) string {
	text := row.Remark(m.terms.Index)
	further := m.keyFor(keymap.ScopeHistory, keymap.HistoryDeeper)
	switch {
	case row.Kind == history.Unread && p.reading:
		text += "; reading…"
	case row.Kind == history.Unread:
		text += ": " + further + " looks (reads many revisions)"
	case row.Kind == history.Older && p.reading:
		text = "reading older versions…"
	case row.Kind == history.Older && (p.err != nil || p.pages.Bytes() >= historyBytes):
		text += ": " + further + " reads them"
	}
	return text
}

// historyIndex is a row's index as the list shows it.
func historyIndex(row *history.Row) string {
	if row.Index == 0 {
		return "?"
	}
	return fmt.Sprint(row.Index)
}

// historySize is a row's size as the list shows it.
func historySize(row *history.Row) string {
	if row.Deleted {
		return "deleted"
	}
	return sizeText(row.Size)
}

// historyTime is when a version began; "" if that is not known.
func historyTime(now time.Time, row *history.Row) string {
	if row.At.IsZero() {
		return ""
	}
	return entryTime(now, row.At)
}

// notes are what else is known of a version, the most important first.
func (p *historyPane) notes(m *Model, row *history.Row) []string {
	var notes []string
	add := func(words string) {
		if words != "" {
			notes = append(notes, words)
		}
	}
	if row.Now {
		add("now")
	}
	if row.Found {
		add("found later")
	}
	add(row.Source.Words())
	if row.Owner != "" {
		add(m.terms.Owner + " " + clean(row.Owner))
	} else {
		add(strings.Join(markWords(0, row.Flags), " · "))
	}
	if row.Version != 0 && m.terms.Version != "" {
		add(fmt.Sprintf("%s %d", m.terms.Version, row.Version))
	}
	return notes
}

// padLeft fills a text up to w cells, from the left.
func padLeft(text string, w int) string { return blank(max(0, w-width(text))) + text }

// layDetail breaks what is below the list into rows.
func (p *historyPane) layDetail(m *Model, w int) {
	d := &p.detail
	said := diffRows{width: w}
	older, newer, pair, ok := p.compared()
	switch {
	case p.at >= len(p.rows):
	case !ok:
		said.say(remarkRow, p.remark(m, &p.rows[p.at]))
	case pair.whole:
		p.sayWhole(m, &said, newer)
	default:
		p.sayCompared(m, &said, older, newer, pair)
	}
	if shown := ok && d.read.of == pair; shown {
		said.rows = append(said.rows, d.read.side.lay(m, w)...)
		d.breakText(m, pair, w-1)
	} else {
		d.text, d.hex, d.laid = nil, 0, historyPair{}
	}
	d.rows = said.rows
}

// breakText breaks a version into lines of width w, once.
func (d *historyDetail) breakText(m *Model, pair historyPair, w int) {
	mask := m.conceals(pair.key)
	if d.laid == pair && d.width == w && d.mask == mask {
		return
	}
	d.text, d.hex, d.laid, d.width, d.mask = nil, 0, pair, w, mask
	if mask && len(d.read.value) > 0 {
		d.text = wrapSpans(format.Line{{Text: m.maskedValue(len(d.read.value)), Role: themes.Muted}}, w)
		return
	}
	if d.read.lines == nil {
		d.hex = format.HexRows(len(d.read.value), w)
		return
	}
	for _, line := range d.read.lines {
		d.text = append(d.text, wrapSpans(line, w)...)
	}
}

// sayCompared says which versions are compared, and why that may not be all.
func (p *historyPane) sayCompared(m *Model, said *diffRows, older, newer *history.Row, pair historyPair) {
	to := p.naming(m, newer)
	if older != nil {
		to = p.naming(m, older) + " → " + to
	}
	said.say(nameRow, to)
	switch {
	case pair.sameAsNow:
		said.say(remarkRow, "it is what is there now; this is what it changed")
	case pair.alone:
		said.say(remarkRow, "it is marked: move to the version to compare it with; this is what it changed")
	}
	switch {
	case pair.beforeFirst:
		said.say(remarkRow, "there was nothing before")
	case older == nil:
		said.say(remarkRow, "the version before is not known")
	case pair.broken:
		said.say(remarkRow, "others may have written in between")
	}
	p.sayUnknown(m, said, older)
	p.sayUnknown(m, said, newer)
}

// sayUnknown says that the value of a version is not known, and why.
func (p *historyPane) sayUnknown(m *Model, said *diffRows, row *history.Row) {
	switch state := stateOf(row); {
	case state == stateHidden:
		said.say(remarkRow, "the journal does not keep the values of this key: "+p.naming(m, row)+" is not known")
	case state == stateUnknown && p.keeps && (p.reading || p.stale):
		said.say(remarkRow, "reading…")
	case state == stateUnknown:
		said.say(remarkRow, "the value at "+p.naming(m, row)+" was not read then and is not known")
	}
}

// sayWhole says everything about a version.
func (p *historyPane) sayWhole(m *Model, said *diffRows, row *history.Row) {
	head := p.naming(m, row)
	if about := p.detail.read.about; p.detail.read.of == p.detail.asked && about != "" && !m.conceals(p.key) {
		head += " · " + about
	}
	if size := sizeText(row.Size); !row.Deleted && !strings.HasSuffix(head, size) {
		head += " · " + size
	}
	said.say(nameRow, head)
	var parts []string
	if row.Created != 0 {
		parts = append(parts, fmt.Sprintf("%s %d", m.terms.Created, row.Created))
	}
	notes := p.notes(m, row)
	if len(notes) > 0 && notes[0] == "now" {
		notes = notes[1:] // the name says so
	}
	parts = append(parts, notes...)
	if !row.At.IsZero() {
		parts = append(parts, "since "+row.At.Local().Format(time.DateTime))
	}
	if row.Record != "" {
		parts = append(parts, "id "+clean(row.Record))
	}
	if len(parts) > 0 {
		said.say(remarkRow, strings.Join(parts, " · "))
	}
	p.sayUnknown(m, said, row)
}

// naming names a version in a sentence.
func (p *historyPane) naming(m *Model, row *history.Row) string {
	name := "the deletion"
	if row.Index != 0 {
		name = m.revision(row.Index)
	}
	if row.Deleted && row.Index != 0 {
		name += " (deleted)"
	}
	if row.Now {
		name += " (now)"
	}
	return name
}

// lines returns how many lines there are.
func (d *historyDetail) lines() int { return len(d.rows) + len(d.text) + d.hex }

// drawDetail draws what is in sight of it.
func (p *historyPane) drawDetail(m *Model, w int) []string {
	d := &p.detail
	lines := make([]string, 0, d.height)
	below := d.count - d.end()
	for i := d.top; i < d.end(); i++ {
		switch {
		case below > 0 && i == d.end()-1:
			lines = append(lines, m.look.muted.Paint(fit(" … "+plural(below+1, "more line")+p.scrolledBy(m), w)))
		case i < len(d.rows):
			lines = append(lines, m.drawDiffRow(d.rows[i], w))
		case i < len(d.rows)+len(d.text):
			lines = append(lines, " "+m.drawSpans(d.text[i-len(d.rows)], w-1))
		default:
			for _, row := range format.Hex(d.read.value, i-len(d.rows), 1, w-1) {
				lines = append(lines, " "+m.drawHex(row, w-1))
			}
		}
	}
	return lines
}

// scrolledBy names the key that focuses the lines that do not fit; "" once they have
// the focus.
func (p *historyPane) scrolledBy(m *Model) string {
	if p.inside || m.focus != p {
		return ""
	}
	return ", " + m.keyFor(keymap.ScopeHistory, keymap.HistoryInside) + " scrolls"
}
