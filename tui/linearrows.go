package tui

import (
	"strings"

	"kvist/internal/compare"
)

// spokenRow says the row under the cursor of a comparison: its key, what differs there,
// and where it stands.
func (p *comparePane) spokenRow(m *Model) string {
	rows := p.rows.tree.Rows(p.rows.at, 1)
	if len(rows) == 0 {
		return p.empty(m)
	}
	row := rows[0]
	parts := []string{rowKey(row)}
	if row.IsKey {
		parts = append(parts, kindWords(compare.Kind(row.Flags)))
	}
	if row.IsFolder {
		fold := "closed"
		if row.Open {
			fold = "open"
		}
		parts = append(parts, fold)
		n := p.live.Inside(row.Key)
		for kind := range compare.Same {
			if n[kind] > 0 {
				parts = append(parts, grouped(n[kind])+" "+kindWords(kind))
			}
		}
	}
	if row.Marked {
		parts = append(parts, "marked")
	}
	return strings.Join(parts, ", ") + place(p.rows.at, p.length())
}

// spokenRow says the lock, holder or waiter under the cursor.
func (p *locksPane) spokenRow(m *Model) string {
	line := p.lines[p.at]
	lock := p.locks[line.lock]
	said := cleanName(lock.Key) + ", " + lock.Recipe
	switch {
	case line.contender != nil:
		head := strings.TrimPrefix(strings.TrimSpace(p.claimHead(m, line, linearWidth)), m.look.signs.Holder+" ")
		tail := p.claimTail(m, *line.contender, claimVerb(line.waits), linearWidth, 0)
		tail = strings.NewReplacer("≥", "at least", " · ", ", ").Replace(tail)
		said = head + ", " + strings.Join(strings.Fields(tail), " ")
	case line.remark != "":
		said = clean(line.remark)
	}
	return said + place(p.at, len(p.lines))
}

// spokenChoice says a line of a list. When a profile was used is said as a time, which
// stays the same while nobody does anything, as an age does not.
func spokenChoice(m *Model, c choice) string {
	s := c.site
	if s == nil {
		return rowText(m.drawChoice(c, linearWidth, false))
	}
	parts := []string{clean(s.Name), s.Kind, s.words()}
	switch {
	case s.tab != "":
		parts = append(parts, "in "+s.tab)
	case !s.used.IsZero():
		parts = append(parts, "used "+s.used.Local().Format("2006-01-02 15:04"))
	}
	return strings.Join(parts, ", ")
}

// place says which of how many rows one is.
func place(at, of int) string { return ", " + grouped(at+1) + " of " + grouped(of) }
