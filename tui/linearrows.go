package tui

import "strings"

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
