package match

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// A letter with an accent is found in either form of Unicode, whichever of them was
// typed: in a path, along its segments, and in a value; and whole letters are marked.
func TestBothFormsOfALetterAreFound(t *testing.T) {
	for _, c := range []struct {
		typed, text string
		want        []string // in one character a letter
	}{
		{"é", "app/café/é", []string{"é", "é"}},
		{"É", "app/CAFÉ/é", []string{"É"}},
		{"café", "app/Café/x", []string{"Café"}},
		{"fé/ü", "app/café/über", []string{"fé/ü"}},
		{"~cé", "café", []string{"c", "é"}},
		{"=f[éè]$", "café", []string{"fé"}},
		{"가나", "서울/가나다", []string{"가나"}},
		{"ệ", "việt", []string{"ệ"}},
		{"o", "café-o", []string{"o"}}, // ASCII alone
	} {
		for _, typed := range []string{norm.NFC.String(c.typed), norm.NFD.String(c.typed)} {
			for _, form := range []norm.Form{norm.NFC, norm.NFD} {
				text := form.String(c.text)
				q := parsed(t, typed)
				if !q.Match(text) || !q.MatchBytes([]byte(text)) {
					t.Errorf("%+q does not match %+q", typed, text)
				}
				if q.Carries() {
					state := State(0)
					for _, segment := range strings.SplitAfter(text, "/") {
						state = q.Step(state, segment)
					}
					if !q.Found(state) {
						t.Errorf("%+q is not found along %+q", typed, text)
					}
				}
				var want, got, inValue []string
				for _, w := range c.want {
					want = append(want, form.String(w))
				}
				for _, s := range q.Places(text, 0) {
					got = append(got, text[s.From:s.To])
				}
				if !slices.Equal(got, want) {
					t.Errorf("%+q in %+q marks %+q, want %+q", typed, text, got, want)
				}
				if q.Ranks() {
					if best, ok := q.Best(t.Context(), slices.Values([]string{"x", text})); !ok || best != text {
						t.Errorf("the best match of %+q is %+q", typed, best)
					}
					continue
				}
				for _, s := range q.InValues().Places([]byte(text), 9) {
					inValue = append(inValue, text[s.From:s.To])
				}
				if !slices.Equal(inValue, want) {
					t.Errorf("%+q in the value %+q marks %+q, want %+q", typed, text, inValue, want)
				}
			}
		}
	}
}

// Matches in a value of several lines are counted, and stand where they are.
func TestBothFormsInAValue(t *testing.T) {
	value := []byte("a\nx cafe\u0301\ncaf\u00e9 e\n")
	h, ok := parsed(t, "fé").InValues().Find(value)
	if !ok || h.Lines != 2 || string(value[h.From:h.To]) != "fe\u0301" {
		t.Errorf("%+v, %v", h, ok)
	}
	if _, ok := parsed(t, "!fé").InValues().Find(value); ok {
		t.Error("it lacks what it has")
	}
}

// ASCII is compared as it is written, and makes no paths.
func TestASCIIPaysNothing(t *testing.T) {
	q, path := parsed(t, "cafe"), "app/cafe\u0301"
	if !q.Match(path) || q.composes || parsed(t, "é").Narrows(q.Pattern) {
		t.Error("it is composed")
	}
	accent := parsed(t, "é")
	for _, q := range []*Query{q, accent} {
		if n := testing.AllocsPerRun(10, func() { q.Step(0, "services/region-01") }); n > 0 {
			t.Errorf("%q takes %v allocations for ASCII", q, n)
		}
	}
}
