package textarea

import "unicode/utf8"

// Op is an operation on a text.
type Op uint8

// The operations.
const (
	Left Op = iota
	Right
	Up
	Down
	WordLeft
	WordRight
	LineStart // first to the start of the line's text, then to the start of the line
	LineEnd
	PageUp
	PageDown
	Top
	Bottom
	Newline // with the indentation of the line before
	Tab     // a tab, or blanks up to the next tab stop, as the text is indented
	Outdent // removes one step of indentation from the line
	EraseBack
	EraseOn
	EraseWordBack
	EraseWordOn
	EraseToStart
	EraseToEnd
	Undo
	Redo
)

// Do carries out an operation and reports whether it did anything. Erasing removes
// the selection, if there is one. Moving ends it, unless it began with Mark.
func (a *Area) Do(op Op) bool {
	switch {
	case op >= EraseBack && op <= EraseToEnd:
		if a.eraseSelected() {
			return true
		}
	case op > Bottom && op != Newline || !a.sel.stays && op <= Bottom:
		a.Unmark()
	}
	switch op {
	case Up, Down, PageUp, PageDown:
		return a.moveRows(op)
	case Newline:
		a.newline()
	case Tab:
		a.tab()
	case Outdent:
		return a.outdent()
	case Undo:
		return a.undo()
	case Redo:
		return a.redo()
	case EraseBack, EraseOn, EraseWordBack, EraseWordOn, EraseToStart, EraseToEnd:
		return a.erase(op)
	default:
		to := a.target(op)
		moved := to != a.cursor
		a.goTo(to)
		return moved
	}
	return true
}

// target returns where an operation moves the cursor.
func (a *Area) target(op Op) Pos {
	switch op {
	case Left:
		return a.back(a.cursor)
	case Right:
		return a.on(a.cursor)
	case WordLeft:
		return a.wordBack(a.cursor)
	case WordRight:
		return a.wordOn(a.cursor)
	case LineStart:
		return a.lineStart()
	case LineEnd:
		return Pos{a.cursor.Line, len(a.text(a.cursor.Line))}
	case Top:
		return Pos{}
	case Bottom:
		return a.doc.last()
	default:
		return a.cursor
	}
}

// text returns a line without its end.
func (a *Area) text(line int) string { return a.doc.lines.at(line).text }

// on returns the place one unit further on.
func (a *Area) on(p Pos) Pos {
	text := a.text(p.Line)
	switch {
	case p.Col < len(text):
		p.Col += a.measure.unitAt(text, p.Col).size
	case p.Line+1 < a.doc.lines.count():
		p = Pos{Line: p.Line + 1}
	}
	return p
}

// back returns the place one unit before.
func (a *Area) back(p Pos) Pos {
	switch {
	case p.Col > 0:
		p.Col = a.measure.unitBefore(a.text(p.Line), p.Col)
	case p.Line > 0:
		p = Pos{p.Line - 1, len(a.text(p.Line - 1))}
	}
	return p
}

// unitBefore returns where the unit begins that ends at byte col or contains it. It
// starts from an earlier place where a unit surely begins.
func (m Measure) unitBefore(text string, col int) int {
	if col < 2 || text[col-1] < utf8.RuneSelf && text[col-2] < utf8.RuneSelf {
		return col - 1
	}
	at := max(0, col-4*maxUnit)
	for at > 0 && (text[at] >= utf8.RuneSelf || text[at-1] >= utf8.RuneSelf) && at > col-8*maxUnit {
		at--
	}
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	for {
		next := at + m.unitAt(text, at).size
		if next >= col {
			return at
		}
		at = next
	}
}

// wordOn returns the end of the next word, or the beginning of the next line.
func (a *Area) wordOn(p Pos) Pos {
	text := a.text(p.Line)
	if p.Col == len(text) {
		return a.on(p)
	}
	inWord := false
	for p.Col < len(text) {
		r, n := utf8.DecodeRuneInString(text[p.Col:])
		if !isWord(r) && inWord {
			break
		}
		inWord = inWord || isWord(r)
		p.Col += n
	}
	return p
}

// wordBack returns the beginning of the word before, or the end of the line before.
func (a *Area) wordBack(p Pos) Pos {
	if p.Col == 0 {
		return a.back(p)
	}
	text, inWord := a.text(p.Line), false
	for p.Col > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:p.Col])
		if !isWord(r) && inWord {
			break
		}
		inWord = inWord || isWord(r)
		p.Col -= n
	}
	return p
}

// lineStart returns where the line's text begins or, from there, where the line
// does.
func (a *Area) lineStart() Pos {
	at := Pos{a.cursor.Line, indentation(a.text(a.cursor.Line))}
	if a.field || a.cursor == at {
		at.Col = 0
	}
	return at
}

// erase removes what is between the cursor and where op reaches.
func (a *Area) erase(op Op) bool {
	from, to, kind := a.cursor, a.cursor, single
	switch op {
	case EraseBack:
		from, kind = a.back(to), erasingBack
	case EraseOn:
		to, kind = a.on(from), erasingOn
	case EraseWordBack:
		from = a.wordBack(to)
	case EraseWordOn:
		to = a.wordOn(from)
	case EraseToStart:
		from.Col = 0
	default:
		if to.Col = len(a.text(to.Line)); from == to {
			to = a.on(from)
		}
	}
	if from == to {
		return false
	}
	a.change(from, to, "", kind)
	return true
}
