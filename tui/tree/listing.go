package tree

import (
	"math"
	"time"
)

// BeginListing says that every key there is will be put again. A listing
// that is under way is forgotten.
func (t *Tree) BeginListing() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listing { // some are of its round, some of the one before
		t.nodes.each(func(n *node) { n.set(inRound|dirRound, t.round) })
	}
	for i := range t.forgotten {
		t.forgotten[i].old = true
	}
	t.listing, t.round, t.stale = true, !t.round, t.keys()+t.unlisted
	t.swept = mark{}
}

// EndListing says that everything was put: the keys and the unlisted folders
// that were not put since BeginListing, nor with PutFolder, are gone, as if
// deleted now. It returns how many.
func (t *Tree) EndListing(now time.Time) int {
	gone, _ := t.Sweep(now, math.MaxInt)
	return gone
}

// Sweep is EndListing in parts: it looks at about so many keys and folders, and
// reports whether it is done. Nothing is to be put or deleted until it is.
func (t *Tree) Sweep(now time.Time, most int) (gone int, done bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.listing {
		return 0, true
	}
	most = t.tidy(most)
	for end := false; t.stale > 0 && !end; {
		if most <= 0 {
			return gone, false
		}
		var sweep []string
		var looked int
		sweep, looked, end = t.unseen(most)
		most -= looked
		for _, rel := range sweep {
			lit := now
			if t.stale > litMax { // its light would not outlast the sweep
				lit = time.Time{}
			}
			gone += t.sweep(rel, lit)
			most -= sweepCost
		}
	}
	t.listing, t.listed, t.swept = false, true, mark{}
	return gone, true
}

// sweepCost is how many times as long it takes to take a key away as to look at
// one.
const sweepCost = 8

// OnSweep has EndListing tell swept what each key was that it finds gone, in
// the order of the rows. swept must leave the tree alone: it is locked.
func (t *Tree) OnSweep(swept func(Entry)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.onSweep = swept
}

// unseen is some of what the listing did not tell of, behind where the sweep
// has come to, and how many were looked at, at most so many; end reports
// whether there are no more.
func (t *Tree) unseen(most int) (sweep []string, looked int, end bool) {
	end = true
	t.behind(t.swept, nil, isKey|isUnlisted, func(path []byte, n *node) bool {
		looked++
		if n.is(isKey) && n.is(inRound) != t.round || n.is(isUnlisted) && n.is(dirRound) != t.round {
			sweep = append(sweep, string(path))
		}
		if len(sweep) < sliceLen && looked < most {
			return true
		}
		t.swept, end = mark{rel: string(path), set: true}, false
		return false
	})
	return sweep, looked, end
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
		if t.onSweep != nil {
			t.onSweep(t.before)
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
