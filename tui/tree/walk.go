package tree

import (
	"iter"
	"strings"
)

// Compare puts two keys in the order of the rows: segment by segment, a
// folder before what is in it.
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

// After is every key behind key, in the order of the rows, whatever is open;
// key itself need not be there, and "" is before all. The tree must not be
// changed meanwhile; between two calls it may.
func (t *Tree) After(key string) iter.Seq[Entry] {
	rel, ok := t.relative(key)
	if !ok {
		return t.All()
	}
	return func(yield func(Entry) bool) {
		t.top.after([]byte(t.prefix), rel, 0, func(path []byte, n *node) bool {
			return yield(n.entry(string(path)))
		})
	}
}

// after is each, but for the keys behind rel alone.
func (n *node) after(path []byte, rel string, depth int, visit func([]byte, *node) bool) bool {
	if n == nil {
		return true
	}
	seg, rest, more := cut(rel, depth)
	own := append(path, n.seg...) //nolint:gocritic // each level writes over what the last one appended
	switch c := strings.Compare(seg, n.seg); {
	case c > 0:
		return n.right.after(path, rel, depth, visit)
	case c < 0:
		if !n.left.after(path, rel, depth, visit) {
			return false
		}
		own = append(path, n.seg...) //nolint:gocritic // the left side wrote over it
		if n.is(isKey) && !visit(own, n) || !n.kids.each(append(own, '/'), visit) {
			return false
		}
	case more:
		if !n.kids.after(append(own, '/'), rest, depth+1, visit) {
			return false
		}
	default:
		if !n.kids.each(append(own, '/'), visit) {
			return false
		}
	}
	return n.right.each(path, visit)
}

// Siblings are the paths of the keys and folders that stand beside key and
// whose names begin with its name: those that share text with it and nothing
// else.
func (t *Tree) Siblings(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		rel, ok := t.relative(key)
		if !ok {
			return
		}
		level := t.top
		name := rel
		if i := strings.LastIndexByte(rel, '/'); i >= 0 {
			folder := t.find(rel[:i])
			if folder == nil {
				return
			}
			level, name = folder.kids, rel[i+1:]
		}
		before := strings.TrimSuffix(key, name)
		level.alike(name, func(n *node) bool { return yield(before + n.seg) })
	}
}

// alike visits the siblings whose names begin with name, but not name's own.
func (n *node) alike(name string, visit func(*node) bool) bool {
	if n == nil {
		return true
	}
	if n.seg >= name && !n.left.alike(name, visit) {
		return false
	}
	starts := strings.HasPrefix(n.seg, name)
	if starts && n.seg != name && !n.is(isGhost) && !visit(n) {
		return false
	}
	if n.seg < name || starts {
		return n.right.alike(name, visit)
	}
	return true
}
