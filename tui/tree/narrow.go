package tree

import "kvist/tui/tree/match"

// narrowMax is how many hits are compared again, instead of all keys, when the
// next filter can find nothing else.
const narrowMax = 1000

// narrow returns all that p can find, if that is known and few: the hits of the
// filter before. ok is false if it is not.
func (t *Tree) narrow(p *match.Pattern) (few []string, ok bool) {
	f := &t.filter
	if p == nil || f.pattern == nil || !f.done || t.rows(t.top, filtered) > narrowMax || !p.Narrows(f.pattern) {
		return nil, false
	}
	few = make([]string, 0, t.rows(t.top, filtered))
	t.eachFound(t.top, nil, func(path []byte, _ *node) bool {
		few = append(few, string(path))
		return true
	})
	return few, true
}

// eachFound visits the hits among r, its siblings and what is below them.
func (t *Tree) eachFound(r ref, path []byte, visit visitor) {
	n := t.at(r)
	if n.sum.rows[filtered] == 0 {
		return
	}
	t.push(n)
	t.eachFound(n.left, path, visit)
	own := append(path, t.seg(n)...) //nolint:gocritic // each level writes over what the last one appended
	if n.is(isHit) && n.is(isThing) {
		visit(own, n)
	}
	t.eachFound(n.kids, append(own, '/'), visit)
	t.eachFound(n.right, path, visit)
}

// searchFew is Search among the hits of the filter before. Keys put since then were compared at
// once.
func (t *Tree) searchFew(most int) {
	f := &t.filter
	n := min(most, len(f.candidates))
	for _, rel := range f.candidates[:n] {
		if r, _ := t.descend(rel); t.at(r).is(isThing) {
			t.setHit(t.at(r), t.prefix+rel)
			t.refresh(r)
		}
	}
	f.candidates = f.candidates[n:]
	f.done = len(f.candidates) == 0
}
