package match

import "regexp"

// Expression is a regular expression of keys, such as of those to leave out. Nil
// matches none.
type Expression struct{ re *regexp.Regexp }

// ParseExpression returns the expression that was typed; nil for none.
func ParseExpression(typed string) (*Expression, error) {
	if typed == "" {
		return nil, nil //nolint:nilnil // none is an expression here
	}
	re, err := regexp.Compile(typed)
	if err != nil {
		return nil, err
	}
	return &Expression{re}, nil
}

// Matches reports whether the expression matches a part of a key.
func (e *Expression) Matches(key string) bool { return e != nil && e.re.MatchString(key) }

// String returns what was typed; "" for nil.
func (e *Expression) String() string {
	if e == nil {
		return ""
	}
	return e.re.String()
}
