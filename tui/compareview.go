package tui

import (
	"strings"

	"kvist/internal/compare"
	"kvist/internal/compare/live"
	"kvist/internal/explain"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// compareBeside is the width from which the difference stands beside the rows.
const compareBeside = 110

// title names both places.
func (p *comparePane) title(m *Model) paneTitle {
	if p.end == nil {
		return paneTitle{what: "Compare"}
	}
	part := func(s *compareSide) string { return endOf(s.words, 4*m.width) }
	return paneTitle{what: "Compare", name: part(p.sides[0]) + " with " + part(p.sides[1])}
}

// lay divides the pane: what is said above, the rows, and the difference of the key
// under the cursor beside them or below.
func (p *comparePane) lay(m *Model, w, h int) {
	s := &p.split
	s.above = p.head(m, w)
	room := max(1, h-len(s.above))
	s.beside, s.list, s.w, s.h = w >= compareBeside, w, w, 0
	rows := room
	switch {
	case s.beside:
		s.list = w * 2 / 5
		s.w, s.h = w-s.list-1, room
	case room >= 6:
		s.h = room / 2
		rows = room - s.h - 1 // a rule stands between them
	}
	if p.rows.tree != nil {
		p.rows.lay(m, s.list, rows)
	}
	p.rows.height = rows
	p.detail.fit(len(p.detailRows(m)), max(1, s.h))
}

// detailRows returns the rows of the difference.
func (p *comparePane) detailRows(m *Model) []diffRow {
	if p.live == nil {
		return nil
	}
	return p.detail.rowsOf(m, p, p.split.w)
}

// view returns what is said above, the rows, and the difference.
func (p *comparePane) view(m *Model, w, h int) []string {
	s := &p.split
	lines := append([]string(nil), s.above...)
	rows := p.viewRows(m, s.list)
	detail := p.viewDetail(m, s.w)
	if s.beside {
		edge := m.look.border
		if p.detail.inside {
			edge = m.look.borderFocus
		}
		for i, row := range rows {
			lines = append(lines, row+edge.Paint("│")+detail[i])
		}
		return firstOf(lines, h)
	}
	lines = append(lines, rows...)
	if s.h == 0 {
		return firstOf(lines, h)
	}
	edge := m.look.border
	if p.detail.inside {
		edge = m.look.borderFocus
	}
	lines = append(lines, edge.Paint(strings.Repeat("╌", w)))
	return firstOf(append(lines, detail...), h)
}

// viewDetail returns the difference as far as it is scrolled, in exactly the lines
// that it has.
func (p *comparePane) viewDetail(m *Model, w int) []string {
	rows, h := p.detailRows(m), p.split.h
	lines := make([]string, 0, h)
	top := min(p.detail.top, len(rows))
	for i := top; i < min(len(rows), top+h); i++ {
		if i == top+h-1 && i < len(rows)-1 {
			lines = append(lines, m.look.muted.Paint(fit("  … "+plural(len(rows)-i, "more line")+p.scrolls(m), w)))
			break
		}
		lines = append(lines, m.drawDiffRow(rows[i], w))
	}
	for len(lines) < h {
		lines = append(lines, blank(w))
	}
	return lines
}

// scrolls names the key that leads to the lines that do not fit.
func (p *comparePane) scrolls(m *Model) string {
	if p.detail.inside || m.focus != p {
		return ""
	}
	return ", " + m.keyFor(keymap.ScopeCompare, keymap.TreeOpen) + " scrolls"
}

// viewRows returns the rows in sight, in exactly as many lines as there is room for.
func (p *comparePane) viewRows(m *Model, w int) []string {
	h := p.rows.height
	lines := make([]string, 0, h)
	if p.live != nil {
		for i, row := range p.rows.tree.Rows(p.rows.top, h) {
			lines = append(lines, p.drawRow(m, row, w, p.rows.top+i == p.rows.at))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, m.look.muted.Paint(fit(" "+p.empty(m), w)))
	}
	for len(lines) < h {
		lines = append(lines, blank(w))
	}
	return lines[:h]
}

// empty says why there are no rows.
func (p *comparePane) empty(m *Model) string {
	switch {
	case p.err != nil:
		return "nothing is compared"
	case p.live == nil, !p.bothReady(m), p.live.Passing():
		return "comparing…"
	case p.query != nil:
		return "no key matches"
	}
	return "no difference; " + m.keyFor(keymap.ScopeCompare, keymap.CompareSame) + " shows the keys that are the same"
}

// head says how far the comparison is, what it found, and what to know before one
// trusts it.
func (p *comparePane) head(m *Model, w int) []string {
	if p.end == nil {
		return nil
	}
	l := m.look
	in := l.text
	if p.underWay() {
		in = l.accent
	}
	var lines []string
	say := func(in ink, text string) {
		for _, line := range wrap(text, w-2) {
			lines = append(lines, in.Paint(fit(" "+line, w)))
		}
	}
	say(in, p.report(m))
	if p.err != nil {
		say(l.warn, explain.Error(p.err))
	}
	for _, said := range p.caveats(m) {
		say(l.warn, said)
	}
	var filters []string
	if p.ignore != nil {
		filters = append(filters, "without "+clean(p.ignore.String()))
	}
	if p.query != nil {
		filters = append(filters, "filter "+clean(p.query.String()))
	}
	if len(filters) > 0 {
		lines = append(lines, l.muted.Paint(fit(" "+strings.Join(filters, " · "), w)))
	}
	return lines
}

// report says how far the comparison is and what it found.
func (p *comparePane) report(m *Model) string {
	if p.live == nil {
		if p.err != nil {
			return "the comparison ended"
		}
		return "opening " + p.sides[1].words
	}
	here, there := p.sides[0].count(), p.sides[1].count()
	if !p.bothReady(m) {
		return "listing: " + plural(here, "key") + " here, " + grouped(there) + " there"
	}
	_, seen := p.live.Settled()
	if p.live.Passing() {
		stop := "; " + m.keyFor(keymap.ScopeCompare, keymap.CompareLeave) + " stops"
		said := "compared "
		if p.stopped {
			said, stop = "stopped at ", "; "+m.keyFor(keymap.ScopeCompare, keymap.CompareOn)+" goes on"
		}
		return said + plural(seen, "key") + " of " + grouped(max(here, there)) + stop
	}
	total := p.live.Total()
	found := p.counted(m, total)
	if total.Sum() == 0 {
		found = strings.TrimSuffix("the same · "+found, " · ")
	}
	return found + " · of " + plural(here, "key") + " here, " + grouped(there) + " there"
}

// counted says how many keys differ, and how the rows sign that.
func (p *comparePane) counted(m *Model, n live.Counts) string {
	var parts []string
	for _, kind := range []compare.Kind{compare.OnlyA, compare.OnlyB, compare.Differs, compare.Unread, compare.Alike} {
		if n[kind] > 0 {
			sign, _ := m.compareSign(kind)
			parts = append(parts, sign+" "+grouped(n[kind])+" "+kindWords(kind))
		}
	}
	return strings.Join(parts, " · ")
}

// kindWords says what differs.
func kindWords(kind compare.Kind) string {
	switch kind {
	case compare.OnlyA:
		return "only here"
	case compare.OnlyB:
		return "only there"
	case compare.Differs:
		return "different"
	case compare.Unread:
		return "not readable"
	case compare.Alike:
		return "in another order or layout"
	case compare.Same, compare.MetaDiffers: // the latter is nothing a pane asks for
	}
	return "the same"
}

// caveats say why the comparison may not be true now.
func (p *comparePane) caveats(m *Model) []string {
	var said []string
	for i, s := range p.sides {
		where := [...]string{"here", "there"}[i]
		state, since, paused := s.contact(m), s.since, false
		if s.shared {
			since, paused = m.feed.since, m.feed.paused
		}
		switch {
		case s.keys == nil:
		case paused:
			said = append(said, where+": loading was stopped, so that it is not live")
		case state.OutOfContact():
			said = append(said, where+": no contact with "+s.words+" since "+since.Format("15:04:05")+"; changes are compared once it is back")
		}
		if s.unseen != nil {
			said = append(said, where+": there may be more keys: "+explain.Error(s.unseen))
		} else if s.shared && m.feed.err != nil && state == kv.Live {
			said = append(said, where+": there may be more keys: "+explain.Error(m.feed.err))
		}
		if s.still != "" {
			said = append(said, where+": "+s.still+", which does not change")
		}
	}
	return said
}

// compareSign returns the sign of a kind of difference, and its ink. The signs are
// those of kvist diff.
func (m *Model) compareSign(kind compare.Kind) (string, ink) {
	l := m.look
	switch kind {
	case compare.OnlyA:
		return l.signs.Removed, l.diffDel
	case compare.OnlyB:
		return l.signs.Added, l.diffAdd
	case compare.Differs:
		return l.signs.Changed, l.warn
	case compare.Alike:
		return "=", l.muted
	case compare.Unread:
		return "?", l.warn
	case compare.Same, compare.MetaDiffers: // which a pane does not ask for
	}
	return " ", l.muted
}

// drawRow draws a row: the sign of its difference, the name, and on the right what
// differs below it.
func (p *comparePane) drawRow(m *Model, row tree.Row, w int, selected bool) string {
	l := m.look
	sign, in := " ", l.folder
	if row.IsKey {
		sign, in = m.compareSign(compare.Kind(row.Flags))
	}
	mark := ""
	if p.anyMarked() {
		mark = l.markSign(row)
	}
	tail, inks := p.tail(m, row)
	room := max(0, w-3-width(mark)-width(tail))
	guides, fold := rowGuides(row, room), m.rowFold(row)
	name := rowName(row, room)
	name = fitMiddle(name, min(width(name), max(0, room-width(guides+fold))))
	head := fit(guides+fold, min(width(guides+fold), room))
	pad := blank(room - width(head) - width(name))
	if selected {
		p.rows.textAt = width(sign + mark + head)
		base := l.selectedBlur
		if m.focus == p && !p.detail.inside {
			base = l.selected
		}
		return base.Paint(sign + mark + head + name + pad + " " + tail + " ")
	}
	if row.Lit.Kind != tree.None && !row.Ghost {
		if step := int(m.now().Sub(row.Lit.At) / fadeStep); step >= 0 && step < fadeSteps {
			return l.changed[step].Paint(sign+mark+head+name) + pad + " " + inks + " "
		}
	}
	nameInk := l.text
	if row.IsFolder && !row.IsKey {
		nameInk = l.folder
	} else if compare.Kind(row.Flags) == compare.Same {
		nameInk = l.muted
	}
	return in.Paint(sign) + l.chosen.Paint(mark) + l.border.Paint(head) + nameInk.Paint(name) + pad + " " + inks + " "
}

// tail returns the counts of a folder, plain and painted.
func (p *comparePane) tail(m *Model, row tree.Row) (plain, painted string) {
	if !row.IsFolder {
		return "", ""
	}
	n := p.live.Inside(row.Key)
	for kind := range compare.Same {
		if n[kind] == 0 {
			continue
		}
		sign, in := m.compareSign(kind)
		part := sign + grouped(n[kind])
		if plain != "" {
			plain, painted = plain+" ", painted+" "
		}
		plain, painted = plain+part, painted+in.Paint(part)
	}
	if plain == "" {
		return "same", m.look.muted.Paint("same")
	}
	return plain, painted
}
