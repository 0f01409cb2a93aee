package tree

import (
	"encoding/binary"
	"strings"
	"unsafe"
)

// maxDepth is how deep keys are cut. The rest of a deeper key is one segment, with its slashes, so
// that a key of a million slashes does not make a million levels.
const maxDepth = 256

// mode is a way to show the tree. The rows are counted in all modes, so that
// changing the mode costs nothing.
type mode uint8

const (
	plain    mode = iota // a row for each folder
	joined               // one row for a chain of single folders
	filtered             // the hits of the filter and the folders around them, all open
)

// shortText is the longest segment that is kept in its node, where comparing it
// touches no other cache line.
const shortText = 20

// node is one segment: a key, a folder, or both. Siblings form a binary tree
// (left, right) balanced by weight, which needs no more than the counts that are
// kept anyway; kids is the root of the siblings one level down. The fields that a
// search for a segment reads come first. A node takes 80 bytes.
type node struct {
	left, right ref
	kids        ref
	state       state
	flags       uint8
	length      uint8           // of the segment, see texts
	short       [shortText]byte // the segment, or where in texts it is
	size        int32
	index       uint64
	sum         sums
}

// sums are counts over a node, the siblings in its subtree, and everything below
// any of these.
type sums struct {
	width uint32    // siblings
	keys  uint32    // keys
	hits  uint32    // keys that the filter finds
	all   [2]uint32 // rows, plain and joined, if every folder were open
	rows  [3]uint32 // rows, by mode
}

// state is what a node is, as bits.
type state uint16

