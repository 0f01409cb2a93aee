package textarea

import "sort"

// keepFrom is the length from which a line's layout is kept: shorter lines
// are laid out anew whenever they are drawn.
const keepFrom = 512

// layout is where the rows of a line begin, at one width. It is made only as
// far as it is asked for.
type layout struct {
	width  int
	starts []int // of rows, in bytes; the first is 0
	whole  bool  // there are no further rows
}

// until is what is left of a layout when the line is changed from byte col on:
// the rows before, but for the one in which a letter may get a mark.
func (y *layout) until(col int) *layout {
	if y == nil {
		return nil
	}
	n := 1 + sort.Search(len(y.starts)-1, func(i int) bool { return y.starts[i+1] > col-2*maxUnit })
	return &layout{width: y.width, starts: y.starts[:n:n]}
}

// layoutOf is the layout of a line at a width, as far as it was made.
func (l *line) layoutOf(width int) *layout {
	y := l.lay
	if y == nil || y.width != width {
		y = &layout{width: width, starts: []int{0}}
	}
	if len(l.text) >= keepFrom {
		l.lay = y
	}
	return y
}

// more makes one more row of a layout, if there is one.
func (m Measure) more(y *layout, text string) {
	at := m.rowEnd(text, y.starts[len(y.starts)-1], y.width)
	if y.whole = at >= len(text); !y.whole {
		y.starts = append(y.starts, at)
	}
}

// rowEnd is where the row that begins at a byte ends.
func (m Measure) rowEnd(text string, from, width int) int {
	if end := from + width; end < len(text) && allPlain(text[from:end+1]) {
		return end
	}
	cell := 0
	for i := from; i < len(text); {
		u := m.unitAt(text, i)
		if cell += u.width(cell); cell > width && i > from {
			return i
		}
		i += u.size
	}
	return len(text)
}

// row is the row of a layout that holds byte col.
func (y *layout) row(col int) int {
	return sort.Search(len(y.starts)-1, func(i int) bool { return y.starts[i+1] > col })
}

// span is from where to where a row reaches in a line of so many bytes. The
// layout must reach behind it.
func (y *layout) span(row, size int) (from, to int) {
	from = y.starts[row]
	if row+1 < len(y.starts) {
		return from, y.starts[row+1]
	}
	return from, size
}
