package match

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"
)

// InValues looks for a query in values: fuzzy within one line, an expression
// with ^ and $ at each line. It is for one goroutine, as it keeps room for
// values in lower case.
type InValues struct {
	query  *Query
	needle []byte // of a text query, in lower case if that folds
	room   []byte
	parts  []part // of what was folded last
	// Passed counts the values that are not text, where the query can be
	// compared with text only.
	Passed int
}

// InValues returns what looks for the query in values.
func (q *Query) InValues() *InValues {
	v := &InValues{query: q}
	if q.kind == contains {
		v.needle = []byte(q.text)
		if q.folds {
			v.needle = appendLower(nil, v.needle)
		}
	}
	return v
}

// Hit is a match in a value.
type Hit struct {
	Span        // the first place
	Lines  int  // how many lines match; 0 if the value matches by what it lacks
	Binary bool // it has no lines
}

// Find looks for the query in a value, which should be Whole.
func (v *InValues) Find(value []byte) (h Hit, ok bool) {
	h.Binary = !utf8.Valid(value) || bytes.IndexByte(value, 0) >= 0
	if h.Binary && v.query.kind == fuzzy {
		v.Passed++
		return Hit{}, false
	}
	hay := v.fold(value)
	place, found := v.first(hay)
	switch {
	case found == v.query.inverse:
		return Hit{}, false
	case !found:
		return h, true
	}
	h.Span, h.Lines = original(v.parts, place), 1
	for rest := hay; !h.Binary; h.Lines++ {
		end := bytes.IndexByte(rest[place.To:], '\n')
		if end < 0 || place.To+end+1 == len(rest) {
			break
		}
		rest = rest[place.To+end+1:]
		if place, found = v.first(rest); !found {
			break
		}
	}
	return h, true
}

// Places returns where in text the query matches, at most most places, which
// do not overlap. A query for absence has no places.
func (v *InValues) Places(text []byte, most int) []Span {
	if v.query.inverse {
		return nil
	}
	hay := v.fold(text)
	if v.query.kind == expression {
		places := v.query.allRegexp(hay, most)
		for i, s := range places {
			places[i] = original(v.parts, s)
		}
		return places
	}
	var places []Span
	for at := 0; at < len(hay) && len(places) < most; {
		place, found := v.first(hay[at:])
		if !found {
			break
		}
		places = append(places, original(v.parts, Span{at + place.From, at + place.To}))
		at += place.To
	}
	return places
}

// fold returns text as it is compared, with its places where they were but for what was
// composed.
func (v *InValues) fold(text []byte) []byte {
	if v.parts = nil; v.query.composes {
		text, v.parts = compose(text)
	}
	if v.query.kind != contains || !v.query.folds {
		return text
	}
	v.room = appendLower(v.room[:0], text)
	return v.room
}

// first returns the first place in text, which is folded.
func (v *InValues) first(text []byte) (Span, bool) {
	switch v.query.kind {
	case fuzzy:
		return v.query.firstFuzzy(text)
	case expression:
		return v.query.firstRegexp(text)
	default:
		at := bytes.Index(text, v.needle)
		return Span{at, at + len(v.needle)}, at >= 0
	}
}

// firstRegexp returns the first place that the expression matches.
func (q *Query) firstRegexp(text []byte) (Span, bool) {
	at := q.inLines.FindIndex(text)
	if len(at) < 2 || at[0] > 0 && at[0] == len(text) && text[at[0]-1] == '\n' {
		return Span{}, false // behind the last line there is none that could be empty
	}
	return Span{at[0], at[1]}, true
}

// allRegexp returns up to most places that the expression matches. The whole
// text is matched at once, as ^ would match wherever it is cut.
func (q *Query) allRegexp(text []byte, most int) []Span {
	n := most
	if q.inLines.MatchString("") {
		n = -1 // matches of nothing are left out
	}
	var places []Span
	for _, at := range q.inLines.FindAllIndex(text, n) {
		if at[0] < at[1] && len(places) < most {
			places = append(places, Span{at[0], at[1]})
		}
	}
	return places
}

// firstFuzzy returns the place in the first line that matches as fzf matches.
func (q *Query) firstFuzzy(text []byte) (Span, bool) {
	for from := 0; from < len(text); {
		line := text[from:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i]
		}
		chars := util.ToChars(line)
		if r, _ := algo.FuzzyMatchV1(!q.folds, !q.accents, true, &chars, q.letters, false, nil); r.Start >= 0 {
			return Span{from + runesIn(line, r.Start), from + runesIn(line, r.End)}, true
		}
		from += len(line) + 1
	}
	return Span{}, false
}

// Whole returns text without the beginning of a rune at its end, which cutting
// a long text may leave.
func Whole(text []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return text[:len(text)-n]
			}
			break
		}
	}
	return text
}

// appendLower appends text in lower case to buf, byte for byte: a letter that
// takes another number of bytes in lower case stays as it is, so that a place
// in the one is the same place in the other.
func appendLower(buf, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			buf = append(buf, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if l := unicode.ToLower(r); r != utf8.RuneError && utf8.RuneLen(l) == size {
			buf = utf8.AppendRune(buf, l)
		} else {
			buf = append(buf, text[i:i+size]...)
		}
		i += size
	}
	return buf
}
