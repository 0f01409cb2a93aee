package tui

import (
	"slices"
	"testing"

	"kvist/tui/tree/match"
)

// Where what was looked for stands in a row's name.
func TestPlacesOfAMatch(t *testing.T) {
	for _, c := range []struct {
		query, folders, name string
		want                 []string
	}{
		{"limits", "config/web/", "limits.json", []string{"limits"}},
		{"i", "", "limits", []string{"i", "i"}},
		{"LIM", "config/", "limits.json", nil},
		{"lim", "config/", "LIMITS", []string{"LIM"}},
		{"web/lim", "config/web/", "limits.json", []string{"lim"}},
		{"web", "web/", "web-1", []string{"web"}},
		{"web", "web/", "api", nil},
		{"!web", "", "web", nil},
		{"~wb", "", "web", []string{"w", "b"}},
		{"~cé", "con/", "fig-é", []string{"é"}},
		{"~l", "all/", "lim", []string{"l"}}, // the first letter of a word, as fzf weighs it
		{"=w.b|x", "", "web-x", []string{"web", "x"}},
		{"=x*", "", "web", nil},
		{"i", "", "İi", nil}, // longer in lower case: no place is told rather than a wrong one
	} {
		pattern, err := match.Parse(c.query)
		if err != nil {
			t.Fatal(err)
		}
		f := finder{query: c.query, pattern: pattern}
		var got []string
		for _, s := range f.places(c.folders+c.name, len(c.folders)) {
			got = append(got, c.name[s.from:s.to])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.query, c.folders+c.name, got, c.want)
		}
	}
}
