package tui

import (
	"strings"
	"time"

	"kvist/kv"
	"kvist/tui/tree"
)

// title returns the prefix and the cursor's place in the tree.
func (p *treePane) title(m *Model) paneTitle {
	t := m.titleBelow("Keys", m.root)
	if n := p.tree.Len(); n > 0 {
		t.tail = "  " + grouped(p.at+1) + "/" + grouped(n)
	}
	t.tail += m.asOf.cameText()
	if m.finder.on {
		t.tail = m.filterTail(t)
	}
	return t
}

// filterTail says which of how many matches the cursor is on. On a narrow screen
// the query stays longest.
func (m *Model) filterTail(t paneTitle) string {
	hits, query := m.tree.tree.Hits(), "for "+clean(m.finder.query.String())
	room := m.areas().tree.w - titleEdges - width(t.what)
	for _, tail := range []string{
		t.tail + "  " + plural(hits, "match") + " " + query, "  " + plural(hits, "match") + " " + query, "  " + grouped(hits) + " " + query,
	} {
		if width(tail) <= room {
			return tail
		}
	}
	return "  " + query
}

// view returns the rows in sight, in exactly h lines.
func (p *treePane) view(m *Model, w, h int) []string {
	now := m.now()
	lines := make([]string, 0, h)
	first, last, column := m.marksDrawn()
	for i, row := range p.tree.Rows(p.top, h) {
		at := p.top + i
		row.Marked = row.Marked || first <= at && at <= last && !row.Ghost
		lines = append(lines, m.drawRow(row, w, column, at == p.at, now))
	}
	if len(lines) == 0 {
		for _, line := range wrap(m.emptyTree(), w-3) {
			lines = append(lines, m.look.muted.Paint(fit("  "+line, w)))
		}
	}
	for len(lines) < h {
		lines = append(lines, blank(w))
	}
	return lines[:h]
}

// emptyTree says why there are no rows.
func (m *Model) emptyTree() string {
	switch {
	case m.feed.state == kv.Denied:
		return "access denied"
	case m.feed.state.OutOfContact() && m.feed.ready:
		return "no contact; there were no keys here when it was lost"
	case m.feed.state.OutOfContact():
		return "no contact yet"
	case m.feed.err != nil && m.feed.ready:
		return "nothing here that you may read"
	case m.finder.on && m.tree.tree.Keys() > 0:
		return m.findReport()
	case !m.feed.ready:
		return "listing…"
	default:
		return m.noKeys()
	}
}

// marksDrawn returns the rows of the range, and whether there is a column for marks.
func (m *Model) marksDrawn() (first, last int, column bool) {
	if m.marking.ranging {
		first, last, _ = m.tree.tree.Between(m.marking.from, m.tree.cursor)
		return first, last, true
	}
	return 0, -1, m.someMarked()
}

// markSign returns the sign of a row's mark, of a mark from which something was taken
// out, and of marks in a closed folder.
func (l *look) markSign(row tree.Row) string {
	switch {
	case row.Marked && row.Partly:
		return l.signs.MarkedInside
	case row.Marked:
		return l.signs.Marked
	case row.Marks > 0 && !row.Open:
		return l.signs.MarkedInside
	}
	return " "
}

