package tree

import (
	"iter"
	"strings"
)

// Marked is a key or a folder that is marked.
type Marked struct {
	Entry       // of the key; of a folder that is no key, only Key is set
	Folder bool // everything below it is marked, now and in future
	// Around is the marked folder that it is a part of: something else was taken out of
	// that. Holds says that this was below the key itself.
	Around string
	Holds  bool
	Keys   int // that it stands for, as far as they are known
	// Hidden is how many of these the screen does not show: the filter hides
	// them, or the mark is in a folder that is closed.
	Hidden int
}

// markSum counts the marks among a node, the siblings in its subtree, and everything
// below any of these. Marks inside a marked folder do not count.
type markSum struct {
	keys  uint32 // keys that are marked, or are in a folder that is
	marks uint32 // keys and folders that are marked themselves
}

func (s *markSum) add(d markSum) { s.keys, s.marks = s.keys+d.keys, s.marks+d.marks }

// less returns what has to be added to old to get s; counts wrap around.
func (s markSum) less(old markSum) markSum { return markSum{s.keys - old.keys, s.marks - old.marks} }

// markSums holds the sums of the nodes with marks, in chunks beside those of the
// slab: they take memory only where something is marked.
type markSums struct {
	chunks []*[1 << slabBits]markSum
}

// none reports whether nothing is marked, or was since all marks were taken off.
func (m *markSums) none() bool { return len(m.chunks) == 0 }

func (m *markSums) of(r ref) markSum {
	if chunk := int(r >> slabBits); chunk < len(m.chunks) && m.chunks[chunk] != nil {
		return m.chunks[chunk][r&(1<<slabBits-1)]
	}
	return markSum{}
}

func (m *markSums) set(r ref, s markSum) {
	chunk := int(r >> slabBits)
	if chunk >= len(m.chunks) || m.chunks[chunk] == nil {
		if s == (markSum{}) {
			return
		}
		for chunk >= len(m.chunks) {
			m.chunks = append(m.chunks, nil)
		}
		m.chunks[chunk] = new([1 << slabBits]markSum)
	}
	m.chunks[chunk][r&(1<<slabBits-1)] = s
}

// pullMarks recounts the marks of n, which is r and has a recounted sum.
func (t *Tree) pullMarks(r ref, n *node) {
	if t.marks.none() {
		return
	}
	s := t.ownMarks(n)
	s.add(t.marks.of(n.left))
	s.add(t.marks.of(n.right))
	t.marks.set(r, s)
}

// ownMarks counts the marks of n and of what is below it.
func (t *Tree) ownMarks(n *node) markSum {
	if n.is(isMarkedAll) {
		return markSum{keys: t.ownKeys(n), marks: 1}
	}
	s := t.marks.of(n.kids)
	if n.is(isMarked) {
		s.add(markSum{1, 1})
	}
	return s
}

// ownKeys counts the keys of n and of what is below it.
func (t *Tree) ownKeys(n *node) uint32 {
	keys := t.at(n.kids).sum.keys
	if n.is(isKey) {
		keys++
	}
	return keys
}

// unmark takes all marks off r, its siblings and everything below them. It costs
// O(1), see foldAll.
func (t *Tree) unmark(r ref) {
	if r == 0 {
		return
	}
	n := t.at(r)
	n.set(isMarked|isMarkedAll, false)
	n.set(tagUnmark, true)
	t.marks.set(r, markSum{})
}

// Unmark takes all marks off.
func (t *Tree) Unmark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.marks.none() {
		return
	}
	t.unmark(t.top)
	t.marks, t.out = markSums{}, nil
}

