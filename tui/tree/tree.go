package tree

import (
	"math"
	"strings"
	"sync"
	"time"
)

// Entry is a key as the store reported it.
type Entry struct {
	Key   string
	Index uint64 // the store's LastIndex
	Size  int    // of the value, in bytes; -1 if the store did not report it
	Flags uint8  // the caller's, kept as they are
	// Preview: only the key is known; a second Put brings the rest.
	Preview bool
}

// Tree is the keys below a prefix, in folders that are open or closed. Make one
// with New.
type Tree struct {
	prefix string // of every key: "", or it ends with "/"

	mu       sync.Mutex // over everything below
	nodes    slab
	texts    texts
	top      ref    // the outermost level
	way      []step // the last descent
	mode     mode
	opensNew bool // new folders on the outermost level start open

	listing      bool // between BeginListing and EndListing
	listed       bool // a listing has ended: changes are lit from then on
	round        bool // what inRound and dirRound are on what the last listing put
	stale        int  // keys that the running listing has not put yet
	unlisted     int  // folders whose content is not known
	unlistedKeys int  // of them, those that are keys as well
	swept        mark // how far the sweep at the end of a listing is

	forgotten []forgotten // nodes that are yet to be freed
	forgetNow uint32      // see the constant; tests set another

	lights lights
	filter filter

	marks        markSums
	out          []string // the keys and folders that are taken out of marked folders, sorted by bytes
	droppedMarks int      // lost with folders that were forgotten, see TakeDropped
}

// New returns an empty tree of what is below the directory prefix, with or
// without the slash at its end, or of everything if prefix is "". The prefix
// itself has no row.
func New(prefix string) *Tree {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	t := &Tree{prefix: prefix, forgetNow: forgetNow}
	t.nodes.reserve(0)
	return t
}

// Prefix returns what every key in the tree begins with.
func (t *Tree) Prefix() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.prefix
}

// Put says that e.Key is there. It returns what that changed (Added, Changed if
// Index or Flags differ, else None) and the entry that it replaced, which is zero
// if there was no such key. Once the first listing has ended, a change is lit from
// now on; a zero now lights nothing, and neither does the end of a Preview. A key
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

// Delete says that key is gone. It returns Removed and the entry that was there,
// or None if the key was not known. The row stays as a Ghost until Expire; before
// the first listing has ended, and with a zero now, it leaves at once.
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
	n.dropMarks()
	n.set(isGhost, t.mayLight(now) && !n.folder())
	t.lightUp(r, rel, Removed, now)
	t.refresh(r)
	t.dimExcess()
	return Removed, was
}

// Keys returns the number of keys in the tree.
func (t *Tree) Keys() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys()
}

func (t *Tree) keys() int { return int(t.at(t.top).sum.keys) }

// Lookup returns the entry of a key; it is not ok if there is no such key. A
// folder is not a key, and neither is a ghost.
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

// Count returns the number of keys below the folder key, itself not counted; it is
// not ok if there are none.
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

// Is reports whether there is a key of that name, and whether there is a folder.
func (t *Tree) Is(name string) (key, folder bool) {
	rel, ok := t.relative(name)
	if !ok {
		return false, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.find(rel)
	if r == 0 {
		return false, false
	}
	n := t.at(r)
	return n.is(isKey), n.folder()
}

// relative returns key without the prefix; it is not ok if key is not below it.
func (t *Tree) relative(key string) (rel string, ok bool) {
	return strings.CutPrefix(key, t.prefix)
}

// write makes n, which is not a key, the key of e.
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

// replace makes n, which is a key, the key of e, and returns Changed if that is a
// change. Another size alone is not: some reports come without it.
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

// entry returns the entry of n, which is or was a key.
func (n *node) entry(key string) Entry {
	return Entry{Key: key, Index: n.index, Size: int(n.size), Flags: n.flags, Preview: n.is(isPreview)}
}

// clamp fits a size into a node.
func clamp(size int) int32 { return int32(max(-1, min(size, math.MaxInt32))) }
