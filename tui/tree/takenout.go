package tree

import (
	"slices"
	"strings"
)

// A key or a folder can be taken out of a marked folder. It is kept by its name and not
// in its node, so that a key that is deleted and written again stays out. People take
// keys out one by one, so that there are few.

// takenOutMost is how many keys and folders can be taken out.
const takenOutMost = 500

// outBelow returns what is taken out below a folder, unless that is not marked any more.
func (t *Tree) outBelow(folder string) []string {
	if len(t.out) == 0 {
		return nil
	}
	first, last := t.outRange(folder)
	return t.out[first:last]
}

// outRange returns where in t.out that begins and ends.
func (t *Tree) outRange(folder string) (first, last int) {
	first, _ = slices.BinarySearch(t.out, folder+"/")
	last, _ = slices.BinarySearch(t.out, folder+"0") // the byte behind the slash
	return first, last
}

// outAt returns what is taken out that is a key, or has it inside.
func (t *Tree) outAt(key string) (taken string, ok bool) {
	if len(t.out) == 0 {
		return "", false
	}
	for end := len(key); end >= len(t.prefix); end = strings.LastIndexByte(key[:end], '/') {
		if _, ok := slices.BinarySearch(t.out, key[:end]); ok {
			return key[:end], true
		}
	}
	return "", false
}

// putBack forgets what is taken out below a folder, and at its name.
func (t *Tree) putBack(folder string) bool {
	before := len(t.out)
	if before == 0 {
		return false
	}
	first, last := t.outRange(folder)
	t.out = slices.Delete(t.out, first, last)
	if at, ok := slices.BinarySearch(t.out, folder); ok {
		t.out = slices.Delete(t.out, at, at+1)
	}
	return len(t.out) < before
}

// takeOut takes a key or a folder out of the marked folder around it, or puts it back.
// It reports whether it did.
func (t *Tree) takeOut(key string, out bool) bool {
	taken, is := t.outAt(key)
	switch {
	case is && taken != key: // it is in what is taken out
		return false
	case !out:
		return t.putBack(key)
	case is:
		return false
	}
	t.putBack(key)
	if len(t.out) >= takenOutMost {
		t.out = slices.DeleteFunc(t.out, func(key string) bool { return !t.inMarked(key) })
	}
	if len(t.out) >= takenOutMost {
		return false
	}
	at, _ := slices.BinarySearch(t.out, key)
	t.out = slices.Insert(t.out, at, key)
	return true
}

// TakenOut returns what is taken out of a marked folder that is the key, or has it
// inside; not ok if nothing is.
func (t *Tree) TakenOut(key string) (taken string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken, ok = t.outAt(key)
	if ok && !t.inMarked(taken) {
		return "", false
	}
	return taken, ok
}

// inMarked reports whether a folder around a key is marked.
func (t *Tree) inMarked(key string) bool {
	_, marked := t.findOut(key)
	return marked
}

// findOut returns the node of a key, or 0, and whether a folder around it is marked.
func (t *Tree) findOut(key string) (r ref, marked bool) {
	rel, level := key[len(t.prefix):], t.top
	for depth := 0; ; depth++ {
		seg, rest, more := cut(rel, depth)
		r := t.sibling(level, seg)
		if r == 0 || !more {
			return r, marked
		}
		n := t.at(r)
		marked = marked || n.is(isMarkedAll)
		rel, level = rest, n.kids
	}
}

// keysOut counts the keys that are taken out of marked folders, of some that are.
func (t *Tree) keysOut(out []string) int {
	keys := 0
	for _, key := range out {
		if r, marked := t.findOut(key); r != 0 && marked {
			keys += int(t.ownKeys(t.at(r)))
		}
	}
	return keys
}

// closeOut keeps what is taken out of marks when the content of a folder is about to be
// forgotten: of keys that nobody knows none can be left out. A marked folder loses its
// mark, which the caller recounts; one within is taken out as a whole.
func (t *Tree) closeOut(folder string) {
	below := len(t.outBelow(folder))
	if below == 0 {
		return
	}
	r, around := t.findOut(folder)
	switch n := t.at(r); {
	case r != 0 && n.is(isMarkedAll):
		n.set(isMarkedAll, false)
		t.droppedMarks++
		t.putBack(folder)
	case around:
		t.droppedMarks += below
		t.takeOut(folder, true)
	default:
		t.putBack(folder)
	}
}

// pieces visits what is marked of the content of a folder of which something is taken
// out: r, its siblings, and what is below them.
func (t *Tree) pieces(r ref, path []byte, visit visitor) bool {
	if r == 0 {
		return true
	}
	n := t.at(r)
	t.push(n)
	return t.pieces(n.left, path, visit) && t.piece(n, path, visit) && t.pieces(n.right, path, visit)
}

// piece visits what is marked of n: all, or else itself and what is left below it.
func (t *Tree) piece(n *node, path []byte, visit visitor) bool {
	path = append(path, t.seg(n)...)
	if _, out := slices.BinarySearch(t.out, string(path)); out || !n.is(isKey) && !n.folder() {
		return true
	}
	if len(t.outBelow(string(path))) == 0 {
		return visit(path, n)
	}
	return (!n.is(isKey) || visit(path, n)) && t.pieces(n.kids, append(path, '/'), visit)
}

// piecesAfter is pieces for what is behind rel only.
func (t *Tree) piecesAfter(r ref, path []byte, rel string, depth int, visit visitor) bool {
	if r == 0 {
		return true
	}
	n := t.at(r)
	t.push(n)
	seg, rest, more := cut(rel, depth)
	switch c := strings.Compare(seg, t.seg(n)); {
	case c > 0:
		return t.piecesAfter(n.right, path, rel, depth, visit)
	case c < 0:
		if !t.piecesAfter(n.left, path, rel, depth, visit) || !t.piece(n, path, visit) {
			return false
		}
	default:
		if !t.insideAfter(n, append(path, seg...), rest, more, depth, visit) {
			return false
		}
	}
	return t.pieces(n.right, path, visit)
}

// insideAfter visits what is marked below n, whose path is given, behind rest.
func (t *Tree) insideAfter(n *node, path []byte, rest string, more bool, depth int, visit visitor) bool {
	_, out := slices.BinarySearch(t.out, string(path))
	switch {
	case out || len(t.outBelow(string(path))) == 0: // all of it is behind, or none was marked
		return true
	case more:
		return t.piecesAfter(n.kids, append(path, '/'), rest, depth+1, visit)
	default:
		return t.pieces(n.kids, append(path, '/'), visit)
	}
}
