package match

import (
	"regexp"
	"strings"
)

// Hint explains to the user what a query may be.
const Hint = "text, !text not, ~text fuzzy, =regexp"

// Query is what the user typed to look for something: in keys, in the rows of
// a list, in values. Several goroutines may use it.
//
//	text    contains text: in any case, unless text has capitals
//	!text   does not contain it
//	~text   has its letters in this order, as fzf matches them
//	=re     matches the regular expression
//
// Letters beyond ASCII are found in both forms that Unicode has for them, in one
// character or as a letter and its accent.
type Query struct {
	*Pattern        // for keys and rows
	typed    string // with its sign
	letters  []rune // of a fuzzy query, as fzf takes them
	// inLines is the expression for values, where ^ and $ match at each line.
	inLines *regexp.Regexp
}

// Parse returns the query that was typed, or nil if it looks for nothing. The
// error is that of the regular expression.
func Parse(typed string) (*Query, error) {
	sign, text := cutSign(typed)
	if text, _ = asCompared(text); text == "" {
		return nil, nil
	}
	q := &Query{typed: typed}
	switch sign {
	case '!':
		q.Pattern = Without(text)
	case '~':
		q.Pattern, q.letters = Fuzzy(text), []rune(text)
		fuzzyTables()
	case '=':
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, err // it names what was typed, without the flag below
		}
		q.Pattern = Regexp(re)
		if q.inLines, err = regexp.Compile("(?m)" + text); err != nil {
			return nil, err
		}
	default:
		q.Pattern = Text(text)
	}
	return q, nil
}

// cutSign parts what was typed into its sign, 0 if it has none, and the text
// behind it.
func cutSign(typed string) (sign byte, text string) {
	if typed != "" && strings.IndexByte("!~=", typed[0]) >= 0 {
		return typed[0], typed[1:]
	}
	return 0, typed
}

// String returns what was typed; "" for nil.
func (q *Query) String() string {
	if q == nil {
		return ""
	}
	return q.typed
}

// Ranks reports whether some matches are better than others, so that Best
// means something.
func (q *Query) Ranks() bool { return q != nil && q.kind == fuzzy }
