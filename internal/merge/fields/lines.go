package fields

import "strings"

// text are the lines of a text, each with its line end.
type text []string

// linesOf returns the lines; the last one gets a line end if it has none.
func linesOf(raw []byte) text {
	s := string(raw)
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	lines := strings.SplitAfter(s, "\n")
	return lines[:len(lines)-1]
}

// join returns some of the lines.
func (t text) join(from, to int) string { return strings.Join(t[from:to], "") }

// above returns where the comments above a line begin, which are not before
// another one. Empty lines above them belong to what comes before: they may be the
// end of a text.
func (t text) above(line, from int) int {
	begin, indent := line, indentOf(t[line])
	for line--; line >= from; line-- {
		said := strings.TrimSpace(t[line])
		if said != "" && (said[0] != '#' || indentOf(t[line]) != indent) {
			break
		}
		if said != "" {
			begin = line
		}
	}
	return begin
}

// indentOf returns the blanks that a line begins with.
func indentOf(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// span is a field of a text of lines.
type span struct {
	name string
	line int               // that of its name
	kids func(to int) part // takes its content apart, up to a line; nil if it has no fields
}

// parts makes parts of the spans between two lines. head are the lines before the
// first of them.
func (t text) parts(spans []span, from, to int) (head string, kids []part) {
	starts := make([]int, len(spans)+1)
	starts[len(spans)] = to
	begin := from
	for i := range spans {
		starts[i] = t.above(spans[i].line, from)
		from = spans[i].line + 1
	}
	head = t.join(begin, starts[0])
	for i, s := range spans {
		p := part{name: s.name, lines: true, lead: t.join(starts[i], s.line), indent: indentOf(t[s.line])}
		p.body = t.join(s.line, starts[i+1])
		if s.kids != nil {
			within := s.kids(starts[i+1])
			p.body, p.head, p.kids, p.fields = "", t.join(s.line, s.line+1)+within.head, within.kids, true
		}
		p.same = p.said()
		kids = append(kids, p)
	}
	return head, kids
}

// whole makes the part of a whole text.
func (t text) whole(spans []span) part {
	p := part{lines: true, fields: true}
	p.head, p.kids = t.parts(spans, 0, len(t))
	if len(p.kids) > 0 {
		// What an empty line separates from the first field is about the whole.
		first := &p.kids[0]
		if i := strings.LastIndex("\n"+first.lead, "\n\n") + 1; i > 0 {
			p.head, first.lead = p.head+first.lead[:i], first.lead[i:]
			first.same = first.said()
		}
	}
	p.same = p.said()
	return p
}

// said returns the text of a part without the empty lines at its end.
func (p *part) said() string { return strings.TrimRight(p.text(), "\r\n") }
