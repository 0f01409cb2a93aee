package format

import "strings"

// property is one line of a properties file.
type property struct {
	line       int
	key, value string
	separator  byte // = or :, or 0 if there is none
}

// properties reads key=value lines as java.util.Properties does: comments begin
// with # or !, and a line that ends in an odd number of backslashes continues
// on the next one. Of its separators (=, : and blanks) blanks are not
// supported: with them every text is a properties file.
func properties(value []byte) []property {
	var out []property
	continued := false
	line := 0
	for text := range strings.SplitSeq(string(value), "\n") {
		line++
		text = strings.TrimSpace(text)
		goesOn := strings.HasSuffix(text, `\`) && trailingBackslashes(text)%2 == 1
		if !continued && text != "" && text[0] != '#' && text[0] != '!' {
			p := property{line: line, key: text}
			if i := strings.IndexAny(text, "=:"); i >= 0 {
				p.key, p.value, p.separator = strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:]), text[i]
			}
			out = append(out, p)
		}
		continued = goesOn
	}
	return out
}

func trailingBackslashes(s string) int {
	return len(s) - len(strings.TrimRight(s, `\`))
}

func validateProperties(value []byte) *Error {
	for _, p := range properties(value) {
		switch {
		case p.separator == 0:
			return &Error{Format: Properties, Line: p.line, Reason: "no = or : in this line"}
		case p.key == "":
			return &Error{Format: Properties, Line: p.line, Reason: "no key before the separator"}
		}
	}
	return nil
}

// looksLikeProperties demands more than validity: plausible names, the sign =,
// and, of a single line, a value that is not base64's padding.
func looksLikeProperties(value []byte) bool {
	if len(value) > limit(Properties) {
		return false
	}
	all := properties(value)
	for _, p := range all {
		if p.separator != '=' || !isName(strings.TrimPrefix(p.key, "export ")) {
			return false
		}
	}
	if len(all) == 1 {
		return all[0].value != "" && all[0].value[0] != '='
	}
	return len(all) > 1
}

func isName(s string) bool {
	if s == "" {
		return false
	}
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("._-[]", rune(c)) {
			return false
		}
	}
	return true
}