const (
	isKey       state = 1 << iota // it has a value
	isGhost                       // it is gone, and shown a while longer
	isUnlisted                    // a folder whose content is not known
	isOpen                        // what is below has rows
	opensNew                      // what is new below starts open
	inRound                       // of a key: see Tree.round
	dirRound                      // of an unlisted folder: the same
	isLit                         // it has a lamp
	isPreview                     // of a key: only its name is known
	isHit                         // the filter matches its path; only with isThing
	tagOpen                       // its whole subtree is yet to be opened
	tagClose                      // … or closed
	tagFound                      // the filter matches its whole subtree, or none of it, as isHit says
	isMarked                      // of a key: it is marked, alone
	isMarkedAll                   // it is marked with everything below it
	tagUnmark                     // in its whole subtree the marks are yet to be taken off
	tags        = tagOpen | tagClose | tagFound | tagUnmark
	isThing     = isKey | isGhost | isUnlisted // it has a row of its own
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

// folder reports whether something is below n, known or not.
func (n *node) folder() bool { return n.kids != 0 || n.is(isUnlisted) }

// add adds the sums of a side.
func (s *sums) add(side *sums) {
	s.width += side.width
	s.keys += side.keys
	s.hits += side.hits
	s.all[plain] += side.all[plain]
	s.all[joined] += side.all[joined]
	s.rows[plain] += side.rows[plain]
	s.rows[joined] += side.rows[joined]
	s.rows[filtered] += side.rows[filtered]
}

// less returns what has to be added to old to get s; counts wrap around.
func (s sums) less(old *sums) sums {
	s.width -= old.width
	s.keys -= old.keys
	s.hits -= old.hits
	s.all[plain] -= old.all[plain]
	s.all[joined] -= old.all[joined]
	s.rows[plain] -= old.rows[plain]
	s.rows[joined] -= old.rows[joined]
	s.rows[filtered] -= old.rows[filtered]
	return s
}

// at returns the node of a ref.
func (t *Tree) at(r ref) *node { return t.nodes.at(r) }

// seg returns the segment of n, which is valid until the tree changes.
func (t *Tree) seg(n *node) string {
	if n.length <= shortText {
		return unsafe.String(&n.short[0], n.length)
	}
	return t.texts.get(n.text(), n.length)
}

// text returns where in texts a long segment is.
func (n *node) text() uint32 { return binary.NativeEndian.Uint32(n.short[:]) }

// newNode makes a node; a folder starts open or closed.
func (t *Tree) newNode(seg string, open bool) ref {
	r := t.nodes.take()
	n := t.at(r)
	if len(seg) <= shortText {
		n.length = uint8(copy(n.short[:], seg))
	} else {
		var at uint32
		at, n.length = t.texts.put(seg)
		binary.NativeEndian.PutUint32(n.short[:], at)
	}
	n.size = -1
	n.set(isOpen|opensNew, open)
	return r
}

// free frees one node without its subtree.
func (t *Tree) free(r ref) {
	n := t.at(r)
	if n.is(isLit) {
		t.lights.remove(r)
	}
	if n.length > shortText {
		t.texts.drop(n.text(), n.length)
	}
	t.marks.set(r, markSum{})
	t.nodes.give(r)
}

// rows returns how many rows r and its siblings show.
func (t *Tree) rows(r ref, m mode) int { return int(t.at(r).sum.rows[m]) }

// link reports whether n is a folder that contains one folder and nothing else.
// It has no row of its own when chains are joined.
func (t *Tree) link(n *node) bool {
	if n.kids == 0 || n.is(isKey) {
		return false
	}
	kid := t.at(n.kids)
	return kid.sum.width == 1 && kid.folder()
}

// pull recounts r from its sides and kids. No tag may be on r.
func (t *Tree) pull(r ref) {
	n := t.at(r)
	s := sums{width: 1, all: [2]uint32{1, 1}, rows: [3]uint32{1, 1}}
	if n.is(isKey) {
		s.keys = 1
	}
	if n.kids != 0 {
		k := &t.at(n.kids).sum
		s.keys += k.keys
		s.all[plain] += k.all[plain]
		s.all[joined] += k.all[joined]
		if n.is(isOpen) {
			s.rows[plain] += k.rows[plain]
			s.rows[joined] += k.rows[joined]
		}
		if t.link(n) {
			s.all[joined], s.rows[joined] = k.all[joined], k.rows[joined]
		}
	}
	s.hits, s.rows[filtered] = t.countFound(n)
	s.add(&t.at(n.left).sum)
	s.add(&t.at(n.right).sum)
	n.sum = s
	t.pullMarks(r, n)
}

// counts are all that is counted over a node.
type counts struct {
	sums
	marks markSum
}

// countsOf returns the counts of r.
func (t *Tree) countsOf(r ref) counts { return counts{t.at(r).sum, t.marks.of(r)} }

// less returns what has to be added to old to get c.
func (c counts) less(old counts) counts {
	return counts{c.sums.less(&old.sums), c.marks.less(old.marks)}
}

// addCounts adds d to the counts of r.
func (t *Tree) addCounts(r ref, d *counts) {
	t.at(r).sum.add(&d.sums)
	if d.marks != (markSum{}) {
		s := t.marks.of(r)
		s.add(d.marks)
		t.marks.set(r, s)
	}
}

// foldAll opens or closes r, its siblings and everything below them. It costs
// O(1): the counts are known, and a tag says what is yet to be done below.
func (t *Tree) foldAll(r ref, open bool) {
	if r == 0 {
		return
	}
	n := t.at(r)
	n.set(isOpen|opensNew|tagOpen, open)
	n.set(tagClose, !open)
	n.sum.rows[plain], n.sum.rows[joined] = n.sum.all[plain], n.sum.all[joined]
	if !open {
		n.sum.rows[plain], n.sum.rows[joined] = n.sum.width, n.sum.width
	}
}

// push moves the tags of n to its sides and kids. It must be called before these
// are read or changed.
func (t *Tree) push(n *node) {
	if n.is(tags) {
		t.pushTags(n)
	}
}

func (t *Tree) pushTags(n *node) {
	if n.is(tagOpen | tagClose) {
		open := n.is(tagOpen)
		t.foldAll(n.left, open)
		t.foldAll(n.right, open)
		t.foldAll(n.kids, open)
	}
	if n.is(tagFound) {
		hit := n.is(isHit)
		t.decide(n.left, hit)
		t.decide(n.right, hit)
		t.decide(n.kids, hit)
	}
	if n.is(tagUnmark) {
		t.unmark(n.left)
		t.unmark(n.right)
		t.unmark(n.kids)
	}
	n.state &^= tags
}

// cut splits rel behind its first segment, which is at that depth.
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
