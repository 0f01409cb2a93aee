package format

import (
	"strings"
	"unicode/utf8"

	"kvist/internal/printable"
	"kvist/themes"
)

// painter turns text into printable lines. Escapes are drawn as warnings, which
// tells them apart from a backslash in the value.
type painter struct {
	lines  []Line
	line   Line
	text   strings.Builder // of the span being written
	role   themes.Role
	column int // in characters, for the tabs
	at     printable.Place
	ends   []byte      // blanks and tabs that may be the end of the line
	holds  themes.Role // their role
}

// write adds text in a role.
func (p *painter) write(s string, role themes.Role) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		shows := p.at.Shows(r, n)
		switch {
		case r == '\n':
			p.newline()
		case r == '\t', r == ' ':
			p.hold(s[i:i+n], role)
		case !shows:
			shown := printable.String(s[i : i+n])
			p.put(shown, len(shown), themes.Warning)
		default:
			p.put(s[i:i+n], 1, role)
		}
		i += n
	}
}

// hold keeps a blank or a tab back until it is known whether anything follows
// it on the line.
func (p *painter) hold(blank string, role themes.Role) {
	if role != p.holds {
		p.release()
	}
	p.ends, p.holds = append(p.ends, blank...), role
}

// release draws the blanks that were held back as space.
func (p *painter) release() {
	for _, c := range p.ends {
		n := 1
		if c == '\t' {
			n = tabWidth - p.column%tabWidth
		}
		p.add("    "[:n], n, p.holds)
	}
	p.ends = p.ends[:0]
}

// put adds printable text to the span of its role.
func (p *painter) put(s string, columns int, role themes.Role) {
	p.release()
	p.add(s, columns, role)
}

// add is put for when nothing is held back.
func (p *painter) add(s string, columns int, role themes.Role) {
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

// newline ends a line. It draws blanks and tabs at the end, which nobody would
// see, visibly.
func (p *painter) newline() {
	for _, c := range p.ends {
		shown := printable.Escape(rune(c))
		p.add(shown, len(shown), themes.Warning)
	}
	p.ends = p.ends[:0]
	p.flush()
	p.lines = append(p.lines, p.line)
	p.line, p.column, p.at = nil, 0, printable.Place{}
}

// done returns all lines; a newline at the end begins none.
func (p *painter) done() []Line {
	p.flush()
	if len(p.line) > 0 || len(p.ends) > 0 {
		p.newline()
	}
	return p.lines
}
