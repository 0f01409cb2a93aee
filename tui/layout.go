package tui

// The smallest screen that is drawn on, in cells.
const (
	leastWidth  = 60
	leastHeight = 15
)

// sideBySide is the width from which the panes stand beside each other.
const sideBySide = 76

// bottomRows are the lines below the panes: the message and the keys.
const bottomRows = 2

// rect is a part of the screen.
type rect struct{ x, y, w, h int }

// holds reports whether a cell is in the rectangle.
func (r rect) holds(p point) bool {
	return p.x >= r.x && p.x < r.x+r.w && p.y >= r.y && p.y < r.y+r.h
}

// screenAreas are where the panes stand. Each has its title in the line above.
type screenAreas struct {
	tree, right rect
	stacked     bool
	whole       bool // the right one stands alone
}

// areas lays the panes out: beside each other, or one above the other on a narrow
// screen. The first line is the status, the last two are the message and the keys.
func (m *Model) areas() screenAreas {
	body := m.height - 1 - bottomRows
	if p, ok := m.focus.(wholePane); ok && p.whole() && m.focus == m.beside() {
		return screenAreas{right: rect{0, 2, m.width, body - 1}, whole: true}
	}
	if m.width >= sideBySide {
		// The tree keeps its width whatever stands beside it: rows that move
		// sideways have to be read again.
		left := min(m.width*3/8+2, 84)
		return screenAreas{
			tree:  rect{0, 2, left, body - 1},
			right: rect{left + 1, 2, m.width - left - 1, body - 1},
		}
	}
	upper := max(3, body/2-1)
	if m.beside() != m.value {
		upper = max(3, body/3)
	}
	return screenAreas{
		tree:    rect{0, 2, m.width, upper},
		right:   rect{0, 2 + upper + 1, m.width, body - upper - 2},
		stacked: true,
	}
}

// tooSmall reports whether there is no room for the panes.
func (m *Model) tooSmall() bool { return m.width < leastWidth || m.height < leastHeight }

// layOut fits everything on the screen into its room.
func (m *Model) layOut() {
	if m.tooSmall() {
		return
	}
	r := m.areas()
	if !r.whole {
		m.tree.lay(m, r.tree.w, r.tree.h)
	}
	m.beside().lay(m, r.right.w, r.right.h)
	if n := len(m.dialogs); n > 0 {
		d := m.dialogs[n-1]
		_, w, h := m.dialogRoom(d)
		d.lay(m, w, h)
	}
}

// dialogMargin is the width of a dialog's border and of the blank cells beside it.
const dialogMargin = 6

// dialogRoom returns the part of the screen in whose middle a dialog lies, and the
// most that the dialog can show. A dialog about the tree lies over the pane beside
// it. The line of messages stays in sight.
func (m *Model) dialogRoom(d dialog) (at rect, w, h int) {
	if p, ok := d.(*prompt); ok && p.aside {
		at = m.areas().right
		return at, at.w - dialogMargin, at.h - 2
	}
	return rect{0, 1, m.width, m.height - 3}, m.width - dialogMargin, m.height - 5
}
