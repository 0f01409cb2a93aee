package merge

import (
	"unicode"
	"unicode/utf8"
)

// Part is a piece of a line. Changed says that the other line has something
// else in its place, or nothing.
type Part struct {
	Text    string
	Changed bool
}

// wordsMax bounds how many words of two lines are compared one by one. Longer
// ones are marked from their first different word to the last.
const wordsMax = 8192

// Words marks the words, numbers, blanks and signs in which two lines differ.
// The texts of each side's parts, joined, are its line. Two lines without a
// common word are marked as a whole.
func Words(old, now string) (oldParts, nowParts []Part) {
	if old == now {
		return unchanged(old), unchanged(now)
	}
	before, after := commonEnds(old, now)
	a := tokens(old[before : len(old)-after])
	b := tokens(now[before : len(now)-after])
	hs := []hunk{{0, len(a), 0, len(b)}}
	if len(a)+len(b) <= wordsMax {
		hs = compare(a, b)
	}
	oldParts = sideParts(old, before, after, a, hs, func(h hunk) (int, int) { return h.a1, h.a2 })
	nowParts = sideParts(now, before, after, b, hs, func(h hunk) (int, int) { return h.b1, h.b2 })
	if !sharesWord(oldParts) {
		return whole(old), whole(now)
	}
	return oldParts, nowParts
}

// unchanged returns a line that is the same in both.
func unchanged(s string) []Part {
	if s == "" {
		return nil
	}
	return []Part{{s, false}}
}

// whole returns a line that is changed from its beginning to its end.
func whole(s string) []Part {
	if s == "" {
		return nil
	}
	return []Part{{s, true}}
}

// sideParts returns the parts of one line: what it has in common with the other
// at its ends, and in between its tokens by the hunks in which they differ.
func sideParts(s string, before, after int, tokens []string, hs []hunk, side func(hunk) (int, int)) []Part {
	var out []Part
	add := func(text string, changed bool) { out = Append(out, Part{text, changed}) }
	at, byteAt := 0, before // of the next token, and in s
	upTo := func(token int, changed bool) {
		n := 0
		for ; at < token; at++ {
			n += len(tokens[at])
		}
		add(s[byteAt:byteAt+n], changed)
		byteAt += n
	}
	add(s[:before], false)
	for _, h := range hs {
		from, to := side(h)
		upTo(from, false)
		upTo(to, true)
	}
	upTo(len(tokens), false)
	add(s[len(s)-after:], false)
	return out
}

// Append adds a part, merged with the last one if both are changed or both are
// not.
func Append(parts []Part, p Part) []Part {
	switch n := len(parts); {
	case p.Text == "":
		return parts
	case n > 0 && parts[n-1].Changed == p.Changed:
		parts[n-1].Text += p.Text
		return parts
	default:
		return append(parts, p)
	}
}

// sharesWord reports whether a word of a line is also in the other.
func sharesWord(parts []Part) bool {
	for _, p := range parts {
		if p.Changed {
			continue
		}
		for _, r := range p.Text {
			if isWord(r) {
				return true
			}
		}
	}
	return false
}

// commonEnds returns how many bytes two lines have in common at their
// beginnings and at their ends, in whole tokens.
func commonEnds(a, b string) (before, after int) {
	for before < min(len(a), len(b)) && a[before] == b[before] {
		before++
	}
	before = min(tokenStart(a, before), tokenStart(b, before))
	for after < min(len(a), len(b))-before && a[len(a)-1-after] == b[len(b)-1-after] {
		after++
	}
	for after > 0 && !(tokenEdge(a, len(a)-after) && tokenEdge(b, len(b)-after)) {
		after--
	}
	return before, after
}

// tokenStart returns the last place at or before i at which a token begins.
func tokenStart(s string, i int) int {
	for i > 0 && !tokenEdge(s, i) {
		i--
	}
	return i
}

// tokenEdge reports whether a token may begin at byte i of s.
func tokenEdge(s string, i int) bool {
	if i == 0 || i == len(s) {
		return true
	}
	if !utf8.RuneStart(s[i]) {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(s[:i])
	next, _ := utf8.DecodeRuneInString(s[i:])
	return !(isWord(last) && isWord(next)) && !unicode.Is(unicode.M, next)
}

// tokens splits a line into words and single signs.
func tokens(s string) []string {
	var out []string
	start := 0
	for i := range s {
		if i > start && tokenEdge(s, i) {
			out = append(out, s[start:i])
			start = i
		}
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// isWord reports whether a rune is part of a word or a number.
func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
