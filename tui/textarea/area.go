package textarea

import "strings"

// Area is a text of many lines, whose long lines are broken into rows, or, from
// NewField, a text of one line. The zero Area is not usable.
type Area struct {
	measure Measure
	doc     document
	history history
	field   bool

	indent   Indent // for a text without indentation, or always
	indented bool   // indent holds always

	cursor Pos
	sel    selection
	goal   int // the cell that moving up and down keeps to; -1 for none
	width  int // cells of a row; the cursor may be one after it
	height int
	top    anchor // the first row in sight
	left   int    // the first byte in sight, in a field
}

// anchor is a row of a line.
type anchor struct{ line, row int }

// New returns an area with a text and its cursor at the beginning. Without a
// measure, cells are counted by grapheme clusters.
func New(text string, measure Measure) *Area {
	if measure == nil {
		measure = graphemes
	}
	return &Area{measure: measure, doc: documentOf(text), goal: -1, width: 80, height: 24}
}

// NewField returns an area of one line with its cursor at the end. Line ends in it
// are drawn as signs.
func NewField(text string, measure Measure) *Area {
	a := New("", measure)
	a.field, a.height = true, 1
	a.SetText(text)
	return a
}

// SetText replaces the text. The cursor is at its end, and there is nothing to
// undo.
func (a *Area) SetText(text string) {
	a.doc, a.history, a.sel = documentOf(text), history{}, selection{}
	a.goTo(a.doc.last())
}

// Bytes returns the text.
func (a *Area) Bytes() []byte { return a.doc.appendTo(make([]byte, 0, a.doc.size)) }

// String returns the text.
func (a *Area) String() string { return string(a.Bytes()) }

// Len returns the length of the text in bytes.
func (a *Area) Len() int { return a.doc.size }

// Is reports whether the text is exactly b.
func (a *Area) Is(b []byte) bool { return a.doc.equal(b) }

// Version differs after each change of the text.
func (a *Area) Version() int { return a.doc.version }

// Lines returns how many lines the text has. An empty line after the last line end
// does not count.
func (a *Area) Lines() int {
	n := a.doc.lines.count()
	if n > 1 && a.doc.lines.at(n-1).text == "" {
		n--
	}
	return n
}

// Line returns the line that the cursor is on, without its end.
func (a *Area) Line() string { return a.text(a.cursor.Line) }

// Place returns the cursor's line and its column in units, both from 1. After the
// last line end, the line is one more than there are lines.
func (a *Area) Place() (line, column int) {
	text := a.doc.lines.at(a.cursor.Line).text
	if len(text) > farColumn { // counting units takes long, and bytes are close enough
		return a.cursor.Line + 1, a.cursor.Col + 1
	}
	for i := 0; i < a.cursor.Col; column++ {
		i += a.measure.unitAt(text, i).size
	}
	return a.cursor.Line + 1, column + 1
}

// farColumn is the length from which columns are counted in bytes.
const farColumn = 4 << 10

// End returns how most of the text's lines end; LF for a text without any.
func (a *Area) End() End {
	if a.doc.ends[CRLF] > a.doc.ends[LF] {
		return CRLF
	}
	return LF
}

// Mixed reports whether some lines end in LF and some in CR LF.
func (a *Area) Mixed() bool { return a.doc.ends[LF] > 0 && a.doc.ends[CRLF] > 0 }

// Ended reports whether the last line has an end. An empty text has.
func (a *Area) Ended() bool {
	return a.doc.lines.at(a.doc.lines.count()-1).text == ""
}

// Resize sets how many cells a row has, the last of them for the cursor only, and
// how many rows are shown.
func (a *Area) Resize(width, height int) {
	a.width, a.height = max(1, width-1), max(1, height)
	a.follow()
}

// Height returns how many rows are shown.
func (a *Area) Height() int { return a.height }

// Click puts the cursor at a cell of the rows in sight.
func (a *Area) Click(x, y int) {
	at := a.down(a.top, max(0, min(y, a.height-1)))
	a.Unmark()
	a.goTo(Pos{at.line, a.colAt(at, max(0, x))})
}

// Type inserts typed text, in place of the selection. The letters of a word are
// undone together.
func (a *Area) Type(text string) { a.insert(text, typing) }

// insert puts text in place of the selection, or at the cursor.
func (a *Area) insert(text string, kind stroke) {
	if from, to, ok := a.selected(); ok {
		a.Unmark()
		a.change(from, to, text, single)
		return
	}
	a.Unmark()
	a.change(a.cursor, a.cursor, text, kind)
}

// Paste inserts pasted text in place of the selection, which is undone as one.
// Line ends stay as they come. A CR alone, which terminals send for a line end,
// becomes a line end like the text's own or, in a text without any, like the
// paste's own.
func (a *Area) Paste(text string) {
	a.insert(a.endings(text), single)
}

// endings returns a paste with its lone CRs replaced by line ends.
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

// change replaces what is between two places by text, and puts the cursor after it.
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

// undo undoes the last step; false when there is none.
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

// redo repeats the step that was undone last; false when there is none.
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

// goTo moves the cursor and brings it into sight.
func (a *Area) goTo(p Pos) {
	a.cursor, a.goal = a.doc.canonical(p), -1
	a.follow()
}
