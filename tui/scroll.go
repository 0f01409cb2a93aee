package tui

import "kvist/keymap"

// moved is where an action of moving leads from line at of n, h of which are
// shown; false when the action is none.
func moved(a keymap.Action, at, n, h int) (int, bool) {
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

// movedView is where an action of moving leads in something that scrolls
// without a cursor.
func movedView(a keymap.Action, top, n, h int) (int, bool) {
	if a == keymap.CursorBottom {
		return max(0, n-h), true
	}
	to, ok := moved(a, top, n, h)
	return max(0, min(to, n-h)), ok
}

// window is where a list of n lines begins to be shown in h lines, so that
// line at is seen, moving as little as possible from top.
func window(top, at, n, h int) int {
	if at < top {
		top = at
	}
	if at >= top+h {
		top = at - h + 1
	}
	return max(0, min(top, n-h))
}
