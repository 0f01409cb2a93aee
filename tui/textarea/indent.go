package textarea

import "strings"

// Indent is how a text is indented: by tabs or by so many blanks.
type Indent struct {
	Tabs   bool
	Blanks int
}

// indentLines is how many lines are read to find out how a text is indented.
const indentLines = 2000

// SetIndent sets the indentation of a text without any, or always.
func (a *Area) SetIndent(in Indent, always bool) { a.indent, a.indented = in, always }

// Indents returns how the text is indented now.
func (a *Area) Indents() Indent {
	if a.indented {
		return a.indent
	}
	if in := detect(&a.doc); in != (Indent{}) {
		return in
	}
	return a.indent
}

// detect finds out how a text is indented; zero if it is not. A line of a table
// with tabs between its columns counts as indented by tabs.
func detect(d *document) Indent {
	least, tabs := 0, false
	for i := range min(d.lines.count(), indentLines) {
		text := d.lines.at(i).text
		n := len(text) - len(strings.TrimLeft(text, " "))
		switch {
		case strings.HasPrefix(text, "\t"):
			return Indent{Tabs: true}
		case n == 0 || n == len(text):
			tabs = tabs || strings.Contains(text[:min(len(text), 1<<12)], "\t")
		case n > 1 && (least == 0 || n < least):
			least = n
		}
	}
	if least > 0 {
		return Indent{Blanks: min(least, 8)}
	}
	return Indent{Tabs: tabs}
}

// step returns a step of indentation from a cell on.
func (in Indent) step(cell int) string {
	if in.Tabs || in.Blanks == 0 {
		return "\t"
	}
	return strings.Repeat(" ", in.Blanks-cell%in.Blanks)
}

// indentation returns how many bytes a line is indented by.
func indentation(text string) int {
	return len(text) - len(strings.TrimLeft(text, " \t"))
}

// newline ends the line at the cursor and indents the next line alike.
func (a *Area) newline() {
	text := a.text(a.cursor.Line)[:a.cursor.Col]
	a.insert(a.End().String()+text[:indentation(text)], single)
}

// tab indents or inserts a tab.
func (a *Area) tab() {
	_, column := a.Place()
	a.change(a.cursor, a.cursor, a.Indents().step(column-1), single)
}

// outdent removes one step of indentation from the line. The cursor stays at its
// text.
func (a *Area) outdent() bool {
	text := a.text(a.cursor.Line)
	most := min(len(text), max(a.Indents().Blanks, 2))
	n := most - len(strings.TrimLeft(text[:most], " "))
	if strings.HasPrefix(text, "\t") {
		n = 1
	}
	if n == 0 {
		return false
	}
	before := a.cursor
	after := Pos{before.Line, max(0, before.Col-n)}
	a.change(Pos{Line: before.Line}, Pos{before.Line, n}, "", single)
	c := &a.history.done[len(a.history.done)-1]
	c.before, c.after = before, after
	a.goTo(after)
	return true
}
