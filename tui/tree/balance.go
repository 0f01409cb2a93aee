package tree

// The siblings of a folder are a weight-balanced tree: no side is heavier than
// delta times the other. Hirai and Yamamoto proved this pair right for insertion
// and deletion ("Balancing weight-balanced trees", Journal of Functional
// Programming 21(3), 2011).
const (
	delta = 3
	gamma = 2
)

// weight returns the number of siblings in the subtree of r, plus one.
func (t *Tree) weight(r ref) uint32 { return t.at(r).sum.width + 1 }

// setSide makes child a side of the node of s, whose sums count it already, and
// returns the root of the two. It reads the other side only if one of them is
// too heavy now.
func (t *Tree) setSide(s step, child ref) ref {
	n := t.at(s.at)
	w := t.weight(child)
	other := n.sum.width + 1 - w
	if s.to == toLeft {
		n.left = child
		return t.rebalance(s.at, w, other)
	}
	n.right = child
	return t.rebalance(s.at, other, w)
}

// rebalance rotates r if one of its sides, whose weights are l and w, is too
// heavy. No tag may be on r.
func (t *Tree) rebalance(r ref, l, w uint32) ref {
	n := t.at(r)
	switch {
	case w > delta*l:
		right := t.at(n.right)
		t.push(right)
		if t.weight(right.left) >= gamma*t.weight(right.right) {
			n.right = t.rotateRight(n.right)
		}
		return t.rotateLeft(r)
	case l > delta*w:
		left := t.at(n.left)
		t.push(left)
		if t.weight(left.right) >= gamma*t.weight(left.left) {
			n.left = t.rotateLeft(n.left)
		}
		return t.rotateRight(r)
	}
	return r
}

// balance recounts r after a sibling has left one of its sides, and rotates it
// if necessary.
func (t *Tree) balance(r ref) ref {
	n := t.at(r)
	t.pull(r)
	return t.rebalance(r, t.weight(n.left), t.weight(n.right))
}

// rotateLeft puts r's right side in the place of r.
func (t *Tree) rotateLeft(r ref) ref {
	n := t.at(r)
	up := n.right
	u := t.at(up)
	t.push(u)
	n.right, u.left = u.left, r
	t.pull(r)
	t.pull(up)
	return up
}

// rotateRight puts r's left side in the place of r.
func (t *Tree) rotateRight(r ref) ref {
	n := t.at(r)
	up := n.left
	u := t.at(up)
	t.push(u)
	n.left, u.right = u.right, r
	t.pull(r)
	t.pull(up)
	return up
}

// joinSides makes one tree of the two sides of a node that is taken out.
func (t *Tree) joinSides(l, r ref) ref {
	switch {
	case l == 0:
		return r
	case r == 0:
		return l
	}
	var root ref
	if t.weight(l) > t.weight(r) {
		root, l = t.takeLast(l)
	} else {
		root, r = t.takeFirst(r)
	}
	n := t.at(root)
	n.left, n.right = l, r
	return t.balance(root)
}

// takeFirst takes out the first sibling.
func (t *Tree) takeFirst(r ref) (first, rest ref) {
	n := t.at(r)
	t.push(n)
	if n.left == 0 {
		return r, n.right
	}
	first, n.left = t.takeFirst(n.left)
	return first, t.balance(r)
}

// takeLast takes out the last sibling.
func (t *Tree) takeLast(r ref) (last, rest ref) {
	n := t.at(r)
	t.push(n)
	if n.right == 0 {
		return r, n.left
	}
	last, n.right = t.takeLast(n.right)
	return last, t.balance(r)
}
