package textarea

// selection is the text between a mark and the cursor.
type selection struct {
	mark  Pos
	on    bool
	stays bool // moving extends it
}

// Mark begins a selection at the cursor that every move extends, or ends it.
func (a *Area) Mark() {
	stays := !a.sel.on || !a.sel.stays
	a.sel = selection{mark: a.cursor, on: stays, stays: stays}
}

// Unmark ends the selection and reports whether there was one.
func (a *Area) Unmark() bool {
	on := a.sel.on
	a.sel = selection{}
	return on
}

// Extend moves the cursor and selects what it passes.
func (a *Area) Extend(op Op) bool {
	sel := a.sel
	if !sel.on {
		sel = selection{mark: a.cursor, on: true}
	}
	moved := a.Do(op)
	a.sel = sel
	return moved
}

// SelectAll selects the whole text.
func (a *Area) SelectAll() {
	a.goTo(a.doc.last())
	a.sel = selection{on: true}
}

// selected returns the places between which the text is selected; ok is false if
// nothing is.
func (a *Area) selected() (from, to Pos, ok bool) {
	from, to = a.doc.canonical(a.sel.mark), a.cursor
	if to.before(from) {
		from, to = to, from
	}
	return from, to, a.sel.on && from != to
}

// before reports whether a place is before another one.
func (p Pos) before(other Pos) bool {
	return p.Line < other.Line || p.Line == other.Line && p.Col < other.Col
}

// taken returns what Copy and Cut take: the selection, or else the cursor's line
// with its end.
func (a *Area) taken() (from, to Pos) {
	if from, to, ok := a.selected(); ok {
		return from, to
	}
	from, to = Pos{Line: a.cursor.Line}, Pos{Line: a.cursor.Line + 1}
	if to.Line == a.doc.lines.count() {
		to = a.doc.last()
	}
	return from, to
}

// Copy returns the selected text, or else the cursor's line, and ends the selection.
func (a *Area) Copy() string {
	text := a.doc.between(a.taken())
	a.Unmark()
	return text
}

// Cut removes what Copy returns, and returns it.
func (a *Area) Cut() string {
	from, to := a.taken()
	text := a.doc.between(from, to)
	a.Unmark()
	a.change(from, to, "", single)
	return text
}

// eraseSelected removes the selection and reports whether there was one.
func (a *Area) eraseSelected() bool {
	from, to, ok := a.selected()
	a.Unmark()
	if ok {
		a.change(from, to, "", single)
	}
	return ok
}

// Selected returns the selected text; "" if nothing is selected.
func (a *Area) Selected() string {
	from, to, ok := a.selected()
	if !ok {
		return ""
	}
	return a.doc.between(from, to)
}

// GoToLine puts the cursor at the beginning of a line, counted from 1.
func (a *Area) GoToLine(n int) {
	a.Unmark()
	a.goTo(Pos{Line: n - 1})
}

// Find selects the next place in the text, or the one before, and goes around its
// ends. places returns the places in a line, in order, as pairs of bytes. It
// reports whether there is one.
func (a *Area) Find(places func(line string) [][2]int, forward bool) bool {
	at := a.cursor
	if from, _, ok := a.selected(); ok && !forward {
		at = from
	}
	n := a.doc.lines.count()
	for i := range n + 1 {
		line := (at.Line + i) % n
		if !forward {
			line = (at.Line - i + n) % n
		}
		found := places(a.text(line))
		for j := range found {
			if !forward {
				j = len(found) - 1 - j
			}
			from, to := Pos{line, found[j][0]}, Pos{line, found[j][1]}
			if i == 0 && (forward && from.before(at) || !forward && !from.before(at)) {
				continue
			}
			a.goTo(to)
			a.sel = selection{mark: from, on: true}
			return true
		}
	}
	return false
}

// FindFrom is Find forward from the beginning of the selection, or from the cursor:
// what is selected already counts.
func (a *Area) FindFrom(places func(line string) [][2]int) bool {
	if from, _, ok := a.selected(); ok {
		a.goTo(from)
	}
	a.Unmark()
	return a.Find(places, true)
}

// byteSpan are some bytes of a line.
type byteSpan struct{ from, to int }

// selectedIn returns the bytes of a line's text that are selected; its end counts
// as one more.
func (a *Area) selectedIn(line int) byteSpan {
	first, last, ok := a.selected()
	if !ok || line < first.Line || line > last.Line {
		return byteSpan{}
	}
	in := byteSpan{to: len(a.text(line)) + 1}
	if line == first.Line {
		in.from = first.Col
	}
	if line == last.Line {
		in.to = last.Col
	}
	return in
}
