package match

import (
	"strings"
	"testing"
	"unicode"

	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// alike returns a text and a path as they should be compared.
func alike(text, path string) (string, string) {
	if composed := norm.NFC.String(text); strings.ContainsFunc(composed, func(r rune) bool { return r > unicode.MaxASCII }) {
		return composed, norm.NFC.String(path)
	}
	return text, path
}

// holds reports whether Text should match.
func holds(text, path string) bool {
	text, path = alike(text, path)
	if text != strings.ToLower(text) {
		return strings.Contains(path, text)
	}
	return strings.Contains(strings.ToLower(path), text)
}

// fzf reports whether Fuzzy should match.
func fzf(text, path string) bool {
	text, path = alike(text, path)
	chars := util.ToChars([]byte(path))
	r, _ := algo.FuzzyMatchV1(text != strings.ToLower(text), !Accented(text), true, &chars, []rune(text), false, nil)
	return r.Start >= 0
}

// along matches path segment by segment, as the tree does.
func along(p *Pattern, path string) bool {
	s := State(0)
	for i, seg := range strings.Split(path, "/") {
		if i > 0 {
			s = p.Step(s, "/")
		}
		s = p.Step(s, seg)
		if p.Final(s) {
			return p.Found(s)
		}
	}
	return p.Found(s)
}

// check compares every kind of pattern of text with what it should match.
func check(t interface {
	Helper()
	Errorf(string, ...any)
}, text, path string,
) {
	t.Helper()
	for _, c := range []struct {
		name string
		p    *Pattern
		want bool
	}{
		{"Text", Text(text), holds(text, path)},
		{"Without", Without(text), !holds(text, path)},
		{"Fuzzy", Fuzzy(text), fzf(text, path)},
	} {
		if got := c.p.Match(path); got != c.want {
			t.Errorf("%s(%q).Match(%q) = %v", c.name, text, path, got)
		}
		if c.p.Carries() {
			if got := along(c.p, path); got != c.want {
				t.Errorf("%s(%q) along %q = %v", c.name, text, path, got)
			}
		}
	}
}

// seeds returns pairs that were matched wrongly once, or easily are.
func seeds() [][2]string {
	long := strings.Repeat("ab", 200)
	return [][2]string{
		{"", ""},
		{"", "a"},
		{"a", ""},
		{"aab", "aaab"},
		{"aaab", "aa/aab"},
		{"a/a", "a/A"},
		{"/", "/"},
		{"//", "a//b"},
		{"É", "é"},
		{"é", "É/e"},
		{"e", "É"},
		{"E", "É"},
		{"k", "\u212a"}, // the sign of the kelvin is small in ASCII
		{"\u212a", "\u212a"},
		{"\u212a", "K"},
		{"é\u212a", "éK"},
		{"e\u0301", "é"},
		{"é", "e\u0301"},
		{"i", "\u0130"},  // i with a dot
		{"ⱥ", "\u023a/"}, // longer when small
		{"\ufffd", "\xff"},
		{"\xff", "\xff"},
		{"\xff", "\ufffd"},
		{"\xc3", "é"},
		{"é", "\xc3/\xa9"},
		{"ß", "SS"},
		{"o", "ø/Ø"},
		{"ab", "A\x00B"},
		{long, long + "/x"},
		{long, long[2:]},
		{strings.ToUpper(long), long},
	}
}

func TestSeeds(t *testing.T) {
	for _, s := range seeds() {
		check(t, s[0], s[1])
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, path string) { check(t, text, path) })
}

func TestRandom(t *testing.T) {
	letter := rapid.SampledFrom(strings.Split("a,a,b,A,B,/,/,é,É,e,E,\xff,\xc3,\xa9,\u212a,\u0301,k,K,\u0130,i,\ufffd,ß,ⱥ,\u023a,\x00,-,1", ","))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(letter, 0, 4).Draw(t, "text"), "")
		path := strings.Join(rapid.SliceOfN(letter, 0, 12).Draw(t, "path"), "")
		check(t, text, path)
		wide := text[:rapid.IntRange(0, len(text)).Draw(t, "typed")]
		for _, kind := range []func(string) *Pattern{Text, Without, Fuzzy} {
			if p, w := kind(text), kind(wide); p.Narrows(w) && p.Match(path) && !w.Match(path) {
				t.Fatalf("%q is in what %q finds, and not in what %q finds", path, text, wide)
			}
		}
	})
}

// Letters that fzf takes for others are taken for the same.
func TestEveryLetter(t *testing.T) {
	for r := range rune(0xffff) {
		if r > 0x2c7f && r < 0xff00 { // no letter of those is taken for another
			continue
		}
		for _, text := range []string{"a", "i", "k", "s", "S"} {
			path := "x" + string(r) + "/"
			if Text(text).Match(path) != holds(text, path) || Fuzzy(text).Match(path) != fzf(text, path) {
				t.Errorf("%q in %q (%U)", text, path, r)
			}
		}
	}
}
