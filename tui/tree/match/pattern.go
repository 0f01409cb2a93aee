package match

import (
	"regexp"
	"slices"
	"strings"
)

// Pattern matches paths. Several goroutines may use it.
type Pattern struct {
	kind     kind
	text     string // composed
	folds    bool   // capitals in the path count as small letters
	accents  bool   // accents count
	inverse  bool
	composes bool  // the text goes beyond ASCII: paths are composed, too
	end      State // the state in which the text was found

	table   []uint8    // of contains: see table
	first   *[256]bool // of contains: see begins
	letters []letter   // of fuzzy
	re      *regexp.Regexp
}

// kind is the way in which a pattern matches.
type kind uint8

const (
	contains kind = iota
	fuzzy
	expression
)

// State is how far a pattern has matched along a path.
type State uint16

// maxCarried is the longest text, in bytes or letters, whose pattern Carries.
const maxCarried = 255

// Text matches paths that contain text: in any case, unless text has capitals.
func Text(text string) *Pattern {
	text, composes := asCompared(text)
	p := &Pattern{kind: contains, text: text, folds: small(text), composes: composes}
	if len(text) <= maxCarried {
		p.end = State(len(text))
		p.table = table(text, p.folds)
		p.first = begins(p.table, p.folds || p.composes)
	}
	return p
}

// Without matches paths that do not contain text.
func Without(text string) *Pattern {
	p := Text(text)
	p.inverse = true
	return p
}

// Fuzzy matches paths that have the letters of text in this order, with any others
// between them, as fzf does: in any case, unless text has capitals, and whatever
// accents Latin letters have, unless text has some.
func Fuzzy(text string) *Pattern {
	text, composes := asCompared(text)
	p := &Pattern{kind: fuzzy, text: text, folds: small(text), accents: Accented(text), composes: composes}
	p.letters = letters(text, p.folds)
	if len(p.letters) <= maxCarried {
		p.end = State(len(p.letters))
	}
	return p
}

// Regexp matches paths in which re finds something.
func Regexp(re *regexp.Regexp) *Pattern {
	_, composes := asCompared(re.String())
	return &Pattern{kind: expression, text: re.String(), re: re, composes: composes}
}

// small reports whether text has no capitals.
func small(text string) bool { return text == strings.ToLower(text) }

// Carries reports whether the pattern can be matched one segment at a time. If not,
// only Match may be used.
func (p *Pattern) Carries() bool {
	return p.kind == contains && p.table != nil || p.kind == fuzzy && len(p.letters) <= maxCarried
}

// Step returns the state after text, which follows what led to s; 0 is the state
// before a path. A path may be cut at ASCII characters only.
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

// Found reports whether a path that leads to s matches.
func (p *Pattern) Found(s State) bool { return (s == p.end) != p.inverse }

// Final reports whether nothing that follows can change what Found reports.
func (p *Pattern) Final(s State) bool { return s == p.end }

// Match reports whether path matches.
func (p *Pattern) Match(path string) bool {
	switch {
	case p.kind == expression:
		return p.re.MatchString(p.composed(path))
	case p.Carries():
		return p.Found(p.Step(0, path))
	case p.kind == fuzzy:
		return p.greedy(0, path) == len(p.letters)
	}
	if path = p.composed(path); p.folds {
		path = strings.ToLower(path)
	}
	return strings.Contains(path, p.text) != p.inverse
}

// MatchBytes is Match.
func (p *Pattern) MatchBytes(path []byte) bool {
	if p.kind == expression && !p.composes {
		return p.re.Match(path)
	}
	return p.Match(string(path))
}

// Narrows reports whether p matches nothing that wide does not match. It may return
// false although that is so.
func (p *Pattern) Narrows(wide *Pattern) bool {
	if p.kind != wide.kind || p.folds != wide.folds || p.composes != wide.composes || p.accents != wide.accents || p.inverse || wide.inverse {
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
