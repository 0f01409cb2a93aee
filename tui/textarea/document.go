package textarea

import "strings"

// Pos is a place in a text: before a byte of a line, or at the line's end.
type Pos struct {
	Line int // from 0
	Col  int // in bytes
}

// document is a text as lines. It returns exactly the bytes that it was given.
type document struct {
	lines   lines
	size    int // in bytes
	ends    [3]int
	version int // differs after each change
}

func documentOf(text string) document {
	d := document{lines: linesOf(split(text)), size: len(text)}
	for i := range d.lines.count() {
		d.ends[d.lines.at(i).end]++
	}
	return d
}

// last returns the place after all text.
func (d *document) last() Pos {
	n := d.lines.count() - 1
	return Pos{n, len(d.lines.at(n).text)}
}

// appendTo appends the bytes of the text.
func (d *document) appendTo(b []byte) []byte {
	for i := range d.lines.count() {
		l := d.lines.at(i)
		b = append(append(b, l.text...), l.end.String()...)
	}
	return b
}

// equal reports whether the text is exactly b.
func (d *document) equal(b []byte) bool {
	if len(b) != d.size {
		return false
	}
	l := &d.lines
	for _, part := range [][]line{l.buf[:l.gap], l.buf[l.end:]} {
		for i := range part {
			n := len(part[i].text)
			end := n + int(part[i].end) // LF is one byte, CR LF two
			if len(b) < end || string(b[:n]) != part[i].text || string(b[n:end]) != part[i].end.String() {
				return false
			}
			b = b[end:]
		}
	}
	return true
}

// open returns a line that can be changed at a place in it. Only undoing gets to a
// place between a CR and its LF, which are separated then.
func (d *document) open(p Pos) line {
	l := *d.lines.at(p.Line)
	if p.Col > len(l.text) && l.end == CRLF {
		return line{text: l.text + "\r", end: LF}
	}
	return l
}

// between returns the text between two places.
func (d *document) between(from, to Pos) string {
	first := d.open(from)
	if from.Line == to.Line {
		return d.open(to).text[from.Col:to.Col]
	}
	var b strings.Builder
	b.WriteString(first.text[from.Col:] + first.end.String())
	for i := from.Line + 1; i < to.Line; i++ {
		l := d.lines.at(i)
		b.WriteString(l.text + l.end.String())
	}
	b.WriteString(d.open(to).text[:to.Col])
	return b.String()
}

// replace replaces what is between two places by text. It returns the place after
// it, before line ends are joined again.
func (d *document) replace(from, to Pos, text string) Pos {
	head, tail := d.open(from), d.open(to)
	with := split(text)
	behind := Pos{from.Line + len(with) - 1, len(with[len(with)-1].text)}
	if len(with) == 1 {
		behind.Col += from.Col
	}
	lay := head.lay.until(from.Col)
	first, last := &with[0], &with[len(with)-1]
	*last = lineOf(last.text+tail.text[to.Col:], tail.end)
	if first.text = head.text[:from.Col] + first.text; len(with) > 1 && first.end == LF {
		*first = lineOf(first.text, LF)
	}
	if len(with) == 1 {
		*first = lineOf(first.text, first.end)
	}
	first.lay = lay
	d.count(from.Line, to.Line, -1)
	d.lines.replace(from.Line, to.Line-from.Line+1, with)
	d.count(from.Line, from.Line+len(with)-1, +1)
	d.version++
	return behind
}

// count adds lines to the totals of the text, or with a negative by removes them.
func (d *document) count(from, to, by int) {
	for i := from; i <= to; i++ {
		l := d.lines.at(i)
		d.size += by * l.size()
		d.ends[l.end] += by
	}
}

// canonical returns the nearest place for a cursor: inside the text, and never
// between a CR and its LF.
func (d *document) canonical(p Pos) Pos {
	p.Line = max(0, min(p.Line, d.lines.count()-1))
	p.Col = max(0, min(p.Col, len(d.lines.at(p.Line).text)))
	return p
}
