package tree

import "strings"

// HitRank returns how many of the filter's hits are before key, which need not be
// in the tree, and reports whether it is a hit.
func (t *Tree) HitRank(key string) (rank int, hit bool) {
	rel, ok := t.relative(key)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !ok || t.filter.pattern == nil {
		return 0, false
	}
	return t.hitRank(rel)
}

// HitAt returns the hit behind rank others; it is not ok if there are not so many.
func (t *Tree) HitAt(rank int) (key string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if rank < 0 || rank >= t.hits() {
		return "", false
	}
	return t.hitAt(uint32(rank)), true
}

// NextHit returns the first hit behind key, or the last one before it, and goes
// on around the ends: it returns key itself if that is the only hit, and is not
// ok only if there are none.
func (t *Tree) NextHit(key string, forward bool) (next string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	hits := t.hits()
	if hits == 0 {
		return "", false
	}
	rank, hit := 0, false
	if rel, below := t.relative(key); below {
		rank, hit = t.hitRank(rel)
	}
	switch {
	case !forward:
		rank--
	case hit:
		rank++
	}
	return t.hitAt(uint32((rank + hits) % hits)), true
}

// hitRank is HitRank for rel.
func (t *Tree) hitRank(rel string) (rank int, hit bool) {
	before, n := t.count(rel, func(s *sums) uint32 { return s.hits })
	return before, n.is(isKey) && n.is(isHit)
}

// keysTo returns how many keys there are up to and including rel.
func (t *Tree) keysTo(rel string) int {
	before, n := t.count(rel, func(s *sums) uint32 { return s.keys })
	if n.is(isKey) {
		before++
	}
	return before
}

// count adds up a sum over everything before rel, and returns the node of rel,
// which is the zero node if rel is not in the tree.
func (t *Tree) count(rel string, of func(*sums) uint32) (before int, at *node) {
	sum := func(r ref) uint32 { return of(&t.at(r).sum) }
	total := uint32(0)
	seg, rest, more := cut(rel, 0)
	depth := 0
	for r := t.top; r != 0; {
		n := t.at(r)
		t.push(n)
		switch c := strings.Compare(seg, t.seg(n)); {
		case c < 0:
			r = n.left
		case c > 0:
			total += of(&n.sum) - sum(n.right)
			r = n.right
		default:
			total += sum(n.left)
			if !more {
				return int(total), n
			}
			total += of(&n.sum) - sum(n.left) - sum(n.right) - sum(n.kids) // its own
			depth++
			seg, rest, more = cut(rest, depth)
			r = n.kids
		}
	}
	return int(total), t.at(0)
}

// NextKey returns the first key behind key, or the last one before it, whatever is
// open, and goes on around the ends as NextHit does. key need not be in the tree.
func (t *Tree) NextKey(key string, forward bool) (next string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := t.keys()
	if keys == 0 {
		return "", false
	}
	of := func(s *sums) uint32 { return s.keys }
	rank, there := 0, false
	if rel, below := t.relative(key); below {
		var n *node
		rank, n = t.count(rel, of)
		there = n.is(isKey)
	}
	switch {
	case !forward:
		rank--
	case there:
		rank++
	}
	return t.nth(uint32((rank+keys)%keys), of), true
}

// hitAt returns the hit behind rank others, which there must be.
func (t *Tree) hitAt(rank uint32) string {
	return t.nth(rank, func(s *sums) uint32 { return s.hits })
}

// nth returns the key behind rank others of those that of counts, which there must
// be.
func (t *Tree) nth(rank uint32, of func(*sums) uint32) string {
	sum := func(r ref) uint32 { return of(&t.at(r).sum) }
	path := []byte(t.prefix)
	for r := t.top; ; {
		n := t.at(r)
		t.push(n)
		left, below := sum(n.left), sum(n.kids)
		own := of(&n.sum) - left - below - sum(n.right)
		switch {
		case rank < left:
			r = n.left
			continue
		case rank >= left+own+below:
			r, rank = n.right, rank-left-own-below
			continue
		}
		path = append(path, t.seg(n)...)
		rank -= left
		if rank < own {
			return string(path)
		}
		path = append(path, '/')
		r, rank = n.kids, rank-own
	}
}