// Mark marks a key, or a folder with everything in it, now and in future; or it takes
// the marks off the key or the folder. In a marked folder, it takes the key or folder out
// of that, or puts it back. It reports whether it did: it does not if there is no such key
// or folder, if it is in something else that was taken out, or if too much was.
func (t *Tree) Mark(key string, on bool) bool {
	rel, ok := t.relative(key)
	if !ok {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mark(rel, on, true)
}

// mark is Mark for rel. Without all, a folder is marked as a key, if it is one.
func (t *Tree) mark(rel string, on, all bool) bool {
	r, _ := t.descend(rel)
	if r == 0 {
		return false
	}
	if t.markedAround() {
		return t.takeOut(t.prefix+rel, !on)
	}
	n := t.at(r)
	if !on || all {
		t.putBack(t.prefix + rel)
	}
	switch {
	case !on:
		n.set(isMarked|isMarkedAll, false)
		t.unmark(n.kids)
	case n.is(isMarkedAll):
		return true
	case all && n.folder():
		t.unmark(n.kids)
		n.set(isMarkedAll, true)
		n.set(isMarked, false)
	case n.is(isKey):
		n.set(isMarked, true)
	default:
		return false
	}
	t.recountMarks(r)
	return true
}

// recountMarks recounts the marks of r, the end of the way, and of all around it.
func (t *Tree) recountMarks(r ref) {
	before := t.marks.of(r)
	n := t.at(r)
	s := t.ownMarks(n)
	s.add(t.marks.of(n.left))
	s.add(t.marks.of(n.right))
	t.marks.set(r, s)
	d := s.less(before)
	for i := len(t.way) - 1; i >= 0 && d != (markSum{}); i-- {
		s := t.marks.of(t.way[i].at)
		s.add(d)
		t.marks.set(t.way[i].at, s)
	}
}

// markedAround reports whether a folder on the way is marked.
func (t *Tree) markedAround() bool {
	for _, s := range t.way {
		if s.to == toKids && t.at(s.at).is(isMarkedAll) {
			return true
		}
	}
	return false
}

// dropMarks takes the marks off n, the end of the way, if it is no longer what was
// marked: a key, or a folder.
func (n *node) dropMarks() {
	if !n.is(isKey) {
		n.set(isMarked, false)
	}
	if !n.is(isKey) && !n.folder() {
		n.set(isMarkedAll, false)
	}
}

// MarkedFolder returns the marked folder that key is in; not ok if there is none.
func (t *Tree) MarkedFolder(key string) (folder string, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return "", false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.marks.none() {
		return "", false
	}
	t.descend(rel)
	end := 0
	for _, s := range t.way {
		if s.to != toKids {
			continue
		}
		n := t.at(s.at)
		end += len(t.seg(n)) + 1
		if n.is(isMarkedAll) {
			return t.prefix + rel[:end-1], true
		}
	}
	return "", false
}

// CountMarks returns how many keys are marked, those in marked folders included, and
// how many marks that takes. more says that there may be further keys: content of a
// marked folder is not known.
func (t *Tree) CountMarks() (keys, marks int, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.marks.of(t.top)
	return int(s.keys) - t.keysOut(t.out), int(s.marks), s.marks > 0 && t.unlisted > 0 && t.markedUnlisted()
}

// SomeMarked reports whether anything is marked. Unlike CountMarks it counts nothing.
func (t *Tree) SomeMarked() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.marks.of(t.top).marks > 0
}

// marksLook is how many marks are searched for folders whose content is not known. If
// there are more, there may be such a folder.
const marksLook = 100

// markedUnlisted reports whether the content of a marked folder is, or may be, not
// known.
func (t *Tree) markedUnlisted() bool {
	looked, found := 0, false
	t.eachMark(t.top, []byte(t.prefix), func(path []byte, n *node) bool {
		look := moreLook
		found = t.marksFolder(path, n) && (n.is(isUnlisted) || t.someUnlisted(n.kids, &look))
		looked++
		found = found || looked >= marksLook
		return !found
	})
	return found
}

// Marks returns all marks in the order of the rows. None of them is inside another. Of a
// folder of which something was taken out, it returns the parts that are left.
func (t *Tree) Marks() iter.Seq[Marked] {
	return bySlices(t, mark{}, t.marksBehind, t.marked, func(m Marked) string { return m.Key })
}

// marked describes the mark on n.
func (t *Tree) marked(path []byte, n *node) Marked {
	m := Marked{Entry: Entry{Key: string(path), Size: -1}, Folder: t.marksFolder(path, n), Keys: 1}
	if n.is(isKey) {
		m.Entry = n.entry(m.Key)
	}
	if len(t.out) > 0 && !n.is(isMarked) && (!n.is(isMarkedAll) || !m.Folder) {
		m.Around, m.Holds = t.markAround(m.Key), len(t.outBelow(m.Key)) > 0
	}
	if m.Folder {
		m.Keys = int(t.ownKeys(n))
	}
	if t.view() == filtered {
		return t.hiddenByFilter(m, n)
	}
	if _, shown := t.rowOf(m.Key[len(t.prefix):]); !shown {
		m.Hidden = m.Keys
	}
	return m
}

