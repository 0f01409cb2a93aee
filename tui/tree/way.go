package tree

import "strings"

// side is which way leads from one node to another.
type side uint8

const (
	toLeft side = iota
	toRight
	toKids
)

// step is a node on the way, and where the way goes from there.
type step struct {
	at ref
	to side
}

// gap is the part of a path that is not in the tree: a segment and the rest.
type gap struct {
	seg, rest string
	more      bool
	depth     int
}

// descend finds rel and leaves the way to it in t.way. If rel is not in the tree,
// the way leads to its place, and the gap is what is missing. No tags are left on
// the nodes of the way, or on the node that it leads to.
func (t *Tree) descend(rel string) (ref, gap) {
	t.way = t.way[:0]
	var g gap
	g.seg, g.rest, g.more = cut(rel, 0)
	for r := t.top; r != 0; {
		n := t.at(r)
		t.push(n)
		switch c := strings.Compare(g.seg, t.seg(n)); {
		case c < 0:
			t.way = append(t.way, step{r, toLeft})
			r = n.left
		case c > 0:
			t.way = append(t.way, step{r, toRight})
			r = n.right
		case g.more:
			t.way = append(t.way, step{r, toKids})
			r = n.kids
			g.depth++
			g.seg, g.rest, g.more = cut(g.rest, g.depth)
		default:
			return r, gap{}
		}
	}
	return 0, g
}

// find returns the node of rel, or 0.
func (t *Tree) find(rel string) ref {
	level := t.top
	for depth := 0; ; depth++ {
		seg, rest, more := cut(rel, depth)
		r := t.sibling(level, seg)
		if r == 0 || !more {
			return r
		}
		rel, level = rest, t.at(r).kids
	}
}

// sibling returns the node named seg among r and its siblings, or 0.
func (t *Tree) sibling(r ref, seg string) ref {
	for r != 0 {
		n := t.at(r)
		t.push(n)
		switch c := strings.Compare(seg, t.seg(n)); {
		case c < 0:
			r = n.left
		case c > 0:
			r = n.right
		default:
			return r
		}
	}
	return 0
}

// grow adds the missing part of a path at the end of the way, and returns the last
// node. It calls finish for that node before it is counted; the others are
// folders.
func (t *Tree) grow(g gap, finish func(*node)) ref {
	open := t.opensNew
	for _, s := range t.way {
		if s.to == toKids {
			open = t.at(s.at).is(opensNew)
		}
	}
	if last := len(t.way) - 1; last >= 0 && t.way[last].to == toKids {
		n := t.at(t.way[last].at)
		n.set(isGhost, false)
		t.clearUnlisted(n)
	}
	first := t.newNode(g.seg, open)
	leaf, base := first, len(t.way)
	for g.more {
		g.depth++
		g.seg, g.rest, g.more = cut(g.rest, g.depth)
		kid := t.newNode(g.seg, open)
		t.at(leaf).kids = kid
		t.way = append(t.way, step{leaf, toKids})
		leaf = kid
	}
	finish(t.at(leaf))
	t.pull(leaf)
	for i := len(t.way) - 1; i >= base; i-- {
		t.pull(t.way[i].at)
	}
	t.attach(base, first, t.countsOf(first))
	return leaf
}

// refresh recounts r, the end of the way, after it was changed, and everything
// around it. It takes r out if it is neither a key nor a folder now.
func (t *Tree) refresh(r ref) {
	n := t.at(r)
	before := t.countsOf(r)
	if n.kids == 0 && !n.is(isThing) {
		r = t.drop(r)
	} else {
		t.pull(r)
	}
	t.attach(len(t.way), r, t.countsOf(r).less(before))
}

// attach puts child at the end of the first steps of the way, and updates the sums
// above; d is how much child has more than what was there before. On the way to a
// side, d is added, so that nothing beside the way is read; folders are recounted.
func (t *Tree) attach(steps int, child ref, d counts) {
	for i := steps - 1; i >= 0; i-- {
		s := t.way[i]
		n := t.at(s.at)
		if s.to != toKids {
			t.addCounts(s.at, &d)
			child = t.setSide(s, child)
			continue
		}
		n.kids = child
		before := t.countsOf(s.at)
		if child == 0 && !n.is(isThing) {
			child = t.drop(s.at)
		} else {
			t.pull(s.at)
			child = s.at
		}
		d = t.countsOf(child).less(before)
		if d == (counts{}) && child == s.at {
			return
		}
	}
	t.top = child
}

// drop takes r out of its siblings, frees it, and returns the root of the others.
func (t *Tree) drop(r ref) ref {
	n := t.at(r)
	left, right := n.left, n.right
	t.free(r)
	return t.joinSides(left, right)
}
