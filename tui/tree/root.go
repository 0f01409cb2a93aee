package tree

import "strings"

// Empty reports whether there are no keys and no folders; ghosts do not count.
func (t *Tree) Empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys() == 0 && t.unlisted == 0
}

// Root forgets all keys and folders, and makes t the tree of e and what is below e:
// rooted at the directory around e, with e open. A filter and a running listing
// stay.
func (t *Tree) Root(e Entry) {
	empty := New(e.Key[:strings.LastIndexByte(e.Key, '/')+1])
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prefix = empty.prefix
	t.nodes, t.texts, t.top, t.way = empty.nodes, empty.texts, 0, nil
	t.lights, t.forgotten = empty.lights, nil
	t.marks, t.droppedMarks = markSums{}, 0
	t.stale, t.unlisted, t.unlistedKeys, t.swept = 0, 0, 0, mark{}
	t.filter = filter{pattern: t.filter.pattern}
	rel, _ := t.relative(e.Key)
	_, missing := t.descend(rel)
	t.grow(missing, func(n *node) {
		t.write(n, e)
		n.set(isOpen, true)
	})
}
