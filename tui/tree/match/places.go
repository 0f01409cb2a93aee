package match

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Span is a part of a text, in bytes.
type Span struct{ From, To int }

// Places returns where in key[from:] the query matches, in order and counted
// from there. A match may begin before from. A query for absence has no places.
func (q *Query) Places(key string, from int) []Span {
	var parts []part
	first := from
	if q.composes {
		var text []byte
		if text, parts = compose([]byte(key)); parts != nil {
			key, first = string(text), 0
		}
	}
	var found []Span
	switch {
	case q.inverse:
		return nil
	case q.kind == fuzzy:
		found = q.fuzzyPlaces(key)
	case q.kind == expression:
		found = q.regexpPlaces(key)
	default:
		found = q.textPlaces(key, first)
	}
	var within []Span
	for _, s := range found {
		if s = original(parts, s); s.To > from {
			within = append(within, Span{max(0, s.From-from), s.To - from})
		}
	}
	return within
}

// textPlaces returns where the text stands in key, as far as it reaches behind
// from.
func (q *Query) textPlaces(key string, from int) []Span {
	if q.folds {
		lower := strings.ToLower(key)
		if len(lower) != len(key) {
			return nil // places in the one are not places in the other
		}
		key = lower
	}
	var found []Span
	for at := max(0, from-len(q.text)+1); ; {
		i := strings.Index(key[at:], q.text)
		if i < 0 {
			return found
		}
		found = append(found, Span{at + i, at + i + len(q.text)})
		at += i + len(q.text)
	}
}

// regexpPlaces returns where the expression matches something in key.
func (q *Query) regexpPlaces(key string) []Span {
	var found []Span
	for _, at := range q.re.FindAllStringIndex(key, -1) {
		if at[0] < at[1] {
			found = append(found, Span{at[0], at[1]})
		}
	}
	return found
}

// fuzzyPlaces returns the letters of key that fzf's better algorithm marks.
func (q *Query) fuzzyPlaces(key string) []Span {
	letters := q.fuzzyLetters(key)
	slices.Sort(letters)
	var found []Span
	letter := 0
	for i := 0; i < len(key) && len(letters) > 0; letter++ {
		_, n := utf8.DecodeRuneInString(key[i:])
		if letter == letters[0] {
			found = append(found, Span{i, i + n})
			letters = letters[1:]
		}
		i += n
	}
	return found
}