// markRow sets what a row says of marks, of n in a folder that is marked or is in one, or
// not.
func (t *Tree) markRow(row *Row, n *node, around bool) {
	if around && len(t.out) > 0 {
		_, out := t.outAt(row.Key)
		around = !out
		if out {
			return
		}
	}
	row.Marked = around || n.is(isMarked|isMarkedAll)
	row.Marks = int(t.marks.of(n.kids).keys)
	if around || n.is(isMarkedAll) {
		row.Marks = int(t.at(n.kids).sum.keys)
	}
	if out := t.outBelow(row.Key); len(out) > 0 {
		row.Marks -= t.keysOut(out)
		row.Partly = around || n.is(isMarkedAll)
	}
}

// marksFolder reports whether a mark on n stands for everything below n.
func (t *Tree) marksFolder(path []byte, n *node) bool {
	whole := n.is(isMarkedAll) || !n.is(isMarked) && n.folder()
	return whole && (len(t.out) == 0 || len(t.outBelow(string(path))) == 0)
}

// markAround returns the marked folder that is a key, or has it inside.
func (t *Tree) markAround(key string) string {
	rel, level := key[len(t.prefix):], t.top
	for depth := 0; ; depth++ {
		seg, rest, more := cut(rel, depth)
		r := t.sibling(level, seg)
		switch {
		case r == 0 || !more:
			return key
		case t.at(r).is(isMarkedAll):
			return key[:len(key)-len(rest)-1]
		}
		rel, level = rest, t.at(r).kids
	}
}

// hiddenByFilter counts the keys of a mark that the filter hides.
func (t *Tree) hiddenByFilter(m Marked, n *node) Marked {
	t.descend(m.Key[len(t.prefix):]) // moves the tags above and on it away
	hits := 0
	if n.is(isHit) && n.is(isKey) {
		hits++
	}
	if m.Folder {
		hits += int(t.at(n.kids).sum.hits)
	}
	m.Hidden = max(0, m.Keys-hits)
	return m
}

// marksBehind visits the marks behind a position.
func (t *Tree) marksBehind(from mark, visit visitor) {
	path := append(make([]byte, 0, 256), t.prefix...)
	if from.set {
		t.marksAfter(t.top, path, from.rel, 0, visit)
	} else {
		t.eachMark(t.top, path, visit)
	}
}

// eachMark visits the marks among r, its siblings and what is below them, in order. A
// node without marks is not looked into: what is below its tag does not count.
func (t *Tree) eachMark(r ref, path []byte, visit visitor) bool {
	if t.marks.of(r).marks == 0 {
		return true
	}
	n := t.at(r)
	return t.eachMark(n.left, path, visit) &&
		t.marksOf(n, path, visit) &&
		t.eachMark(n.right, path, visit)
}

// marksOf visits the mark on n, and those below it.
func (t *Tree) marksOf(n *node, path []byte, visit visitor) bool {
	path = append(path, t.seg(n)...)
	inPieces := n.is(isMarkedAll) && len(t.out) > 0 && len(t.outBelow(string(path))) > 0
	if n.is(isMarked|isMarkedAll) && (!inPieces || n.is(isKey)) && !visit(path, n) {
		return false
	}
	if inPieces {
		t.push(n)
		return t.pieces(n.kids, append(path, '/'), visit)
	}
	return n.is(isMarkedAll) || t.eachMark(n.kids, append(path, '/'), visit)
}

// marksAfter is eachMark for what is behind rel only.
func (t *Tree) marksAfter(r ref, path []byte, rel string, depth int, visit visitor) bool {
	if t.marks.of(r).marks == 0 {
		return true
	}
	n := t.at(r)
	seg, rest, more := cut(rel, depth)
	switch c := strings.Compare(seg, t.seg(n)); {
	case c > 0:
		return t.marksAfter(n.right, path, rel, depth, visit)
	case c < 0:
		if !t.marksAfter(n.left, path, rel, depth, visit) || !t.marksOf(n, path, visit) {
			return false
		}
	case n.is(isMarkedAll):
		t.push(n)
		if !t.insideAfter(n, append(path, seg...), rest, more, depth, visit) {
			return false
		}
	default:
		own := append(append(path, seg...), '/')
		if more {
			if !t.marksAfter(n.kids, own, rest, depth+1, visit) {
				return false
			}
		} else if !t.eachMark(n.kids, own, visit) {
			return false
		}
	}
	return t.eachMark(n.right, path, visit)
}

// noteDropped notes that the marks below n are lost.
func (t *Tree) noteDropped(n *node) {
	if !n.is(isMarkedAll) {
		t.droppedMarks += int(t.marks.of(n.kids).marks)
	}
}

// TakeDropped returns how many marks were lost since the last call because the tree
// had to forget a folder whose keys are still there.
func (t *Tree) TakeDropped() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.droppedMarks
	t.droppedMarks = 0
	return n
}
