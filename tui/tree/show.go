package tree

import "time"

// Light lights a key that is there as if it had just been added or changed. It
// reports whether the key is there.
func (t *Tree) Light(key string, as Change, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	rel, ok := t.relative(key)
	if !ok {
		return false
	}
	r, _ := t.descend(rel)
	if r == 0 || !t.at(r).is(isKey) {
		return false
	}
	t.lightUp(r, rel, as, now)
	t.dimExcess()
	return true
}

// LightGone lights a key that is not there as if it had just been removed: its
// row is a ghost until Expire.
func (t *Tree) LightGone(e Entry, now time.Time) {
	if _, there := t.Lookup(e.Key); there {
		return
	}
	t.Put(e, time.Time{})
	t.Delete(e.Key, now)
}
