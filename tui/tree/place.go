package tree

import "strings"

// RowOf returns the number of the row that shows key: its own, or that of the
// joined chain it is part of. It is not ok if there is no such key or folder, or
// if a folder around it is closed.
func (t *Tree) RowOf(key string) (row int, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rowOf(rel)
}

// rowOf is RowOf for rel.
func (t *Tree) rowOf(rel string) (row int, ok bool) {
	if row, ok = t.seek(rel); !ok {
		return 0, false
	}
	return row, true
}

// Nearest returns the row to go to for key: RowOf, else the closed folder that
// hides it. If key is gone, it is the row that took its place in the folder: the
// next one, at the folder's end the one before, or the folder itself. It is not
// ok only if there are no rows.
func (t *Tree) Nearest(key string) (row int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows(t.top, t.view()) == 0 {
		return 0, false
	}
	rel, ok := t.relative(key)
	if !ok {
		return 0, true
	}
	row, _ = t.seek(rel)
	return row, true
}

// Parent returns the row of the folder around row; it is not ok on the outermost
// level.
func (t *Tree) Parent(row int) (parent int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if row < 0 || row >= t.rows(t.top, t.view()) {
		return 0, false
	}
	parent = -1
	m := t.view()
	for r, skip := t.top, row; ; {
		n := t.at(r)
		t.push(n)
		before, below := t.rows(n.left, m), t.ownRows(n, m)
		switch {
		case skip < before:
			r = n.left
		case skip >= before+below:
			r, skip = n.right, skip-before-below
		case m == joined && t.link(n):
			r, skip = n.kids, skip-before
		case skip == before:
			return max(parent, 0), parent >= 0
		default:
			skip -= before
			parent = row - skip
			r, skip = n.kids, skip-1
		}
	}
}

// FirstChild returns the first row inside the folder at row; it is not ok if that
// is closed, unlisted or not a folder.
func (t *Tree) FirstChild(row int) (child int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := t.window(row, 1)
	if len(rows) == 0 || !rows[0].Open || rows[0].Unlisted {
		return 0, false
	}
	return row + 1, true
}

// ownRows returns how many rows n and what is below it show, without its siblings.
func (t *Tree) ownRows(n *node, m mode) int {
	return int(n.sum.rows[m]) - t.rows(n.left, m) - t.rows(n.right, m)
}

// seek returns the row of rel, which is exact, or the one to take for it. The
// tree must have rows.
func (t *Tree) seek(rel string) (row int, exact bool) {
	around := 0 // the row of the folder that level is in
	level, m := t.top, t.view()
	for depth := 0; ; depth++ {
		seg, rest, more := cut(rel, depth)
		n, before := t.rank(level, seg, m)
		switch {
		case n == nil && before < t.rows(level, m):
			return row + before, false
		case n == nil && before > 0:
			return row + before - t.lastRows(level, m), false
		case n == nil:
			return around, false
		}
		row += before
		link := m == joined && t.link(n)
		if !more || !link && !t.shows(n, m) {
			return row, !more
		}
		around = row
		if !link {
			row++
		}
		rel, level = rest, n.kids
	}
}

// shows reports whether n shows what is below it.
func (t *Tree) shows(n *node, m mode) bool {
	if m == filtered {
		return t.rows(n.kids, m) > 0
	}
	return n.is(isOpen)
}

// rank returns the node named seg among r and its siblings, or nil if it is not
// there or has no rows, and how many rows are before it or before its place.
func (t *Tree) rank(r ref, seg string, m mode) (found *node, before int) {
	for r != 0 {
		n := t.at(r)
		t.push(n)
		switch c := strings.Compare(seg, t.seg(n)); {
		case c < 0:
			r = n.left
		case c > 0:
			before += int(n.sum.rows[m]) - t.rows(n.right, m)
			r = n.right
		default:
			before += t.rows(n.left, m)
			if t.ownRows(n, m) == 0 {
				return nil, before
			}
			return n, before
		}
	}
	return nil, before
}

// lastRows returns how many rows the last sibling shows that shows any.
func (t *Tree) lastRows(r ref, m mode) int {
	for {
		n := t.at(r)
		t.push(n)
		if t.rows(n.right, m) > 0 {
			r = n.right
		} else if own := t.ownRows(n, m); own > 0 {
			return own
		} else {
			r = n.left
		}
	}
}
