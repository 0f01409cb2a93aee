package tree

// Open opens the folder key and reports whether that changed anything.
func (t *Tree) Open(key string) bool {
	return t.refold(key, func(n *node) bool { return n.open(true) })
}

// Close closes the folder key and reports whether that changed anything.
func (t *Tree) Close(key string) bool {
	return t.refold(key, func(n *node) bool { return n.open(false) })
}

// Toggle opens or closes the folder key and reports whether there is one.
func (t *Tree) Toggle(key string) bool {
	return t.refold(key, func(n *node) bool { return n.open(!n.is(isOpen)) })
}

// OpenAll opens the folder key and everything below it, now and in future. It
// reports whether there is such a folder.
func (t *Tree) OpenAll(key string) bool {
	return t.refold(key, func(n *node) bool { return t.foldBelow(n, true) })
}

// CloseAll closes the folder key and everything below it. It reports whether
// there is such a folder.
func (t *Tree) CloseAll(key string) bool {
	return t.refold(key, func(n *node) bool { return t.foldBelow(n, false) })
}

// OpenTree opens every folder, now and in future.
func (t *Tree) OpenTree() { t.foldTree(true) }

// CloseTree closes every folder.
func (t *Tree) CloseTree() { t.foldTree(false) }

func (t *Tree) foldTree(open bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opensNew = open
	t.foldAll(t.top, open)
}

// Reveal opens the folders around key and returns its row. It is not ok, and
// opens nothing, if there is no such key or folder. Under a filter everything is
// open, and Reveal is RowOf.
func (t *Tree) Reveal(key string) (row int, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.view() == filtered {
		return t.rowOf(rel)
	}
	r, _ := t.descend(rel)
	if r == 0 {
		return 0, false
	}
	r = t.chainEnd(r)
	for _, s := range t.way {
		if s.to == toKids {
			t.at(s.at).set(isOpen, true)
		}
	}
	t.recount(r)
	return t.seek(rel)
}

// open opens or closes n and reports whether that changed it.
func (n *node) open(open bool) bool {
	if n.is(isOpen) == open {
		return false
	}
	n.set(isOpen, open)
	return true
}

// foldBelow opens or closes n and everything below it.
func (t *Tree) foldBelow(n *node, open bool) bool {
	n.set(isOpen|opensNew, open)
	t.foldAll(n.kids, open)
	return true
}

// refold lets do open or close the folder key, or, if it is part of a joined
// chain, the folder whose row that is. It returns what do returned, or false if
// there is no such folder. The other folders of the chain are opened: they stay
// open when the chain breaks.
func (t *Tree) refold(key string, do func(*node) bool) bool {
	rel, ok := t.relative(key)
	if !ok {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r, _ := t.descend(rel)
	if r == 0 || !t.at(r).folder() {
		return false
	}
	r = t.chainEnd(r)
	if !do(t.at(r)) {
		return false
	}
	for _, s := range t.way {
		if n := t.at(s.at); s.to == toKids && t.view() == joined && t.link(n) {
			n.set(isOpen, true)
		}
	}
	t.recount(r)
	return true
}

// chainEnd extends the way to the last folder of the joined chain that r is part
// of, and returns that folder, or r if it is in no chain.
func (t *Tree) chainEnd(r ref) ref {
	for n := t.at(r); t.view() == joined && t.link(n); n = t.at(r) {
		t.way = append(t.way, step{r, toKids})
		r = n.kids
		t.push(t.at(r))
	}
	return r
}

// recount recounts r and all folders on the way to it.
func (t *Tree) recount(r ref) {
	before := t.at(r).sum
	t.pull(r)
	d := t.at(r).sum.less(&before)
	for i := len(t.way) - 1; i >= 0; i-- {
		n := t.at(t.way[i].at)
		if t.way[i].to != toKids {
			n.sum.add(&d)
			continue
		}
		before := n.sum
		t.pull(t.way[i].at)
		d = n.sum.less(&before)
	}
}
