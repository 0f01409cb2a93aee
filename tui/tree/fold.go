package tree

import "strings"

// Open opens the folder key. It tells whether that changed anything.
func (t *Tree) Open(key string) bool {
	return t.refold(key, func(n *node) bool { return n.open(true) })
}

// Close closes the folder key. It tells whether that changed anything.
func (t *Tree) Close(key string) bool {
	return t.refold(key, func(n *node) bool { return n.open(false) })
}

// Toggle opens the folder key, or closes it. It tells whether there is one.
func (t *Tree) Toggle(key string) bool {
	return t.refold(key, func(n *node) bool { return n.open(!n.is(isOpen)) })
}

// OpenAll opens the folder key and everything below it, also what will come
// to be there later. It tells whether there is such a folder.
func (t *Tree) OpenAll(key string) bool {
	return t.refold(key, func(n *node) bool { return n.foldAll(true) })
}

// CloseAll closes the folder key and everything below it. It tells whether
// there is such a folder.
func (t *Tree) CloseAll(key string) bool {
	return t.refold(key, func(n *node) bool { return n.foldAll(false) })
}

// OpenTree opens every folder, and every one that will come to be.
func (t *Tree) OpenTree() {
	t.spread = true
	t.top.fold(true)
}

// CloseTree closes every folder.
func (t *Tree) CloseTree() {
	t.spread = false
	t.top.fold(false)
}

// Reveal opens the folders around key, so that it has a row, and gives the
// row. Not ok, and nothing opened, when there is no such key or folder.
func (t *Tree) Reveal(key string) (row int, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return 0, false
	}
	f := folding{mode: t.mode, around: true, do: func(*node) bool { return true }}
	if !f.at(t.top, rel, 0) {
		return 0, false
	}
	return t.RowOf(key)
}

// open opens or closes n and tells whether it was not so before.
func (n *node) open(open bool) bool {
	if n.is(isOpen) == open {
		return false
	}
	n.set(isOpen, open)
	return true
}

// foldAll opens or closes n and everything below it.
func (n *node) foldAll(open bool) bool {
	n.set(isOpen|spreads, open)
	n.kids.fold(open)
	return true
}

// refold lets do open or close the folder key, and gives its answer; false
// when there is no such folder.
func (t *Tree) refold(key string, do func(*node) bool) bool {
	rel, ok := t.relative(key)
	if !ok {
		return false
	}
	f := folding{mode: t.mode, do: func(n *node) bool { return n.kids != nil && do(n) }}
	return f.at(t.top, rel, 0)
}

// folding changes one folder, and counts the rows around it anew.
type folding struct {
	mode   mode
	around bool // open the folders around it
	do     func(*node) bool
}

// at does it at rel among the siblings of n, or, where rel is part of a chain
// that is joined, at the folder whose row that is. What the row is joined of
// is opened and stays so when the chain breaks.
func (f folding) at(n *node, rel string, depth int) (done bool) {
	if n == nil {
		return false
	}
	n.push()
	seg, rest, more := cut(rel, depth)
	link := f.mode == joined && n.link()
	switch c := strings.Compare(seg, n.seg); {
	case c < 0:
		done = f.at(n.left, rel, depth)
	case c > 0:
		done = f.at(n.right, rel, depth)
	case more || link:
		if !more {
			rest = n.kids.seg
		}
		done = f.at(n.kids, rest, depth+1)
		if done && (f.around || link) {
			n.set(isOpen, true)
		}
	default:
		done = f.do(n)
	}
	n.pull()
	return done
}
