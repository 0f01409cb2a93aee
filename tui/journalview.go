package tui

import (
	"strings"

	"kvist/internal/explain"
	"kvist/internal/journal"
	"kvist/internal/textdiff"
)

func (p *journalPane) title(*Model) paneTitle { return paneTitle{what: "Journal"} }

// lay fits the list.
func (p *journalPane) lay(m *Model, w, h int) {
	p.above = nil
	switch {
	case p.err != nil:
		p.above = m.paragraph(m.look.warn, explain.Error(p.err), w)
	case p.foreign > 0:
		p.above = m.paragraph(m.look.warn, plural(p.foreign, "line")+" of the journal cannot be read and are passed over", w)
	}
	if p.filter != nil {
		p.above = append(p.above, m.look.muted.Paint(fit("filter "+clean(p.filter.String()), w)))
	}
	list := max(1, (h-len(p.above))/2)
	if len(p.shown) < list {
		list = max(1, len(p.shown))
	}
	p.fit(len(p.shown), list)
}

// view lists the entries, and below them what the one under the cursor did.
func (p *journalPane) view(m *Model, w, h int) []string {
	lines := append([]string(nil), p.above...)
	if len(p.shown) == 0 {
		lines = append(lines, m.look.muted.Paint(fit(p.empty(), w)))
	}
	for i := p.top; i < p.end(len(p.shown)); i++ {
		lines = append(lines, m.drawEntry(&p.entries[p.shown[i]], w, i == p.at && m.focus == p))
	}
	if e, ok := p.entry(); ok {
		lines = append(lines, m.look.border.Paint(strings.Repeat("╌", w)))
		lines = append(lines, p.detail(m, e, w, h-len(lines))...)
	}
	return firstOf(lines, h)
}

// empty says why no entry is listed.
func (p *journalPane) empty() string {
	switch {
	case p.reading:
		return "reading the journal"
	case p.filter != nil:
		return "no entry matches"
	}
	return "kvist has written nothing to this store yet"
}

// drawEntry draws a line of the list: the time, how it ended, and what it was.
func (m *Model) drawEntry(e *journal.Entry, w int, selected bool) string {
	sign := map[journal.Outcome]string{
		journal.Done: "  ", journal.Unknown: "? ", journal.Conflict: "! ", journal.Refused: "x ",
	}[e.Outcome]
	tail := ""
	if e.Plan != nil {
		tail = " " + writtenOf(e)
	}
	at := entryTime(m.now(), e.Time) + " "
	room := max(1, w-width(at)-2-width(tail))
	name := entryTitle(e)
	if e.Plan != nil && e.Plan.Continues != "" && e.Undoes != "" {
		name = "the rest of: " + name
	}
	name = fit(fitMiddle(name, min(room, width(name))), room)
	if selected {
		return m.look.selected.Paint(fit(at+sign+name+tail, w))
	}
	in := m.look.text
	if e.Outcome != journal.Done {
		in = m.look.warn
	}
	return m.look.muted.Paint(at) + in.Paint(sign+name) + m.look.muted.Paint(tail)
}

// detail says what an entry did, in at most h lines.
func (p *journalPane) detail(m *Model, e *journal.Entry, w, h int) []string {
	lines := []string{m.look.muted.Paint(fit("id "+clean(e.ID)+" · "+e.State(), w))}
	if e.Error != "" {
		lines = append(lines, m.paragraph(m.look.warn, clean(e.Error), w)...)
	}
	if e.Plan != nil {
		return append(lines, m.paragraph(m.look.text, planExtent(e), w)...)
	}
	if e.Hidden {
		return append(lines, m.look.muted.Paint(fit("the journal does not keep the values of this key", w)))
	}
	side := p.diffOf(e)
	for i := range side.lay(m, w) {
		if len(lines) >= h {
			break
		}
		lines = append(lines, m.drawDiffAt(side.laid.rows, i, w))
	}
	return lines
}

// writtenOf counts the keys of a plan that were written, as far as that is known.
func writtenOf(e *journal.Entry) string {
	switch {
	case e.Ended.IsZero():
		return plural(e.Plan.Records, "key") + ", " + e.State()
	case e.Plan.Written < e.Plan.Records:
		return grouped(e.Plan.Written) + " of " + plural(e.Plan.Records, "key")
	}
	return plural(e.Plan.Written, "key")
}

// planExtent says how many keys of a plan were written.
func planExtent(e *journal.Entry) string {
	if e.Ended.IsZero() {
		return plural(e.Plan.Records, "key") + " planned; how many were written is known when it has ended"
	}
	said := grouped(e.Plan.Written) + " of " + plural(e.Plan.Records, "key") + " written"
	if e.Plan.Continued {
		said += "; carried on with later, and undone with that"
	}
	return said
}

// diffOf returns what a write changed. It is worked out once for each entry.
func (p *journalPane) diffOf(e *journal.Entry) *diffSide {
	if p.diffID != e.ID {
		was, now := valueOf(e.Before), valueOf(e.After)
		p.diffID, p.diff = e.ID, newDiffSide("", e.Key, textdiff.Compare(e.Key, was, now), len(was), len(now))
	}
	return &p.diff
}
