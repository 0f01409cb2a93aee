package tree

import (
	"math"
	"strings"
	"sync"
	"time"
)

// Entry is one key as the store reported it.
type Entry struct {
	Key   string
	Index uint64 // the store's LastIndex
	Size  int    // bytes of the value; -1 when the store did not tell
	Flags uint8  // the caller's marks, kept as they are
	// Preview: only the key is known; a second Put brings the rest.
	Preview bool
}

// Tree is the keys below a prefix, as folders that are open or closed. Make
// one with New.
type Tree struct {
	prefix string // what every key begins with: "" or the prefix and "/"

	mu       sync.Mutex // over everything below
	nodes    slab
	texts    texts
	top      ref    // the outermost level
	way      []step // the last descent
	mode     mode
	opensNew bool // what is new on the outermost level starts open

	listing      bool // between BeginListing and EndListing
	listed       bool // a listing has ended: from now on changes are lit
	round        bool // what inRound and dirRound are for what the last listing put
	stale        int  // keys that the running listing has not put yet
	unlisted     int  // folders of which nothing below is known
	unlistedKeys int  // of them, those that are keys as well
	swept        mark // how far the sweep of a listing that has ended has come

	forgotten []forgotten // what is still to be given up
	forgetNow uint32      // so many nodes are given up at once

	lights lights
	filter filter
}

// New is an empty tree of what is below the directory prefix, with or without
// the slash at its end, or of everything when prefix is "". The prefix itself
// is no row.
func New(prefix string) *Tree {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	t := &Tree{prefix: prefix, forgetNow: forgetNow}
	t.nodes.reserve(0)
	return t
}

// Prefix is what every key in the tree begins with.
func (t *Tree) Prefix() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.prefix
}

// Put says that e.Key is there now. It returns what that changed (Added,
// Changed when Index or Flags differ from what was known, else None) and the
// entry that it replaced, which is zero if there was no such key. A change is
// lit from now on, once the first listing has ended; a zero now lights
// nothing, and neither does one that replaces a Preview. A key
// that is not below the prefix is ignored.
func (t *Tree) Put(e Entry, now time.Time) (change Change, was Entry) {
	rel, ok := t.relative(e.Key)
	if !ok || e.Key == "" {
		return None, Entry{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	change = Added
	r, missing := t.descend(rel)
	switch n := t.at(r); {
	case r == 0:
		r = t.grow(missing, func(n *node) { t.write(n, e) })
	case n.is(isKey):
		t.markListed(n)
		was = n.entry(e.Key)
		change = n.replace(e)
		if was.Preview {
			now = time.Time{}
		}
	default:
		t.write(n, e)
		t.refresh(r)
	}
	t.lightUp(r, rel, change, now)
	t.dimExcess()
	return change, was
}

// Delete says that key is gone. It returns Removed and the entry that was
// there, or None when the key was not known. The row stays, as a Ghost, until
// Expire; before the first listing has ended, and with a zero now, it goes at
// once.
func (t *Tree) Delete(key string, now time.Time) (change Change, was Entry) {
	rel, ok := t.relative(key)
	if !ok {
		return None, Entry{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.remove(key, rel, now)
}

// remove is Delete for key, which is rel in the tree.
func (t *Tree) remove(key, rel string, now time.Time) (change Change, was Entry) {
	r, _ := t.descend(rel)
	n := t.at(r)
	if !n.is(isKey) {
		return None, Entry{}
	}
	t.markListed(n)
	was = n.entry(key)
	n.set(isKey, false)
	if n.is(isUnlisted) {
		t.unlistedKeys--
	}
	n.set(isGhost, t.mayLight(now) && !n.folder())
	t.lightUp(r, rel, Removed, now)
	t.refresh(r)
	t.dimExcess()
	return Removed, was
}

// Keys is the number of keys in the tree.
func (t *Tree) Keys() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys()
}

func (t *Tree) keys() int { return int(t.at(t.top).sum.keys) }

// Lookup is the key's entry; not ok when there is no such key (a folder
// alone is none, nor is a ghost).
func (t *Tree) Lookup(key string) (e Entry, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return Entry{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.at(t.find(rel))
	if !n.is(isKey) {
		return Entry{}, false
	}
	return n.entry(key), true
}

// Count is the number of keys below the folder key, itself not counted; not
// ok when there is nothing below it.
func (t *Tree) Count(key string) (n int, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n = int(t.at(t.at(t.find(rel)).kids).sum.keys)
	return n, n > 0
}

// relative is the part of key that the tree is made of.
func (t *Tree) relative(key string) (rel string, ok bool) {
	return strings.CutPrefix(key, t.prefix)
}

// write makes n, which is none, the key that e says.
func (t *Tree) write(n *node, e Entry) {
	if n.is(isUnlisted) {
		t.unlistedKeys++
	}
	n.set(isKey, true)
	n.set(isGhost, false)
	n.set(inRound, t.round)
	n.index, n.flags, n.size = e.Index, e.Flags, clamp(e.Size)
	n.set(isPreview, e.Preview)
	t.setHit(n, e.Key)
}

// replace makes n, which is a key, what e says, and reports whether that is a
// change. A size alone is none: some reports come without it.
func (n *node) replace(e Entry) Change {
	if e.Size >= 0 {
		n.size = clamp(e.Size)
	}
	if n.index == e.Index && n.flags == e.Flags && n.is(isPreview) == e.Preview {
		return None
	}
	n.index, n.flags, n.size = e.Index, e.Flags, clamp(e.Size)
	n.set(isPreview, e.Preview)
	return Changed
}

// entry is what n, which is or was a key, was last told.
func (n *node) entry(key string) Entry {
	return Entry{Key: key, Index: n.index, Size: int(n.size), Flags: n.flags, Preview: n.is(isPreview)}
}

// clamp fits a size into what a node has room for.
func clamp(size int) int32 { return int32(max(-1, min(size, math.MaxInt32))) }
