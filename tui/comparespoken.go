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
		parts = append(parts, spokenMark(row))
	}
	return strings.Join(parts, ", ") + place(p.rows.at, p.length())
}
