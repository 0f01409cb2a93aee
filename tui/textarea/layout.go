package textarea

import "sort"

// keepFrom is the length from which a line's layout is kept. Shorter lines are laid
// out each time they are drawn.
const keepFrom = 512

// layout is where the rows of a line begin, for one width. It is made only as far
// as needed.
type layout struct {
	width  int
	starts []int // of rows, in bytes; the first is 0
	whole  bool  // there are no more rows
}

// until returns what remains valid of a layout when the line changes from byte col
// on: the rows before, except one whose last letter may get a mark.
func (y *layout) until(col int) *layout {
	if y == nil {
		return nil
	}
	n := 1 + sort.Search(len(y.starts)-1, func(i int) bool { return y.starts[i+1] > col-2*maxUnit })
	return &layout{width: y.width, starts: y.starts[:n:n]}
}

// layoutOf returns the layout of a line at a width, as far as it was made.
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

// more adds a row to a layout, if there is one.
func (m Measure) more(y *layout, text string) {
	at := m.rowEnd(text, y.starts[len(y.starts)-1], y.width)
	if y.whole = at >= len(text); !y.whole {
		y.starts = append(y.starts, at)
	}
}

// rowEnd returns where the row ends that begins at a byte.
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

// row returns the row of a layout that contains byte col.
func (y *layout) row(col int) int {
	return sort.Search(len(y.starts)-1, func(i int) bool { return y.starts[i+1] > col })
}

// span returns where a row begins and ends in a line of size bytes. The layout must
// extend beyond the row.
func (y *layout) span(row, size int) (from, to int) {
	from = y.starts[row]
	if row+1 < len(y.starts) {
		return from, y.starts[row+1]
	}
	return from, size
}
