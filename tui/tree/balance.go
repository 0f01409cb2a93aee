package tree

import "strings"

// The siblings of a folder are a weight-balanced tree: no side is more than
// heavy times the weight of the other. heavy and double are the pair that
// Hirai and Yamamoto proved right for insertion and deletion ("Balancing
// weight-balanced trees", Journal of Functional Programming 21(3), 2011).
const (
	heavy  = 3
	double = 2
)

// weight is the number of siblings that hang on n, plus one.
func weight(n *node) uint32 {
	if n == nil {
		return 1
	}
	return n.sum.width + 1
}

// balance counts n anew after one sibling came or went on one of its sides,
// and turns it when that side became too heavy. No tag may be on n.
func (n *node) balance() *node {
	l, r := weight(n.left), weight(n.right)
	switch {
	case r > heavy*l:
		n.right.push()
		if weight(n.right.left) >= double*weight(n.right.right) {
			n.right = n.right.turnRight()
		}
		return n.turnLeft()
	case l > heavy*r:
		n.left.push()
		if weight(n.left.right) >= double*weight(n.left.left) {
			n.left = n.left.turnLeft()
		}
		return n.turnRight()
	}
	n.pull()
	return n
}

// turnLeft puts n's right side in its place.
func (n *node) turnLeft() *node {
	r := n.right
	r.push()
	n.right, r.left = r.left, n
	n.pull()
	r.pull()
	return r
}

// turnRight puts n's left side in its place.
func (n *node) turnRight() *node {
	l := n.left
	l.push()
	n.left, l.right = l.right, n
	n.pull()
	l.pull()
	return l
}

// glue makes one tree of siblings of two whose parent left.
func glue(l, r *node) *node {
	switch {
	case l == nil:
		return r
	case r == nil:
		return l
	case weight(l) > weight(r):
		n, rest := l.takeLast()
		n.left, n.right = rest, r
		return n.balance()
	default:
		n, rest := r.takeFirst()
		n.left, n.right = l, rest
		return n.balance()
	}
}

// takeFirst takes the first sibling out.
func (n *node) takeFirst() (first, rest *node) {
	n.push()
	if n.left == nil {
		return n, n.right
	}
	first, n.left = n.left.takeFirst()
	return first, n.balance()
}

// takeLast takes the last sibling out.
func (n *node) takeLast() (last, rest *node) {
	n.push()
	if n.right == nil {
		return n, n.left
	}
	last, n.right = n.right.takeLast()
	return last, n.balance()
}

// grow makes a key of rel among the siblings of n, which may be nil, with
// the folders it needs. open tells how what is new starts.
func (t *Tree) grow(n *node, rel string, depth int, open bool, e Entry) *node {
	seg, rest, more := cut(rel, depth)
	if n == nil {
		n = &node{seg: strings.Clone(seg)} // or it would hold on to the whole key
		n.set(isOpen|spreads, open)
	}
	n.push()
	switch c := strings.Compare(seg, n.seg); {
	case c < 0:
		n.left = t.grow(n.left, rel, depth, open, e)
		return n.balance()
	case c > 0:
		n.right = t.grow(n.right, rel, depth, open, e)
		return n.balance()
	case more:
		n.kids = t.grow(n.kids, rest, depth+1, n.is(spreads), e)
	default:
		n.set(isKey, true)
		n.set(inRound, t.round)
		n.index, n.flags, n.size = e.Index, e.Flags, clamp(e.Size)
	}
	n.set(isGhost, false)
	n.pull()
	return n
}

// shrink takes the key or ghost rel, which must be there, from the siblings
// of n, and the folders with it that are empty then. With ghost its node
// stays as one.
func (t *Tree) shrink(n *node, rel string, depth int, ghost bool) *node {
	n.push()
	seg, rest, more := cut(rel, depth)
	switch c := strings.Compare(seg, n.seg); {
	case c < 0:
		n.left = t.shrink(n.left, rel, depth, ghost)
		return n.balance()
	case c > 0:
		n.right = t.shrink(n.right, rel, depth, ghost)
		return n.balance()
	case more:
		n.kids = t.shrink(n.kids, rest, depth+1, ghost)
	default:
		n.set(isKey, false)
		n.set(isGhost, ghost && n.kids == nil)
	}
	if n.kids == nil && !n.is(isKey|isGhost) {
		delete(t.lights, n)
		return glue(n.left, n.right)
	}
	n.pull()
	return n
}
