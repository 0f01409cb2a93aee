package tree

import "time"

// PutFolder says that there are keys below the folder key, none of which is
// known. Known keys there are forgotten without a light, and the folder
// becomes an Unlisted row, open or closed as before. The first key or folder that
// is put below makes it an ordinary folder again. PutFolder returns Added if
// there was no such folder, and lights it as Put lights a key. The folder "" is
// that of the keys that begin with a slash.
func (t *Tree) PutFolder(key string, now time.Time) Change {
	rel, ok := t.relative(key)
	if !ok {
		return None
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.putAllOut(rel)
	t.closeOut(key)
	change := Added
	r, missing := t.descend(rel)
	if r == 0 {
		r = t.grow(missing, func(n *node) { t.setUnlisted(n, key) })
	} else {
		n := t.at(r)
		if n.folder() {
			change = None
		}
		t.noteDropped(n)
		t.forget(n)
		t.setUnlisted(n, key)
		t.refresh(r)
	}
	t.lightUp(r, rel, change, now)
	t.dimExcess()
	return change
}

// GoneFolder says that everything below the folder key is gone; the key of that
// name, if there is one, is not. The rows below leave at once, and the folder is
// a Ghost until Expire, as a deleted key is. GoneFolder returns how many keys
// were known there; it is not ok if there was no such folder.
func (t *Tree) GoneFolder(key string, now time.Time) (keys int, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.removeBelow(rel, now)
}

// removeBelow is GoneFolder for rel.
func (t *Tree) removeBelow(rel string, now time.Time) (keys int, ok bool) {
	t.putAllOut(rel)
	r, _ := t.descend(rel)
	n := t.at(r)
	if !n.folder() {
		return 0, false
	}
	keys = int(t.at(n.kids).sum.keys)
	t.forget(n)
	n.dropMarks()
	if t.mayLight(now) {
		t.lightGone(r, n, rel, now)
	}
	t.refresh(r)
	t.dimExcess()
	return keys, true
}

// lightGone lights n, the folder rel, which is empty: as a ghost, unless it is a
// key.
func (t *Tree) lightGone(r ref, n *node, rel string, now time.Time) {
	if n.is(isKey) {
		t.lightAround(now)
		return
	}
	n.set(isGhost, true)
	n.index, n.flags, n.size = 0, 0, -1
	n.set(isPreview, false)
	t.setHit(n, t.prefix+rel)
	t.lightUp(r, rel, Removed, now)
}

// setUnlisted makes n, with nothing below it, the unlisted folder key.
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

// clearUnlisted makes n an ordinary folder, or none, if it was an unlisted one.
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
