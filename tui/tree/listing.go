package tree

import (
	"math"
	"time"
)

// BeginListing says that every key in the store will be put. A listing that is
// under way is forgotten.
func (t *Tree) BeginListing() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listing { // some nodes are of its round, some of the one before
		t.nodes.each(func(n *node) { n.set(inRound|dirRound, t.round) })
	}
	for i := range t.forgotten {
		t.forgotten[i].old = true
	}
	t.listing, t.round, t.stale = true, !t.round, t.keys()+t.unlisted
	t.swept = mark{}
}

// Swept is what the end of a listing took away: the keys, in the order of the
// rows, and the number of unlisted folders.
type Swept struct {
	Keys    []Entry
	Folders int
}

// EndListing says that everything was put. The keys and the unlisted folders
// that were not put since BeginListing are gone, as if deleted now.
func (t *Tree) EndListing(now time.Time) Swept {
	gone, _ := t.Sweep(now, math.MaxInt)
	return gone
}

// Sweep is EndListing in parts: it looks at about most keys and folders, and
// reports whether it is done. Until then nothing may be put or deleted.
func (t *Tree) Sweep(now time.Time, most int) (gone Swept, done bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.listing {
		return Swept{}, true
	}
	most = t.tidy(most)
	for end := false; t.stale > 0 && !end; {
		if most <= 0 {
			return gone, false
		}
		var sweep []string
		var looked int
		sweep, looked, end = t.notListed(most)
		most -= looked
		for _, rel := range sweep {
			lit := now
			if t.stale > litMax { // its light would go out before the sweep ends
				lit = time.Time{}
			}
			t.sweep(rel, lit, &gone)
			most -= sweepCost
		}
	}
	t.listing, t.listed, t.swept = false, true, mark{}
	return gone, true
}

// sweepCost is how much longer it takes to remove a key than to look at one.
const sweepCost = 8

// notListed returns some of the keys and folders that the listing did not put,
// from where the sweep is on, and how many it looked at, at most most. end
// reports whether there are no more.
func (t *Tree) notListed(most int) (sweep []string, looked int, end bool) {
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

// sweep removes the key and the folder rel, unless the listing put them, and adds
// them to gone.
func (t *Tree) sweep(rel string, now time.Time, gone *Swept) {
	n := t.at(t.find(rel))
	folder := n.is(isUnlisted) && n.is(dirRound) != t.round
	key := n.is(isKey) && n.is(inRound) != t.round
	if folder { // the key stays
		t.removeBelow(rel, now)
		gone.Folders++
	}
	if key {
		_, was := t.remove(t.prefix+rel, rel, now)
		gone.Keys = append(gone.Keys, was)
	}
}

// markListed notes that the running listing, if there is one, has put the key n.
func (t *Tree) markListed(n *node) {
	if t.listing && n.is(inRound) != t.round {
		n.set(inRound, t.round)
		t.stale--
	}
}

// markFolderListed notes the same of the unlisted folder n.
func (t *Tree) markFolderListed(n *node) {
	if t.listing && n.is(dirRound) != t.round {
		n.set(dirRound, t.round)
		t.stale--
	}
}
