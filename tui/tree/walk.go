package tree

import (
	"iter"
	"strings"
)

// sliceLen is how many entries an iterator reads at a time.
const sliceLen = 256

// Compare compares two keys in the order of the rows: segment by segment, a folder
// before its content.
func Compare(a, b string) int {
	for depth := 0; ; depth++ {
		segA, restA, moreA := cut(a, depth)
		segB, restB, moreB := cut(b, depth)
		if c := strings.Compare(segA, segB); c != 0 {
			return c
		}
		switch {
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

// All returns every key in the order of the rows, whatever is open.
func (t *Tree) All() iter.Seq[Entry] { return t.entries(mark{}) }

// After returns every key behind key in the order of the rows, whatever is open.
// The key need not be in the tree, and "" is before all.
func (t *Tree) After(key string) iter.Seq[Entry] {
	rel, ok := t.relative(key)
	return t.entries(mark{rel, ok})
}

// mark is a position in the tree: behind rel, or before everything.
type mark struct {
	rel string
	set bool
}

// entries returns every key behind from.
func (t *Tree) entries(from mark) iter.Seq[Entry] {
	visit := func(from mark, see visitor) { t.behind(from, []byte(t.prefix), isKey, see) }
	take := func(path []byte, n *node) Entry { return n.entry(string(path)) }
	return bySlices(t, from, visit, take, func(e Entry) string { return e.Key })
}

// bySlices returns what take makes of the nodes that visit finds behind from, in
// their order. The tree is locked for a slice of them at a time, and never while one
// is yielded. keyOf returns the key of a node, behind which the next slice begins.
func bySlices[T any](t *Tree, from mark, visit func(mark, visitor), take func([]byte, *node) T, keyOf func(T) string) iter.Seq[T] {
	return func(yield func(T) bool) {
		from := from
		for buf := make([]T, 0, sliceLen); ; buf = buf[:0] {
			t.mu.Lock()
			visit(from, func(path []byte, n *node) bool {
				buf = append(buf, take(path, n))
				return len(buf) < cap(buf)
			})
			t.mu.Unlock()
			for _, e := range buf {
				if !yield(e) {
					return
				}
			}
			if len(buf) < cap(buf) {
				return
			}
			from = mark{keyOf(buf[len(buf)-1])[len(t.prefix):], true}
		}
	}
}

// visitor is called with the path of a node. It returns false to stop.
type visitor func(path []byte, n *node) bool

// behind visits the nodes behind the mark that have one of the states. path is
// what all paths begin with.
func (t *Tree) behind(from mark, path []byte, want state, visit visitor) {
	if from.set {
		t.after(t.top, path, from.rel, 0, want, visit)
	} else {
		t.each(t.top, path, want, visit)
	}
}

// each visits r, its siblings and what is below in order, as far as they have one
// of the states.
func (t *Tree) each(r ref, path []byte, want state, visit visitor) bool {
	if r == 0 {
		return true
	}
	n := t.at(r)
	return t.each(n.left, path, want, visit) &&
		t.eachOf(n, path, want, visit) &&
		t.each(n.right, path, want, visit)
}

// eachOf visits n and what is below it.
func (t *Tree) eachOf(n *node, path []byte, want state, visit visitor) bool {
	path = append(path, t.seg(n)...)
	if n.is(want) && !visit(path, n) {
		return false
	}
	return n.kids == 0 || t.each(n.kids, append(path, '/'), want, visit)
}

// after is each for what is behind rel only.
func (t *Tree) after(r ref, path []byte, rel string, depth int, want state, visit visitor) bool {
	if r == 0 {
		return true
	}
	n := t.at(r)
	seg, rest, more := cut(rel, depth)
	switch c := strings.Compare(seg, t.seg(n)); {
	case c > 0:
		return t.after(n.right, path, rel, depth, want, visit)
	case c < 0:
		if !t.after(n.left, path, rel, depth, want, visit) || !t.eachOf(n, path, want, visit) {
			return false
		}
	default:
		own := append(append(path, seg...), '/')
		if more {
			if !t.after(n.kids, own, rest, depth+1, want, visit) {
				return false
			}
		} else if !t.each(n.kids, own, want, visit) {
			return false
		}
	}
	return t.each(n.right, path, want, visit)
}

// Siblings returns the paths of the keys and folders beside key whose names begin
// with its name: they share text with it, but are not below it.
func (t *Tree) Siblings(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		rel, ok := t.relative(key)
		if !ok {
			return
		}
		folder, name := "", rel
		i := strings.LastIndexByte(rel, '/')
		if i >= 0 {
			folder, name = rel[:i], rel[i+1:]
		}
		before := strings.TrimSuffix(key, name)
		from := name
		for buf := make([]string, 0, sliceLen); ; buf = buf[:0] {
			t.mu.Lock()
			level := t.top
			if i >= 0 {
				level = t.at(t.find(folder)).kids
			}
			t.alike(level, name, from, func(seg string) bool {
				buf = append(buf, before+seg)
				return len(buf) < cap(buf)
			})
			t.mu.Unlock()
			for _, path := range buf {
				if !yield(path) {
					return
				}
			}
			if len(buf) < cap(buf) {
				return
			}
			from = buf[len(buf)-1][len(before):]
		}
	}
}

// alike visits those of r and its siblings whose names begin with name and are
// behind from, which begins with it too.
func (t *Tree) alike(r ref, name, from string, visit func(seg string) bool) bool {
	if r == 0 {
		return true
	}
	n := t.at(r)
	seg := t.seg(n)
	if seg > from {
		starts := strings.HasPrefix(seg, name)
		if !t.alike(n.left, name, from, visit) || starts && !n.is(isGhost) && !visit(seg) {
			return false
		}
		if !starts {
			return true
		}
	}
	return t.alike(n.right, name, from, visit)
}
