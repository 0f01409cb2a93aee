package match

import (
	"sort"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A letter such as é is one character, or an e and an accent. A pattern that goes beyond
// ASCII finds either form: it is composed, and what it is compared with as well. Any other
// pattern is compared with what is written.

// beyondASCII reports whether text has other characters than those of ASCII.
func beyondASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// asCompared returns a text as it is compared, and whether what it is compared with is composed as
// well. A text that would be ASCII alone stays as it is: the sign of the kelvin is not a K.
func asCompared(text string) (as string, composes bool) {
	if as = norm.NFC.String(text); beyondASCII(as) {
		return as, true
	}
	return text, false
}

// composed returns path as the pattern is compared with it, which is path itself where
// that is composed.
func (p *Pattern) composed(path string) string {
	if !p.composes {
		return path
	}
	return norm.NFC.String(path)
}

// part is a part of a composed text: one that is as it was, or one character.
type part struct {
	at, was int // where it begins, and where it began
	size    int // before it was composed
	same    bool
}

// compose returns a text composed, and its parts; none if it is the same.
func compose(text []byte) (composed []byte, parts []part) {
	if norm.NFC.IsNormal(text) {
		return text, nil
	}
	composed = make([]byte, 0, len(text))
	for was := 0; was < len(text); {
		rest := text[was:]
		if n := norm.NFC.QuickSpan(rest); n > 0 {
			parts = append(parts, part{len(composed), was, n, true})
			composed = append(composed, rest[:n]...)
			was += n
			continue
		}
		n := max(1, norm.NFC.NextBoundary(rest, true))
		parts = append(parts, part{len(composed), was, n, false})
		composed = append(composed, norm.NFC.Bytes(rest[:n])...)
		was += n
	}
	return composed, parts
}

// original returns where a place in a composed text was before: whole characters.
func original(parts []part, s Span) Span {
	if len(parts) == 0 {
		return s
	}
	from := parts[max(0, sort.Search(len(parts), func(i int) bool { return parts[i].at > s.From })-1)]
	to := parts[max(0, sort.Search(len(parts), func(i int) bool { return parts[i].at >= s.To })-1)]
	was := Span{from.was, to.was + to.size}
	if from.same {
		was.From += s.From - from.at
	}
	if to.same {
		was.To = to.was + s.To - to.at
	}
	return was
}
