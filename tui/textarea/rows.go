package textarea

import "strings"

// Span is a piece of a row, ready to be painted.
type Span struct {
	Text     string
	Kind     Kind
	Selected bool
}

// Row is a row on the screen: a line, or a part of one.
type Row struct {
	Line  int  // from 0
	First bool // the line begins here
	Empty bool // only the place after the last line end
	Spans []Span
	Cells int
}

// crSign is drawn where a line ends in CR LF among lines that do not.
const crSign = `\r`

// layoutAt returns the layout of a line, made far enough to contain byte col.
func (a *Area) layoutAt(line, col int) *layout {
	l := a.doc.lines.at(line)
	y := l.layoutOf(a.width)
	for !y.whole && y.starts[len(y.starts)-1] <= col {
		a.measure.more(y, l.text)
	}
	return y
}

// layoutTo returns the layout of a line, made far enough to know where a row ends
// or that it does not exist.
func (a *Area) layoutTo(line, row int) *layout {
	l := a.doc.lines.at(line)
	y := l.layoutOf(a.width)
	for !y.whole && len(y.starts) <= row+1 {
		a.measure.more(y, l.text)
	}
	return y
}

// rowsOf returns how many rows a line has.
func (a *Area) rowsOf(line int) int {
	return len(a.layoutAt(line, len(a.text(line))).starts)
}

// where returns the row and the cell of the cursor.
func (a *Area) where() (anchor, int) {
	y := a.layoutAt(a.cursor.Line, a.cursor.Col)
	row := y.row(a.cursor.Col)
	return anchor{a.cursor.Line, row}, a.cellOf(a.text(a.cursor.Line), y.starts[row], a.cursor.Col)
}

// cellOf returns the cell of byte col in a row that begins at from.
func (a *Area) cellOf(text string, from, col int) int {
	cell := 0
	for i := from; i < col; {
		u := a.measure.unitAt(text, i)
		if i += u.size; i > col {
			break // inside a unit: its first cell
		}
		cell += u.width(cell)
	}
	return min(cell, a.width)
}

// follow brings the cursor into sight and moves as little as possible.
func (a *Area) follow() {
	if a.field {
		a.followField()
		return
	}
	at, _ := a.where()
	a.top.line = min(a.top.line, a.doc.lines.count()-1)
	a.top.row = min(a.top.row, len(a.layoutTo(a.top.line, a.top.row).starts)-1)
	if a.top.behind(at) {
		a.top = at
		return
	}
	if last := a.up(at, a.height-1); last.behind(a.top) {
		a.top = last
	}
	// When the area becomes wider there are fewer rows. None stays empty while
	// there is text above.
	if full := a.up(a.down(a.top, a.height-1), a.height-1); a.top.behind(full) {
		a.top = full
	}
}

// behind reports whether a row is below another.
func (a anchor) behind(other anchor) bool {
	return a.line > other.line || a.line == other.line && a.row > other.row
}

// up returns the row n rows above another, or the first of all.
func (a *Area) up(at anchor, n int) anchor {
	for at.row < n {
		if at.line == 0 {
			return anchor{}
		}
		n -= at.row + 1
		at.line--
		at.row = a.rowsOf(at.line) - 1
	}
	return anchor{at.line, at.row - n}
}

// down returns the row n rows below another, or the last of all.
func (a *Area) down(at anchor, n int) anchor {
	for {
		rows := len(a.layoutTo(at.line, at.row+n).starts)
		if at.row+n < rows {
			return anchor{at.line, at.row + n}
		}
		if at.line+1 == a.doc.lines.count() {
			return anchor{at.line, rows - 1}
		}
		n -= rows - at.row
		at = anchor{at.line + 1, 0}
	}
}

