package tree

import "kvist/tui/tree/match"

// filter is a pattern, and how far the search for it is.
type filter struct {
	pattern    *match.Pattern // nil when there is none
	from       mark           // the last key that was compared
	done       bool           // everything was compared
	candidates []string       // all that can match, if that is known; see narrow
}

// Filter makes the tree show only the keys that p matches and the folders around
// them, all open and each with a row of its own. Matches appear as Search goes
// on. A nil p is Unfilter.
//
// While a filter is set, all rows and row numbers are those of its matches.
// Folders that are opened or closed meanwhile show that when it is unset. Keys
// that are put are compared at once. Ghosts and unlisted folders are compared as
// keys are, but do not count as hits.
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

// Unfilter shows all keys again.
func (t *Tree) Unfilter() { t.Filter(nil) }

// Hits returns how many keys the filter has found so far.
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

// Searched returns how many of the Keys the filter was compared with so far. It
// counts the keys below a folder that decided them all.
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

// view returns the mode in which the tree is shown.
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

// countFound counts the hits among n and what is below it, and the rows that they
// take with the folders around them.
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

// decide notes that the filter finds r, its siblings and everything below them,
// or none of it. It costs O(1), see foldAll.
func (t *Tree) decide(r ref, hit bool) {
	if r == 0 {
		return
	}
	n := t.at(r)
	n.set(isHit, hit)
	n.set(tagFound, true)
	n.sum.hits, n.sum.rows[filtered] = 0, 0
	if hit {
		n.sum.hits, n.sum.rows[filtered] = n.sum.keys, n.sum.all[plain]
	}
}
