package tree

import "time"

// BeginListing says that every key there is will be put again. A listing
// that is under way is forgotten.
func (t *Tree) BeginListing() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listing { // some are of its round, some of the one before
		t.each(t.top, nil, isKey|isUnlisted, func(_ []byte, n *node) bool {
			n.set(inRound|dirRound, t.round)
			return true
		})
	}
	t.listing, t.round, t.stale = true, !t.round, t.keys()+t.unlisted
}

// EndListing says that everything was put: the keys and the unlisted folders
// that were not put since BeginListing, nor with PutFolder, are gone, as if
// deleted now. It returns how many.
func (t *Tree) EndListing(now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.listing {
		return 0
	}
	gone := 0
	for from := (mark{}); t.stale > 0; {
		var sweep []string
		sweep, from = t.unseen(from)
		for _, rel := range sweep {
			lit := now
			if t.stale > litMax { // its light would not outlast the sweep
				lit = time.Time{}
			}
			gone += t.sweep(rel, lit)
		}
	}
	t.listing, t.listed = false, true
	return gone
}

// OnSweep has EndListing tell swept what each key was that it finds gone, in
// the order of the rows. swept must leave the tree alone: it is locked.
func (t *Tree) OnSweep(swept func(Entry)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.swept = swept
}

// unseen is some of what the listing did not tell of, behind from, and where
// to go on.
func (t *Tree) unseen(from mark) ([]string, mark) {
	sweep := make([]string, 0, min(t.stale, sliceLen))
	t.behind(from, nil, isKey|isUnlisted, func(path []byte, n *node) bool {
		if n.is(isKey) && n.is(inRound) != t.round || n.is(isUnlisted) && n.is(dirRound) != t.round {
			sweep = append(sweep, string(path))
		}
		return len(sweep) < cap(sweep)
	})
	if len(sweep) > 0 {
		from = mark{rel: sweep[len(sweep)-1], set: true}
	}
	return sweep, from
}

// sweep removes what of rel the listing did not tell of.
func (t *Tree) sweep(rel string, now time.Time) int {
	gone := 0
	n := t.at(t.find(rel))
	folder := n.is(isUnlisted) && n.is(dirRound) != t.round
	key := n.is(isKey) && n.is(inRound) != t.round
	if folder { // it leaves the key
		t.lose(rel, now)
		gone++
	}
	if key {
		t.remove(t.prefix+rel, rel, now)
		gone++
		if t.swept != nil {
			t.swept(t.before)
		}
	}
	return gone
}

// see notes that the running listing, if there is one, has told of the key n.
func (t *Tree) see(n *node) {
	if t.listing && n.is(inRound) != t.round {
		n.set(inRound, t.round)
		t.stale--
	}
}

// seeFolder notes the same of the unlisted folder n.
func (t *Tree) seeFolder(n *node) {
	if t.listing && n.is(dirRound) != t.round {
		n.set(dirRound, t.round)
		t.stale--
	}
}
