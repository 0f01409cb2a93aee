package tree

import "strings"

// maxDepth is how deep keys are cut. What is deeper stays in one segment,
// slashes and all, so that a key of a million slashes is no million levels.
const maxDepth = 256

// mode is one of the two ways to show chains of single folders; the rows are
// counted in both, so that changing it costs nothing.
type mode uint8

const (
	plain  mode = iota // a row for each folder
	joined             // one row for the chain
)

// node is one segment: a key, a folder, or both. Siblings form a binary tree
// (left, right) that is balanced by weight, for which the counts it needs
// anyway are enough; kids is the root of the siblings one level down. It is
// 80 bytes, a size that Go allocates without waste.
type node struct {
	seg         string
	left, right *node
	kids        *node
	index       uint64
	size        int32
	flags       uint8
	state       state
	sum         sums
}

// sums are counts over a node, the siblings that hang on it, and all that is
// below any of these.
type sums struct {
	width uint32    // siblings
	keys  uint32    // keys
	all   [2]uint32 // rows in each mode if every folder were open
	shown [2]uint32 // rows in each mode as the folders are
}

// state is what a node is, as bits.
type state uint8

const (
	isKey    state = 1 << iota // it has a value
	isGhost                    // it is nothing any more, and shown a while longer
	isOpen                     // what is below has rows
	spreads                    // what is new below starts open
	inRound                    // the listing's round, see Tree.round
	tagOpen                    // everything that hangs on it is yet to be opened
	tagClose                   // … or closed
)

func (n *node) is(s state) bool { return n.state&s != 0 }

// set sets or clears the bits of s.
func (n *node) set(s state, on bool) {
	if on {
		n.state |= s
	} else {
		n.state &^= s
	}
}

// total is the sums of n, which may be nil.
func (n *node) total() sums {
	if n == nil {
		return sums{}
	}
	return n.sum
}

// rows is how many rows n and its siblings show; n may be nil.
func (n *node) rows(m mode) int {
	if n == nil {
		return 0
	}
	return int(n.sum.shown[m])
}

// link tells whether n is a folder around one other folder and nothing else,
// which has no row of its own when chains are joined.
func (n *node) link() bool {
	return n.kids != nil && !n.is(isKey) && n.kids.sum.width == 1 && n.kids.kids != nil
}

// pull counts n's sums anew from what hangs on it. No tag may be on n. Most
// of the time that a tree takes to grow goes here.
func (n *node) pull() {
	s := sums{width: 1, all: [2]uint32{1, 1}, shown: [2]uint32{1, 1}}
	if n.is(isKey) {
		s.keys = 1
	}
	if k := n.kids; k != nil {
		s.keys += k.sum.keys
		s.all[plain] += k.sum.all[plain]
		s.all[joined] += k.sum.all[joined]
		if n.is(isOpen) {
			s.shown[plain] += k.sum.shown[plain]
			s.shown[joined] += k.sum.shown[joined]
		}
		if n.link() {
			s.all[joined], s.shown[joined] = k.sum.all[joined], k.sum.shown[joined]
		}
	}
	if n.left != nil {
		s.add(&n.left.sum)
	}
	if n.right != nil {
		s.add(&n.right.sum)
	}
	n.sum = s
}

// add adds the sums of a side.
func (s *sums) add(side *sums) {
	s.width += side.width
	s.keys += side.keys
	s.all[plain] += side.all[plain]
	s.all[joined] += side.all[joined]
	s.shown[plain] += side.shown[plain]
	s.shown[joined] += side.shown[joined]
}

// fold opens or closes n, its siblings and everything below them, in no time:
// the counts are known, and the rest is left as a tag. n may be nil.
func (n *node) fold(open bool) {
	if n == nil {
		return
	}
	n.set(isOpen|spreads|tagOpen, open)
	n.set(tagClose, !open)
	n.sum.shown = n.sum.all
	if !open {
		n.sum.shown = [2]uint32{n.sum.width, n.sum.width}
	}
}

// push hands a tag on. Whoever reads or changes what hangs on n pushes first.
func (n *node) push() {
	if !n.is(tagOpen | tagClose) {
		return
	}
	open := n.is(tagOpen)
	n.state &^= tagOpen | tagClose
	n.left.fold(open)
	n.right.fold(open)
	n.kids.fold(open)
}

// cut splits the segment of that depth off rel.
func cut(rel string, depth int) (seg, rest string, more bool) {
	if depth >= maxDepth {
		return rel, "", false
	}
	i := strings.IndexByte(rel, '/')
	if i < 0 {
		return rel, "", false
	}
	return rel[:i], rel[i+1:], true
}

// find is the sibling of n named seg, or nil; n may be nil.
func (n *node) find(seg string) *node {
	for n != nil {
		n.push()
		switch c := strings.Compare(seg, n.seg); {
		case c < 0:
			n = n.left
		case c > 0:
			n = n.right
		default:
			return n
		}
	}
	return nil
}

// trail is the nodes on the way to rel, which is there.
func (t *Tree) trail(rel string) []*node {
	nodes := make([]*node, 0, 8)
	level := t.top
	for more := true; more; {
		var seg string
		seg, rel, more = cut(rel, len(nodes))
		n := level.find(seg)
		nodes, level = append(nodes, n), n.kids
	}
	return nodes
}

// find is the node of rel, or nil.
func (t *Tree) find(rel string) *node {
	level := t.top
	for depth := 0; ; depth++ {
		seg, rest, more := cut(rel, depth)
		n := level.find(seg)
		if n == nil || !more {
			return n
		}
		rel, level = rest, n.kids
	}
}

// each calls visit with the path of every key among n, its siblings and what
// is below, in order, until it says no. path is what they all begin with.
func (n *node) each(path []byte, visit func(path []byte, n *node) bool) bool {
	if n == nil {
		return true
	}
	if !n.left.each(path, visit) {
		return false
	}
	own := append(path, n.seg...) //nolint:gocritic // each level writes over what the last one appended
	if n.is(isKey) && !visit(own, n) {
		return false
	}
	if n.kids != nil && !n.kids.each(append(own, '/'), visit) {
		return false
	}
	return n.right.each(path, visit)
}
