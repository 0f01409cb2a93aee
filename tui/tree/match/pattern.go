package match

import (
	"regexp"
	"slices"
	"strings"
)

// Pattern is what is looked for. It may be used by several goroutines.
type Pattern struct {
	kind    kind
	text    string
	folds   bool // capitals in the path count as small letters
	accents bool // accents in the path count
	inverse bool
	end     State // reached when the text was found

	table   []uint8    // of contains: the next state, by state and byte
	first   *[256]bool // of contains: see begins
	letters []letter   // of fuzzy
	re      *regexp.Regexp
}

// kind is how a pattern looks.
type kind uint8

const (
	contains kind = iota
	fuzzy
	expression
)

// State is how far a pattern has come along a path.
type State uint16

// maxCarried is the longest text, in bytes or letters, that is read along.
const maxCarried = 255

// Text finds paths that hold text: in any case, unless text has capitals.
func Text(text string) *Pattern {
	p := &Pattern{kind: contains, text: text, folds: small(text)}
	if len(text) <= maxCarried {
		p.end = State(len(text))
		p.table = table(text, p.folds)
		p.first = begins(p.table, p.folds)
	}
	return p
}

// Without finds paths that Text does not find.
func Without(text string) *Pattern {
	p := Text(text)
	p.inverse = true
	return p
}

// Fuzzy finds paths in which the letters of text come one after another, with
// others between them, as fzf decides it: in any case, unless text has
// capitals, and in spite of accents of Latin letters, unless text has some.
func Fuzzy(text string) *Pattern {
	p := &Pattern{kind: fuzzy, text: text, folds: small(text), accents: Accented(text)}
	p.letters = letters(text, p.folds)
	if len(p.letters) <= maxCarried {
		p.end = State(len(p.letters))
	}
	return p
}

// Regexp finds paths in which re finds something.
func Regexp(re *regexp.Regexp) *Pattern {
	return &Pattern{kind: expression, text: re.String(), re: re}
}

// small reports whether text has no capitals.
func small(text string) bool { return text == strings.ToLower(text) }

// Carries reports whether the pattern can be read along a path. Of one that
// cannot, only Match is to be used.
func (p *Pattern) Carries() bool {
	return p.kind == contains && p.table != nil || p.kind == fuzzy && len(p.letters) <= maxCarried
}

// Step reads text, which follows what led to s: from 0 on, which is nothing
// read. Text may be cut at ASCII characters only, or whole.
func (p *Pattern) Step(s State, text string) State {
	switch {
	case s == p.end:
		return s
	case p.kind == fuzzy:
		return p.stepFuzzy(s, text)
	default:
		return p.stepText(s, text)
	}
}

// Found reports whether a path that led to s matches.
func (p *Pattern) Found(s State) bool { return (s == p.end) != p.inverse }

// Final reports whether whatever follows s changes nothing.
func (p *Pattern) Final(s State) bool { return s == p.end }

// Match reports whether the whole path matches.
func (p *Pattern) Match(path string) bool {
	switch {
	case p.kind == expression:
		return p.re.MatchString(path)
	case p.Carries():
		return p.Found(p.Step(0, path))
	case p.kind == fuzzy:
		return p.greedy(0, path) == len(p.letters)
	case p.folds:
		path = strings.ToLower(path)
	}
	return strings.Contains(path, p.text) != p.inverse
}

// MatchBytes is Match.
func (p *Pattern) MatchBytes(path []byte) bool {
	if p.kind == expression {
		return p.re.Match(path)
	}
	return p.Match(string(path))
}

// Narrows reports whether p finds nothing that wide does not find. It may say
// no where it is so.
func (p *Pattern) Narrows(wide *Pattern) bool {
	if p.kind != wide.kind || p.folds != wide.folds || p.accents != wide.accents || p.inverse || wide.inverse {
		return false
	}
	switch p.kind {
	case contains:
		return strings.Contains(p.text, wide.text)
	case fuzzy:
		n := len(wide.letters)
		return n <= len(p.letters) && slices.Equal(p.letters[:n], wide.letters)
	default:
		return p.text == wide.text
	}
}
