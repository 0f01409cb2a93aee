package textarea

import "strings"

// Area is a text of many lines, with long lines broken into rows, or, once
// made by NewField, a text of one line. The zero Area is not usable.
type Area struct {
	measure Measure
	doc     document
	history history
	field   bool

	indent   Indent // where the text shows none, or always
	indented bool   // always

	cursor Pos
	goal   int // the cell that going up and down keeps to; -1 when there is none
	width  int // cells of a row; the cursor may stand one behind it
	height int
	top    anchor // the first row in sight
	left   int    // the first byte in sight, in a field
}

// anchor names a row of a line.
type anchor struct{ line, row int }

// New is an area with a text, its cursor at the beginning. Without a measure
// cells are counted by grapheme clusters.
func New(text string, measure Measure) *Area {
	if measure == nil {
		measure = graphemes
	}
	return &Area{measure: measure, doc: documentOf(text), goal: -1, width: 80, height: 24}
}

// NewField is a text of one line, its cursor at the end. Ends of lines in it
// are drawn like all else that cannot be seen.
func NewField(text string, measure Measure) *Area {
	a := New("", measure)
	a.field, a.height = true, 1
	a.SetText(text)
	return a
}

// SetText puts another text in, with the cursor at its end and nothing to be
// undone.
func (a *Area) SetText(text string) {
	a.doc, a.history = documentOf(text), history{}
	a.goTo(a.doc.last())
}

// Bytes is the text.
func (a *Area) Bytes() []byte { return a.doc.appendTo(make([]byte, 0, a.doc.size)) }

// String is the text.
func (a *Area) String() string { return string(a.Bytes()) }

// Len is how many bytes the text has.
func (a *Area) Len() int { return a.doc.size }

// Is reports whether the text is exactly b.
func (a *Area) Is(b []byte) bool { return a.doc.equal(b) }

// Version is another after each change of the text.
func (a *Area) Version() int { return a.doc.version }

// Lines is how many lines the text has: what is behind the last end of a line
// is none unless something stands there.
func (a *Area) Lines() int {
	n := a.doc.lines.count()
	if n > 1 && a.doc.lines.at(n-1).text == "" {
		n--
	}
	return n
}

// Place is where the cursor stands, for people: the line and, in units, the
// column, both from 1. The line behind the last end of a line is one more than
// there are lines.
func (a *Area) Place() (line, column int) {
	text := a.doc.lines.at(a.cursor.Line).text
	if len(text) > farColumn { // counting units costs; bytes are near enough
		return a.cursor.Line + 1, a.cursor.Col + 1
	}
	for i := 0; i < a.cursor.Col; column++ {
		i += a.measure.unitAt(text, i).size
	}
	return a.cursor.Line + 1, column + 1
}

// farColumn is the length from which a line's columns are bytes.
const farColumn = 4 << 10

// End is how the text's lines end: as most of them do, LF while there is none.
func (a *Area) End() End {
	if a.doc.ends[CRLF] > a.doc.ends[LF] {
		return CRLF
	}
	return LF
}

// Mixed reports whether some lines end in LF and some in CR LF.
func (a *Area) Mixed() bool { return a.doc.ends[LF] > 0 && a.doc.ends[CRLF] > 0 }

// Ended reports whether the last line has an end; an empty text counts as one
// that has.
func (a *Area) Ended() bool {
	return a.doc.lines.at(a.doc.lines.count()-1).text == ""
}

// Resize gives rows so many cells, the last of which is the cursor's alone,
// and shows so many of them.
func (a *Area) Resize(width, height int) {
	a.width, a.height = max(1, width-1), max(1, height)
	a.follow()
}

// Height is how many rows are shown.
func (a *Area) Height() int { return a.height }

// Click puts the cursor into a cell of the rows in sight.
func (a *Area) Click(x, y int) {
	at := a.down(a.top, max(0, min(y, a.height-1)))
	a.goTo(Pos{at.line, a.colAt(at, max(0, x))})
}

// Type puts in what was typed. Keys of one word are undone together.
func (a *Area) Type(text string) { a.change(a.cursor, a.cursor, text, typing) }

// Paste puts in what was pasted, which is undone as one. Ends of lines stay as
// they come; a CR alone, which terminals send for the end of a line, becomes
// one as the text's own are, or, in a text without any, as the paste's own.
func (a *Area) Paste(text string) {
	a.change(a.cursor, a.cursor, a.endings(text), single)
}

// endings is a paste with ends of lines for its lone CRs.
func (a *Area) endings(text string) string {
	if strings.Count(text, "\r") == strings.Count(text, "\r\n") {
		return text
	}
	end := a.End()
	if a.doc.ends[LF]+a.doc.ends[CRLF] == 0 && strings.Contains(text, "\r\n") {
		end = CRLF
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '\r')
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		if text = text[i+1:]; strings.HasPrefix(text, "\n") {
			b.WriteString("\r\n")
			text = text[1:]
			continue
		}
		b.WriteString(end.String())
	}
}

// change puts text in the place of what stands from one place to another, and
// the cursor behind it.
func (a *Area) change(from, to Pos, text string, kind stroke) {
	out := a.doc.between(from, to)
	if out == "" && text == "" {
		return
	}
	before := a.cursor
	behind := a.doc.replace(from, to, text)
	a.goTo(behind)
	a.history.add(change{at: from, out: out, in: text, before: before, after: a.cursor, kind: kind})
}

// undo takes the last step back; false when there is none.
func (a *Area) undo() bool {
	h := &a.history
	n := len(h.done)
	if n == 0 {
		return false
	}
	c := h.done[n-1]
	h.done, h.undone, h.closed = h.done[:n-1], append(h.undone, c), true
	a.doc.replace(c.at, c.at.behind(c.in), c.out)
	a.goTo(c.before)
	return true
}

// redo takes the last step again that was undone; false when there is none.
func (a *Area) redo() bool {
	h := &a.history
	n := len(h.undone)
	if n == 0 {
		return false
	}
	c := h.undone[n-1]
	h.undone, h.done, h.closed = h.undone[:n-1], append(h.done, c), true
	a.doc.replace(c.at, c.at.behind(c.out), c.in)
	a.goTo(c.after)
	return true
}

// goTo puts the cursor somewhere, and brings it in sight.
func (a *Area) goTo(p Pos) {
	a.cursor, a.goal = a.doc.canonical(p), -1
	a.follow()
}
