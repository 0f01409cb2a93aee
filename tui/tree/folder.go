package tree

import "time"

// PutFolder says that there are keys below the folder key, and that none of
// them is known: what was known there is forgotten, without a light, and the
// folder is an Unlisted row. It stays open or closed as it was. The first key
// or folder that is put below makes it an ordinary folder again. It tells
// Added when there was no such folder, which is lit as Put lights a key. The
// folder "" is that of the keys that begin with a slash.
func (t *Tree) PutFolder(key string, now time.Time) Change {
	rel, ok := t.relative(key)
	if !ok {
		return None
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.putAllOut(rel)
	change := Added
	r, missing := t.descend(rel)
	if r == 0 {
		r = t.grow(missing, func(n *node) { t.setUnlisted(n, key) })
	} else {
		n := t.at(r)
		if n.folder() {
			change = None
		}
		t.forget(n)
		t.setUnlisted(n, key)
		t.refresh(r)
	}
	t.lightUp(r, rel, change, now)
	t.dimExcess()
	return change
}

// GoneFolder says that everything below the folder key is gone, itself not
// included should it be a key. What was known below leaves at once, and the
// folder is a Ghost until Expire, as a key is that Delete removes. It returns
// how many keys were known there; not ok when there was no such folder.
func (t *Tree) GoneFolder(key string, now time.Time) (keys int, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.removeBelow(rel, now)
}

// lose is GoneFolder for rel.
func (t *Tree) removeBelow(rel string, now time.Time) (keys int, ok bool) {
	t.putAllOut(rel)
	r, _ := t.descend(rel)
	n := t.at(r)
	if !n.folder() {
		return 0, false
	}
	keys = int(t.at(n.kids).sum.keys)
	t.forget(n)
	if t.mayLight(now) {
		t.lightGone(r, n, rel, now)
	}
	t.refresh(r)
	t.dimExcess()
	return keys, true
}

// lightGone lights that n, the folder rel, is empty: its ghost, unless it is a key.
func (t *Tree) lightGone(r ref, n *node, rel string, now time.Time) {
	if n.is(isKey) {
		t.lightAround(now)
		return
	}
	n.set(isGhost, true)
	n.index, n.flags, n.size = 0, 0, -1
	t.setHit(n, t.prefix+rel)
	t.lightUp(r, rel, Removed, now)
}

// unlist makes n, with nothing below it, the unlisted folder key.
func (t *Tree) setUnlisted(n *node, key string) {
	n.set(isUnlisted, true)
	if n.is(isKey) {
		t.unlistedKeys++
	}
	n.set(isGhost, false)
	n.set(dirRound, t.round)
	t.setHit(n, key)
	t.unlisted++
}

// relist makes n an ordinary folder or none at all, if it was an unlisted one.
func (t *Tree) clearUnlisted(n *node) {
	if !n.is(isUnlisted) {
		return
	}
	t.markFolderListed(n)
	n.set(isUnlisted, false)
	t.unlisted--
	if n.is(isKey) {
		t.unlistedKeys--
	}
}
