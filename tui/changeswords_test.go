package tui

import (
	"strings"
	"testing"

	"kvist/internal/merge"
)

func TestWhatDiffersInALineIsMarkedInWholeWords(t *testing.T) {
	for _, c := range []struct{ old, now, wantOld, wantNow string }{
		{`"rate": 1500,`, `"rate": 2400,`, `"rate": [1500],`, `"rate": [2400],`},
		{`{"n":1,"x":2}`, `{"n":12,"x":2}`, `{"n":[1],"x":2}`, `{"n":[12],"x":2}`},
		{"a, b", "a, x, b", "a, []b", "a, [x, ]b"},
		{"one limit here", "one limits here", "one [limit] here", "one [limits] here"},
		{"aaa k", "aa k", "[aaa] k", "[aa] k"},
		{"größe 1", "große 1", "[größe] 1", "[große] 1"},
		{"x é y", "x è y", "x [é] y", "x [è] y"},
		{"same", "same", "same[]", "same[]"},
		{"nothing", "in common", "[]nothing", "[]in common"},
		{"- (a)", "- (b)", "[]- (a)", "[]- (b)"}, // the signs alone are no likeness
		{"", "a b", "[]", "[]a b"},
	} {
		inOld, inNow := differ(c.old, c.now)
		if got := bracketed(c.old, inOld); got != c.wantOld {
			t.Errorf("of %q against %q it marks %q, want %q", c.old, c.now, got, c.wantOld)
		}
		if got := bracketed(c.now, inNow); got != c.wantNow {
			t.Errorf("of %q, put for %q, it marks %q, want %q", c.now, c.old, got, c.wantNow)
		}
	}
}

func bracketed(s string, at span) string {
	return s[:at.from] + "[" + s[at.from:at.to] + "]" + s[at.to:]
}

func TestLinesAreComparedWithThoseInTheirPlace(t *testing.T) {
	lines := merge.Diff([]byte("a 1\nb 1\nsame\nc 1\n"), []byte("a 2\nb 2\nsame\nc 2\nd 2\n"))
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = line.Text
	}
	var marked []string
	for i, at := range changedWords(lines, texts) {
		if at.from < at.to {
			marked = append(marked, bracketed(texts[i], at))
		}
	}
	if got, want := strings.Join(marked, " "), "a [1] b [1] a [2] b [2]"; got != want {
		t.Errorf("it marks %q, want %q: of c it is not known what took its place", got, want)
	}
}

// A word that is marked stays marked where a long line goes on below.
func TestAMarkedWordGoesOnBelow(t *testing.T) {
	l := changeLayout{width: 12}
	l.line(addedRow, "+ ", "0123456789abcdefghij", span{8, 14})
	var got []string
	for _, row := range l.rows {
		got = append(got, bracketed(row.text, row.strong))
	}
	if want := "+ 01234567[89]|  [abcd]efghij"; strings.Join(got, "|") != want {
		t.Errorf("it marks %q, want %q", strings.Join(got, "|"), want)
	}
}
