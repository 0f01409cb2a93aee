package textarea

import "strings"

// Span is a piece of a row, ready to be painted.
type Span struct {
	Text string
	Kind Kind
}

// Row is one row on the screen: a line, or a part of one.
type Row struct {
	Line  int  // from 0
	First bool // the line begins here
	Empty bool // there is nothing but the place behind the last end of a line
	Spans []Span
	Cells int
}

// crSign is drawn where a line ends in CR LF among others that do not.
const crSign = `\r`

// layoutAt is the layout of a line, made so far that the row is known that
// holds byte col.
func (a *Area) layoutAt(line, col int) *layout {
	l := a.doc.lines.at(line)
	y := l.layoutOf(a.width)
	for !y.whole && y.starts[len(y.starts)-1] <= col {
		a.measure.more(y, l.text)
	}
	return y
}

// layoutTo is the layout of a line, made so far that it is known where a row
// ends, or that there is no such row.
func (a *Area) layoutTo(line, row int) *layout {
	l := a.doc.lines.at(line)
	y := l.layoutOf(a.width)
	for !y.whole && len(y.starts) <= row+1 {
		a.measure.more(y, l.text)
	}
	return y
}

// rowsOf is how many rows a line has.
func (a *Area) rowsOf(line int) int {
	return len(a.layoutAt(line, len(a.text(line))).starts)
}

// where is the row that the cursor is in, and the cell.
func (a *Area) where() (anchor, int) {
	y := a.layoutAt(a.cursor.Line, a.cursor.Col)
	row := y.row(a.cursor.Col)
	return anchor{a.cursor.Line, row}, a.cellOf(a.text(a.cursor.Line), y.starts[row], a.cursor.Col)
}

// cellOf is the cell of byte col in a row that begins at from.
func (a *Area) cellOf(text string, from, col int) int {
	cell := 0
	for i := from; i < col; {
		u := a.measure.unitAt(text, i)
		if i += u.size; i > col {
			break // within a unit: its first cell
		}
		cell += u.width(cell)
	}
	return min(cell, a.width)
}

// follow brings the cursor in sight, moving as little as it can.
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
	// Rows that became fewer, as the area became wider, leave no room empty
	// while there is text above.
	if full := a.up(a.down(a.top, a.height-1), a.height-1); a.top.behind(full) {
		a.top = full
	}
}

// behind reports whether a row stands below another.
func (a anchor) behind(other anchor) bool {
	return a.line > other.line || a.line == other.line && a.row > other.row
}

// up is the row that stands n rows above another, or the first of all.
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

// down is the row that stands n rows below another, or the last of all.
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

// moveRows moves the cursor by rows, in the cell that it came from.
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

// colAt is the byte that is drawn in a cell of a row, or the row's last place.
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
		return before // behind it the next row begins
	}
	return to
}

// Rows are the rows in sight; fewer where the text ends.
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
		row := a.draw(l.text, from, to, len(strings.TrimRight(l.text[from:], " "))+from)
		row.Line, row.First = at.line, at.row == 0
		if l.end == CRLF && to == len(l.text) && a.Mixed() && row.Cells+len(crSign) <= a.width {
			row.Spans, row.Cells = append(row.Spans, Span{crSign, Sign}), row.Cells+len(crSign)
		}
		row.Empty = l.text == "" && at.line > 0 && at.line+1 == a.doc.lines.count()
		rows = append(rows, row)
		at.row++
	}
	return rows
}

// draw draws the units of a line from one byte to another. Blanks from byte
// blanks on are shown.
func (a *Area) draw(text string, from, to, blanks int) Row {
	var row Row
	var run strings.Builder
	var kind Kind
	flush := func() {
		if run.Len() > 0 {
			row.Spans = append(row.Spans, Span{run.String(), kind})
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
		case u.cells > a.width: // an escape in a very narrow pane
			shown = shown[:min(len(shown), cells)]
		}
		if u.kind != kind {
			flush()
			kind = u.kind
		}
		run.WriteString(shown)
		row.Cells += cells
		i += u.size
	}
	flush()
	return row
}

// Cursor is where the cursor stands among the rows in sight.
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
