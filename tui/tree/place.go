package tree

import "strings"

// RowOf is the number of the row that shows key: its own, or the joined
// chain it is part of. Not ok when there is no such key or folder, or when a
// folder around it is closed.
func (t *Tree) RowOf(key string) (row int, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return 0, false
	}
	row, ok = t.seek(rel)
	if !ok {
		return 0, false
	}
	return row, true
}

// Nearest is the row to go to for key: RowOf, else the closed folder that
// hides it, else, when it is gone, the row that took its place in its
// folder: the next one, or the one before at the folder's end, or the folder
// itself. Not ok only when there are no rows.
func (t *Tree) Nearest(key string) (row int, ok bool) {
	if t.Len() == 0 {
		return 0, false
	}
	rel, ok := t.relative(key)
	if !ok {
		return 0, true
	}
	row, _ = t.seek(rel)
	return row, true
}

// Parent is the row of the folder that row is in; not ok on the outermost
// level.
func (t *Tree) Parent(row int) (parent int, ok bool) {
	if row < 0 || row >= t.Len() {
		return 0, false
	}
	parent = -1
	for n, skip := t.top, row; ; {
		n.push()
		before, below := n.left.rows(t.mode), n.own(t.mode)
		switch {
		case skip < before:
			n = n.left
		case skip >= before+below:
			n, skip = n.right, skip-before-below
		case t.mode == joined && n.link():
			n, skip = n.kids, skip-before
		case skip == before:
			return max(parent, 0), parent >= 0
		default:
			skip -= before
			parent = row - skip
			n, skip = n.kids, skip-1
		}
	}
}

// FirstChild is the row of the first thing in the folder at row; not ok when
// that is closed or no folder.
func (t *Tree) FirstChild(row int) (child int, ok bool) {
	rows := t.Rows(row, 1)
	if len(rows) == 0 || !rows[0].Open {
		return 0, false
	}
	return row + 1, true
}

// own is how many rows n and what is below it show, without its siblings.
func (n *node) own(m mode) int {
	return n.rows(m) - n.left.rows(m) - n.right.rows(m)
}

// seek is the row of rel, exact, or the one to take for it. The tree has rows.
func (t *Tree) seek(rel string) (row int, exact bool) {
	around := 0 // the row of the folder that level is in
	level := t.top
	for depth := 0; ; depth++ {
		seg, rest, more := cut(rel, depth)
		n, before := level.rank(seg, t.mode)
		switch {
		case n == nil && before < level.rows(t.mode):
			return row + before, false
		case n == nil && level != nil:
			return row + before - level.lastRows(t.mode), false
		case n == nil:
			return around, false
		}
		row += before
		link := t.mode == joined && n.link()
		if !more || !link && !n.is(isOpen) {
			return row, !more
		}
		around = row
		if !link {
			row++
		}
		rel, level = rest, n.kids
	}
}

// rank is the sibling named seg, or nil, and how many rows stand before it,
// or before the place where it would be; n may be nil.
func (n *node) rank(seg string, m mode) (found *node, before int) {
	for n != nil {
		n.push()
		switch c := strings.Compare(seg, n.seg); {
		case c < 0:
			n = n.left
		case c > 0:
			before += n.left.rows(m) + n.own(m)
			n = n.right
		default:
			return n, before + n.left.rows(m)
		}
	}
	return nil, before
}

// lastRows is how many rows the last sibling shows.
func (n *node) lastRows(m mode) int {
	for {
		n.push()
		if n.right == nil {
			return n.own(m)
		}
		n = n.right
	}
}
