package tree

import "kvist/tui/tree/match"

// filter is what is looked for, and how far the search for it has come.
type filter struct {
	pattern    *match.Pattern // nil when there is none
	from       mark           // what was compared last
	done       bool           // everything was compared
	candidates []string       // all that can be found, where that is known; see narrow
}

// Filter has the tree show nothing but the keys that p finds and the folders
// around them, all open and each with a row of its own. What an earlier filter
// found is forgotten; what this one finds shows as Search goes on. A nil p is
// Unfilter.
//
// While it is set, every row and every number of rows is one of these. What
// is opened or closed shows when it is unset. Keys that are put and deleted
// are compared at once. Ghosts and unlisted folders are compared as keys are,
// but are not counted as hits.
func (t *Tree) Filter(p *match.Pattern) {
	t.mu.Lock()
	defer t.mu.Unlock()
	few, narrow := t.narrow(p)
	t.filter = filter{pattern: p}
	if p != nil {
		t.decide(t.top, false)
		t.filter.candidates, t.filter.done = few, narrow && len(few) == 0
	}
}

// Unfilter shows the tree as it was before Filter.
func (t *Tree) Unfilter() { t.Filter(nil) }

// Hits is the number of keys that the filter has found so far.
func (t *Tree) Hits() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hits()
}

func (t *Tree) hits() int {
	if t.filter.pattern == nil {
		return 0
	}
	return int(t.at(t.top).sum.hits)
}

// Searched is the number of keys that the filter was compared with so far,
// those included that a folder decided: of Keys.
func (t *Tree) Searched() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch f := &t.filter; {
	case f.done || f.candidates != nil:
		return t.keys()
	case f.from.set:
		return t.keysTo(f.from.rel)
	}
	return 0
}

// view is the mode in which the tree is shown.
func (t *Tree) view() mode {
	if t.filter.pattern != nil {
		return filtered
	}
	return t.mode
}

// setHit compares n, which is key, with the filter.
func (t *Tree) setHit(n *node, key string) {
	if p := t.filter.pattern; p != nil {
		n.set(isHit, p.Match(key))
	}
}

// found counts what the filter finds of n and below it: keys, and rows with
// the folders around.
func (t *Tree) countFound(n *node) (hits, rows uint32) {
	k := &t.at(n.kids).sum
	hits, rows = k.hits, k.rows[filtered]
	if n.is(isHit) && n.is(isThing) {
		rows++
		if n.is(isKey) {
			hits++
		}
	} else if rows > 0 {
		rows++
	}
	return hits, rows
}

// decide says that the filter finds r, its siblings and everything below
// them, or none of it, in no time: see foldAll.
func (t *Tree) decide(r ref, hit bool) {
	if r == 0 {
		return
	}
	n := t.at(r)
	n.set(isHit|tagHit, hit)
	n.set(tagMiss, !hit)
	n.sum.hits, n.sum.rows[filtered] = 0, 0
	if hit {
		n.sum.hits, n.sum.rows[filtered] = n.sum.keys, n.sum.all[plain]
	}
}
