package format

import (
	"strings"
	"unicode/utf8"

	"kvist/internal/printable"
	"kvist/themes"
)

// painter turns text into printable lines. What has to be escaped is drawn as
// a warning, so that a backslash in the value is told from an escape of ours.
type painter struct {
	lines  []Line
	line   Line
	text   strings.Builder // of the span being written
	role   themes.Role
	column int // in characters, for the tabs
}

// write adds text in a role.
func (p *painter) write(s string, role themes.Role) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			p.newline()
		case r == '\t':
			p.put("    "[:tabWidth-p.column%tabWidth], tabWidth-p.column%tabWidth, role)
		case r == utf8.RuneError && n == 1 || !printable.Rune(r):
			shown := printable.String(s[i : i+n])
			p.put(shown, len(shown), themes.Warning)
		default:
			p.put(s[i:i+n], 1, role)
		}
		i += n
	}
}

// put adds printable text to the span of its role.
func (p *painter) put(s string, columns int, role themes.Role) {
	if role != p.role || p.text.Len()+len(s) > spanBytes {
		p.flush()
	}
	p.role = role
	p.text.WriteString(s)
	p.column += columns
}

func (p *painter) flush() {
	if p.text.Len() > 0 {
		p.line = append(p.line, Span{Text: p.text.String(), Role: p.role})
		p.text.Reset()
	}
}

func (p *painter) newline() {
	p.flush()
	p.lines = append(p.lines, p.line)
	p.line, p.column = nil, 0
}

// done is all lines; a last newline begins none.
func (p *painter) done() []Line {
	p.flush()
	if len(p.line) > 0 {
		p.newline()
	}
	return p.lines
}
