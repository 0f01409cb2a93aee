package tui

import "testing"

// Where what was looked for stands in a row's name.
func TestPlaceOfAMatch(t *testing.T) {
	for _, c := range []struct {
		query, folders, name, want string
	}{
		{"limits", "config/web/", "limits.json", "limits"},
		{"LIM", "config/", "limits.json", ""},
		{"lim", "config/", "LIMITS", "LIM"},
		{"web/lim", "config/web/", "limits.json", "lim"},
		{"web", "web/", "web-1", "web"},
		{"web", "web/", "api", ""},
		{"!web", "", "web", ""},
		{"~wb", "", "web", ""},
		{"=w.b", "", "web", ""},
		{"i", "", "İi", ""}, // longer in lower case: no place is told rather than a wrong one
	} {
		f := finder{query: c.query, match: func(string) bool { return true }}
		from, to := f.place(c.folders+c.name, len(c.folders))
		if got := c.name[from:to]; got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.query, c.folders+c.name, got, c.want)
		}
	}
}
