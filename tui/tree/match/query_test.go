package match

import (
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parsed returns the query that was typed, which must be one.
func parsed(t testing.TB, typed string) *Query {
	t.Helper()
	q, err := Parse(typed)
	if err != nil || q == nil {
		t.Fatalf("%q: %v, %v", typed, q, err)
	}
	return q
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		typed, path string
		want        bool
	}{
		{"b/c", "a/B/c", true},
		{"B", "a/b", false},
		{"!b", "a/b", false},
		{"!b", "a", true},
		{"~ac", "a/b/c", true},
		{"~ca", "a/b/c", false},
		{"=^a.*c$", "a/b/c", true},
		{"=^b", "a/b", false},
		{"a!", "a!", true},
	} {
		q := parsed(t, c.typed)
		if q.Match(c.path) != c.want || q.String() != c.typed || q.Ranks() != strings.HasPrefix(c.typed, "~") {
			t.Errorf("%q in %q is not %v", c.typed, c.path, c.want)
		}
	}
	if parsed(t, "=a").Carries() {
		t.Error("an expression is read along a path")
	}
}

// A sign alone looks for nothing.
func TestParseOfNothing(t *testing.T) {
	for _, typed := range []string{"", "!", "~", "="} {
		if q, err := Parse(typed); q != nil || err != nil || q.String() != "" || q.Ranks() {
			t.Errorf("%q looks for %v (%v)", typed, q, err)
		}
	}
}

// The error names the expression as it was typed.
func TestParseOfAWrongExpression(t *testing.T) {
	if q, err := Parse("=("); q != nil || err == nil || strings.Contains(err.Error(), "(?m)") {
		t.Errorf("%v, %v", q, err)
	}
}

// Places returns the parts of a row's name that match.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		typed, folders, name string
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
		{"i", "", "İi", nil}, // longer in lower case: no place rather than a wrong one
	} {
		var got []string
		for _, s := range parsed(t, c.typed).Places(c.folders+c.name, len(c.folders)) {
			got = append(got, c.name[s.From:s.To])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.typed, c.folders+c.name, got, c.want)
		}
	}
}

// Best returns what fzf puts first, whatever comes first.
func TestBestIsFzfs(t *testing.T) {
	for _, c := range []struct{ text, best, worse string }{
		{"web", "services/web/x", "so/we/be"},                   // in one piece
		{"lim", "a/limits", "a/oblimit"},                        // at the beginning of a word
		{"wl", "config/web/limits", "config/owned/mail"},        // beginnings of parts
		{"api", "config/v1/api", "api/config/v1"},               // as good, and in the name
		{"api", "x/api", "x/y/z/api"},                           // as good, and shorter
		{"é", "x/é", "x/yé"},                                    // accents that are meant
		{"lim", "a/limits", strings.Repeat("l/i/", 9000) + "m"}, // too long for the better algorithm
	} {
		for _, keys := range [][]string{{c.best, c.worse}, {c.worse, c.best}} {
			if got, ok := parsed(t, "~"+c.text).Best(t.Context(), slices.Values(keys)); !ok || got != c.best {
				t.Errorf("the best match of %q is %.40q, not %q", c.text, got, c.best)
			}
		}
	}
	if _, ok := parsed(t, "~a").Best(t.Context(), slices.Values([]string(nil))); ok {
		t.Error("there is a best of no keys")
	}
}

// All places in a value are found, up to as many as are asked for.
func TestPlacesInAValue(t *testing.T) {
	for typed, want := range map[string]string{
		"a":    "[{0 1} {2 3} {4 5}]",
		"A":    "[{2 3}]",
		"!a":   "[]",
		"=^.":  "[{0 1} {7 8}]",
		"=x*":  "[]",
		"=^a*": "[{0 1}]",
		"~ba":  "[{1 3} {3 5}]",
	} {
		if got := fmt.Sprint(parsed(t, typed).InValues().Places([]byte("abAbab\nb"), 3)); got != want {
			t.Errorf("%q is at %s, not at %s", typed, got, want)
		}
	}
}

// Only this package knows regular expressions: a frame, which asks for places,
// never compiles one.
func TestNothingElseCompilesExpressions(t *testing.T) {
	for _, dir := range []string{"../..", "..", "."} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || file == "query.go" || file == "pattern.go" || file == "expression.go" {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range f.Imports {
				if i.Path.Value == `"regexp"` {
					t.Errorf("%s imports regexp", file)
				}
			}
		}
	}
}

// An expression of keys matches parts of them; none matches nothing.
func TestExpression(t *testing.T) {
	e, err := ParseExpression(`^secrets/|\.bak$`)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{"secrets/a": true, "a.bak": true, "a/secrets/b": false} {
		if e.Matches(key) != want {
			t.Errorf("%s: %v", key, !want)
		}
	}
	if none, err := ParseExpression(""); err != nil || none.Matches("") || none.String() != "" {
		t.Errorf("%v, %v", none, err)
	}
	if _, err := ParseExpression("("); err == nil {
		t.Error("a wrong one is taken")
	}
}

// BenchmarkPlaces is what one row of a frame costs.
func BenchmarkPlaces(b *testing.B) {
	const key = "config/services/gateway/limits.json"
	for _, typed := range []string{"limits", "~gwlim", "=l.*s"} {
		q := parsed(b, typed)
		b.Run(typed, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q.Places(key, 24)
			}
		})
	}
}

// BenchmarkBest is the best of 200 000 matches.
func BenchmarkBest(b *testing.B) {
	keys := make([]string, 200_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("zone-%d/region-%02d/service-%03d/object-%06d", i%3, i%17, i%499, i)
	}
	q := parsed(b, "~rgobj")
	for b.Loop() {
		if _, ok := q.Best(b.Context(), slices.Values(keys)); !ok {
			b.Fatal("given up")
		}
	}
}