// moveRows moves the cursor by rows and keeps its cell.
func (a *Area) moveRows(op Op) bool {
	at, cell := a.where()
	if a.goal >= 0 {
		cell = a.goal
	}
	var to anchor
	switch op {
	case Up:
		to = a.up(at, 1)
	case Down:
		to = a.down(at, 1)
	case PageUp:
		to = a.up(at, a.height)
	default:
		to = a.down(at, a.height)
	}
	if to == at {
		return false
	}
	a.goTo(Pos{to.line, a.colAt(to, cell)})
	a.goal = cell
	return true
}

// colAt returns the byte drawn in a cell of a row, or the last place of the row.
func (a *Area) colAt(at anchor, cell int) int {
	text := a.text(at.line)
	y := a.layoutTo(at.line, at.row)
	from, to := y.span(at.row, len(text))
	used, before := 0, from
	for i := from; i < to; {
		u := a.measure.unitAt(text, i)
		if used += u.width(used); used > cell {
			return i
		}
		before = i
		i += u.size
	}
	if to < len(text) {
		return before // the next row begins after it
	}
	return to
}

// Rows returns the rows in sight; fewer where the text ends.
func (a *Area) Rows() []Row {
	var rows []Row
	for at := a.top; len(rows) < a.height && at.line < a.doc.lines.count(); {
		l := a.doc.lines.at(at.line)
		y := a.layoutTo(at.line, at.row)
		if at.row >= len(y.starts) {
			at = anchor{at.line + 1, 0}
			continue
		}
		from, to := y.span(at.row, len(l.text))
		row := a.draw(l.text, from, to, len(strings.TrimRight(l.text[from:], " "))+from, a.selectedIn(at.line))
		a.drawSelectedEnd(&row, at.line, to)
		row.Line, row.First = at.line, at.row == 0
		if l.end == CRLF && to == len(l.text) && a.Mixed() && row.Cells+len(crSign) <= a.width {
			row.Spans, row.Cells = append(row.Spans, Span{Text: crSign, Kind: Sign}), row.Cells+len(crSign)
		}
		row.Empty = l.text == "" && at.line > 0 && at.line+1 == a.doc.lines.count()
		rows = append(rows, row)
		at.row++
	}
	return rows
}

// drawSelectedEnd draws a blank for a selected line end.
func (a *Area) drawSelectedEnd(row *Row, line, to int) {
	size := len(a.text(line))
	if until := a.selectedIn(line).to; to == size && until > size && row.Cells < a.width {
		row.Spans, row.Cells = append(row.Spans, Span{Text: " ", Selected: true}), row.Cells+1
	}
}

// draw draws the units of a line between two bytes. Blanks from byte blanks on are
// drawn as signs.
func (a *Area) draw(text string, from, to, blanks int, sel byteSpan) Row {
	var row Row
	var run strings.Builder
	var kind Kind
	selected := false
	flush := func() {
		if run.Len() > 0 {
			row.Spans = append(row.Spans, Span{run.String(), kind, selected})
			run.Reset()
		}
	}
	for i := from; i < to; {
		u := a.measure.unitAt(text, i)
		cells := min(u.width(row.Cells), max(1, a.width-row.Cells))
		shown := u.shown
		switch {
		case shown == "":
			shown = "→" + strings.Repeat(" ", max(0, cells-1))
		case i >= blanks && shown == " ":
			shown, u.kind = "·", Sign
		case u.cells > a.width: // an escape in a very narrow area
			shown = shown[:min(len(shown), cells)]
		}
		if in := i >= sel.from && i < sel.to; u.kind != kind || in != selected {
			flush()
			kind, selected = u.kind, in
		}
		run.WriteString(shown)
		row.Cells += cells
		i += u.size
	}
	flush()
	return row
}

// Cursor returns the cell of the cursor among the rows in sight.
func (a *Area) Cursor() (x, y int) {
	if a.field {
		return a.fieldCell(), 0
	}
	at, cell := a.where()
	for row := a.top; row != at && y < a.height; y++ {
		row = a.down(row, 1)
	}
	return cell, y
}
