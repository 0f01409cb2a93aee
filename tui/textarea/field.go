package textarea

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A field shows a part of its line, which moves sideways with the cursor. Blanks at
// its ends are drawn as signs: they are part of a name.

// fieldText returns the field's text on one line, whatever it contains.
func (a *Area) fieldText() (text string, cursor int) {
	if a.doc.lines.count() == 1 {
		return a.text(0), a.cursor.Col
	}
	return a.String(), len(a.doc.between(Pos{}, a.cursor))
}

// followField brings the cursor of a field into sight.
func (a *Area) followField() {
	text, cursor := a.fieldText()
	a.left = min(a.left, cursor)
	if far := cursor - a.width*maxUnit; a.left < far {
		a.left = far
		for a.left < cursor && !utf8.RuneStart(text[a.left]) {
			a.left++
		}
	}
	for a.left < cursor && a.cells(text, a.left, cursor) > a.width {
		a.left += a.measure.unitAt(text, a.left).size
	}
}

// cells returns how many cells a part of a line takes. It stops counting where the
// number no longer matters.
func (a *Area) cells(text string, from, to int) int {
	n := 0
	for i := from; i < to && n <= a.width; {
		u := a.measure.unitAt(text, i)
		n += u.width(n)
		i += u.size
	}
	return n
}

// fieldCell returns the cell of the cursor in a field.
func (a *Area) fieldCell() int {
	text, cursor := a.fieldText()
	return min(a.cells(text, a.left, cursor), a.width)
}

// Field returns the field as a row.
func (a *Area) Field() Row {
	text, _ := a.fieldText()
	to := a.left
	for cell := 0; to < len(text); {
		u := a.measure.unitAt(text, to)
		if cell += u.width(cell); cell > a.width {
			break
		}
		to += u.size
	}
	from := a.left
	row := a.draw(text, from, to, len(strings.TrimRight(text, " ")), byteSpan{})
	if blanks := min(to, len(text)-len(strings.TrimLeft(text, " "))); from < blanks {
		lead := a.draw(text, from, blanks, from, byteSpan{})
		rest := a.draw(text, blanks, to, len(strings.TrimRight(text, " ")), byteSpan{})
		row.Spans = slices.Concat(lead.Spans, rest.Spans)
	}
	return row
}
