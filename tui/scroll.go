package tui

import "kvist/keymap"

// cursorAfter returns the line that an action of moving leads to, from line at of n
// with h in sight; false when the action does not move.
func cursorAfter(a keymap.Action, at, n, h int) (int, bool) {
	switch a {
	case keymap.CursorDown:
		at++
	case keymap.CursorUp:
		at--
	case keymap.CursorTop:
		at = 0
	case keymap.CursorBottom:
		at = n - 1
	case keymap.CursorHalfDown:
		at += max(1, h/2)
	case keymap.CursorHalfUp:
		at -= max(1, h/2)
	case keymap.CursorPageDown:
		at += max(1, h-1)
	case keymap.CursorPageUp:
		at -= max(1, h-1)
	default:
		return at, false
	}
	return max(0, min(at, n-1)), true
}

// topAfter is cursorAfter for something that scrolls without a cursor.
func topAfter(a keymap.Action, top, n, h int) (int, bool) {
	if a == keymap.CursorBottom {
		return max(0, n-h), true
	}
	to, ok := cursorAfter(a, top, n, h)
	return max(0, min(to, n-h)), ok
}

// window returns the first of h lines in sight of a list of n, so that line at is
// among them, as near to top as possible.
func window(top, at, n, h int) int {
	if at < top {
		top = at
	}
	if at >= top+h {
		top = at - h + 1
	}
	return max(0, min(top, n-h))
}

// rowCursor is the cursor of a list and the rows of the list that are in sight.
type rowCursor struct {
	at     int // the row under the cursor
	top    int // the first row in sight
	height int // how many are in sight
}

// moved moves the cursor in a list of n rows; false when the action does not move.
func (c *rowCursor) moved(a keymap.Action, n int) bool {
	to, ok := cursorAfter(a, c.at, n, c.height)
	if ok {
		c.goTo(to, n)
	}
	return ok
}

// goTo puts the cursor on a row, or on the nearest one of a list of n rows.
func (c *rowCursor) goTo(row, n int) {
	c.at = max(0, min(row, n-1))
	c.top = window(c.top, c.at, n, max(1, c.height))
}

// fit shows h of n rows, the one under the cursor among them.
func (c *rowCursor) fit(n, h int) {
	c.height = max(1, h)
	c.top = window(c.top, c.at, n, c.height)
}

// end returns the row after the last one in sight.
func (c *rowCursor) end(n int) int { return min(c.top+c.height, n) }

// viewport is the visible part of something that scrolls and has no cursor.
type viewport struct {
	top    int // the first line in sight
	height int // how many are in sight
	count  int // how many there are
}

// moved scrolls; false when the action does not move.
func (v *viewport) moved(a keymap.Action) bool {
	to, ok := topAfter(a, v.top, v.count, v.height)
	if ok {
		v.top = to
	}
	return ok
}

// scroll scrolls by so many lines, but not past either end.
func (v *viewport) scroll(by int) { v.top = max(0, min(v.top+by, v.count-v.height)) }

// fit shows h of n lines.
func (v *viewport) fit(n, h int) {
	v.count, v.height = n, max(1, h)
	v.scroll(0)
}

// end returns the line after the last one in sight.
func (v *viewport) end() int { return min(v.top+v.height, v.count) }