// drawRow draws a row: the sign of its last change, that of its mark if there is a
// column for those, the guides and the name, and on
// the right its marks and the number of keys below. The row under the cursor has
// one ink throughout, so that it stands out.
func (m *Model) drawRow(row tree.Row, w int, column, selected bool, now time.Time) string {
	l, chosen := m.look, ""
	if column {
		chosen = m.look.markSign(row)
	}
	inks, sign := m.inksFor(row, now)
	if sign == " " && m.asOf != nil {
		sign, inks.sign = m.sinceSign(row)
	}
	flags, count := kv.KeyFlags(row.Flags), ""
	switch {
	case row.Unlisted, row.More && row.Count == 0:
		count = "…"
	case row.More:
		count = grouped(row.Count) + "+"
	case row.IsFolder:
		count = grouped(row.Count)
	}
	marks, n := l.marked(flags)
	plain := l.signsOf(flags)
	if _, kept := m.drafts[row.Key]; kept && row.IsKey {
		marks, plain, n = l.warn.Paint(l.signs.Draft)+marks, l.signs.Draft+plain, n+1
	}
	if m.bookmarks[row.Key] {
		marks, plain, n = l.accent.Paint(l.signs.Bookmark)+marks, l.signs.Bookmark+plain, n+1
	}
	if n > 0 && count != "" {
		count = " " + count
	}
	room := max(0, w-3-len([]rune(chosen))-n-width(count)) // a cell for the sign, and one on each side of the count
	guides, fold := rowGuides(row, room), m.rowFold(row)
	head := guides + fold
	name := rowName(row, room)
	name = fitMiddle(name, min(width(name), max(0, room-width(head))))
	head = fit(head, min(width(head), room))
	pad := blank(room - width(head) - width(name))
	if selected {
		m.tree.textAt = width(sign + chosen + head)
		base := l.selectedBlur
		if m.focus == m.tree {
			base = l.selected
		}
		return base.Paint(sign + chosen + head + m.markFound(row.Key, row.Name, name, base) + pad + " " + plain + count + " ")
	}
	if head != guides+fold { // too deep for a name
		return inks.sign.Paint(sign) + l.chosen.Paint(chosen) + l.border.Paint(head) + pad + " " + marks + l.count.Paint(count) + " "
	}
	return inks.sign.Paint(sign) + l.chosen.Paint(chosen) + l.border.Paint(guides) + inks.fold.Paint(fold) +
		inks.name.Paint(m.markFound(row.Key, row.Name, name, inks.name)) + pad + " " + marks + l.count.Paint(count) + " "
}

// rowGuides returns the lines that lead down to later rows of the folders around a
// row. For a deep row, the outermost make room for the name.
func rowGuides(row tree.Row, room int) string {
	var b strings.Builder
	from := max(0, row.Depth-room/4)
	if from > 0 {
		b.WriteString("… ")
		from++
	}
	for d := from; d < row.Depth; d++ {
		if d < 64 && row.Rails&(1<<d) != 0 {
			b.WriteString("│ ")
		} else {
			b.WriteString("  ")
		}
	}
	return b.String()
}

// rowFold returns the sign of an open or a closed folder, or blanks.
func (m *Model) rowFold(row tree.Row) string {
	switch {
	case row.IsFolder && row.Open:
		return m.look.signs.Open + " "
	case row.IsFolder:
		return m.look.signs.Closed + " "
	default:
		return "  "
	}
}

// rowName returns the row's name. A folder has a slash at its end.
func rowName(row tree.Row, w int) string {
	if row.IsFolder || row.Name == "" {
		return cleanEnds(row.Name, w) + "/"
	}
	return cleanEnds(row.Name, w)
}

// rowInks are the inks of a row's parts.
type rowInks struct{ sign, fold, name ink }

// inksFor returns the inks of a row for its last change, and the sign of that
// change: colour alone carries no meaning.
func (m *Model) inksFor(row tree.Row, now time.Time) (rowInks, string) {
	l := m.look
	step := int(now.Sub(row.Lit.At) / fadeStep)
	unlit := row.Lit.Kind == tree.None || step < 0 || step >= fadeSteps
	all := func(k ink) rowInks { return rowInks{k, k, k} }
	switch {
	case row.Ghost:
		return rowInks{l.signRemoved, l.muted, l.removed[max(0, min(step, fadeSteps-1))]}, l.signs.Removed
	case unlit && row.Marked:
		return all(l.chosen), " "
	case unlit && row.IsFolder && row.IsKey:
		return rowInks{l.text, l.folder, l.text}, " "
	case unlit && row.IsFolder:
		return all(l.folder), " "
	case unlit:
		return all(l.text), " "
	}
	switch row.Lit.Kind {
	case tree.Added:
		return all(l.added[step]), l.signs.Added
	case tree.Inside:
		return all(l.changed[step]), l.signs.Inside
	default:
		return all(l.changed[step]), l.signs.Changed
	}
}
