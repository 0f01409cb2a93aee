// Package tree is the picture of the keys: what the explorer shows as a tree
// of folders, which rows that makes, and where each key stands among them.
//
// It is pure data. The caller feeds it the events of a store and asks it for
// the rows on the screen; it knows neither a store nor a terminal. With n
// keys an event costs O(log n), a frame O(rows shown), opening or closing
// everything O(log n), and every row number is exact.
//
// # Names
//
// A key is cut at each "/" and at nothing else, so that "/a", "a/" and "a//b"
// have segments that are empty, and every path joins back to the very key it
// came from. A folder is named as a key is: the path of "a/b" as a folder is
// "a/b". A node may be a key, a folder, or both. Siblings are sorted by the
// bytes of their segments, so that "a/x" comes before "a-b".
//
// A Tree is not safe for concurrent use, not even for reading: folds are
// carried down the tree as it is read.
package tree

import (
	"iter"
	"math"
	"strings"
	"time"
)

// Entry is one key as the store reported it.
type Entry struct {
	Key   string
	Index uint64 // the store's LastIndex
	Size  int    // bytes of the value; -1 when the store did not tell
	Flags uint8  // the caller's marks, kept as they are
}

// Tree is the keys below a prefix, as folders that are open or closed. Make
// one with New.
type Tree struct {
	prefix string // what every key begins with: "" or the prefix and "/"
	top    *node  // the outermost level
	mode   mode
	spread bool // what is new on the outermost level starts open

	listing bool // between BeginListing and EndListing
	listed  bool // a listing has ended: from now on changes are lit
	round   bool // what inRound is for the keys that the last listing put
	stale   int  // keys that the running listing has not put yet

	lights map[*node]light
	queue  []lit // the events that are lit, oldest first

	before Entry       // what the last Put or Delete replaced
	swept  func(Entry) // told of each key that a listing did not put; may be nil
}

// New is an empty tree of what is below prefix + "/", or of everything when
// prefix is "". The prefix itself is no row.
func New(prefix string) *Tree {
	if prefix != "" {
		prefix += "/"
	}
	return &Tree{prefix: prefix, lights: map[*node]light{}}
}

// Put says that e.Key is there now. It tells what that changed: Added,
// Changed when Index or Flags differ from what was known, else None. What
// changed is lit as of now, once the first listing has ended; a zero now
// lights nothing. A key that is not below the prefix is ignored.
func (t *Tree) Put(e Entry, now time.Time) Change {
	rel, ok := t.relative(e.Key)
	if !ok || e.Key == "" {
		return None
	}
	change := Added
	t.before = Entry{}
	if n := t.find(rel); n != nil && n.is(isKey) {
		t.see(n)
		t.before = n.entry(e.Key)
		change = n.replace(e)
	} else {
		t.top = t.grow(t.top, rel, 0, t.spread, e)
	}
	t.shine(rel, change, now)
	return change
}

// Delete says that key is gone: Removed, or None when it was not known. Its
// row stays, as a Ghost, until Expire; before the first listing has ended,
// and with a zero now, it goes at once.
func (t *Tree) Delete(key string, now time.Time) Change {
	rel, ok := t.relative(key)
	if !ok {
		return None
	}
	n := t.find(rel)
	if n == nil || !n.is(isKey) {
		return None
	}
	t.see(n)
	t.before = n.entry(key)
	t.top = t.shrink(t.top, rel, 0, t.glows(now))
	t.shine(rel, Removed, now)
	return Removed
}

// BeginListing says that every key there is will be put again. A listing
// that is under way is forgotten.
func (t *Tree) BeginListing() {
	if t.listing { // some keys are of its round, some of the one before
		t.top.each(nil, func(_ []byte, n *node) bool {
			n.set(inRound, t.round)
			return true
		})
	}
	t.listing, t.round, t.stale = true, !t.round, t.Keys()
}

// EndListing says that every key was put: the keys that were not put since
// BeginListing are gone, as if deleted now. It returns how many.
func (t *Tree) EndListing(now time.Time) int {
	if !t.listing {
		return 0
	}
	gone := make([]string, 0, t.stale)
	if t.stale > 0 {
		t.top.each([]byte(t.prefix), func(path []byte, n *node) bool {
			if n.is(inRound) != t.round {
				gone = append(gone, string(path))
			}
			return true
		})
	}
	for _, key := range gone {
		t.Delete(key, now)
		if t.swept != nil {
			t.swept(t.before)
		}
	}
	t.listing, t.listed = false, true
	return len(gone)
}

// OnSweep has EndListing tell swept what each key was that it finds gone, in
// the order of the rows. swept must leave the tree alone.
func (t *Tree) OnSweep(swept func(Entry)) { t.swept = swept }

// Before is what the last Put or Delete that told of a change found there:
// the zero Entry when there was no such key.
func (t *Tree) Before() Entry { return t.before }

// Keys is the number of keys in the tree.
func (t *Tree) Keys() int {
	return int(t.top.total().keys)
}

// Lookup is the key's entry; not ok when there is no such key (a folder
// alone is none, nor is a ghost).
func (t *Tree) Lookup(key string) (e Entry, ok bool) {
	rel, ok := t.relative(key)
	if !ok {
		return Entry{}, false
	}
	n := t.find(rel)
	if n == nil || !n.is(isKey) {
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
	if found := t.find(rel); found != nil {
		n = int(found.kids.total().keys)
	}
	return n, n > 0
}

// All is every key, in the order of the rows, whatever is open. The tree
// must not be changed meanwhile.
func (t *Tree) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		t.top.each([]byte(t.prefix), func(path []byte, n *node) bool {
			return yield(n.entry(string(path)))
		})
	}
}

// relative is the part of key that the tree is made of.
func (t *Tree) relative(key string) (rel string, ok bool) {
	return strings.CutPrefix(key, t.prefix)
}

// see notes that the running listing, if there is one, has told of n.
func (t *Tree) see(n *node) {
	if t.listing && n.is(inRound) != t.round {
		n.set(inRound, t.round)
		t.stale--
	}
}

// replace makes n, which is a key, what e says, and tells whether that is a
// change. A size alone is none: some reports come without it.
func (n *node) replace(e Entry) Change {
	if e.Size >= 0 {
		n.size = clamp(e.Size)
	}
	if n.index == e.Index && n.flags == e.Flags {
		return None
	}
	n.index, n.flags, n.size = e.Index, e.Flags, clamp(e.Size)
	return Changed
}

// entry is what n, which is or was a key, was last told.
func (n *node) entry(key string) Entry {
	return Entry{Key: key, Index: n.index, Size: int(n.size), Flags: n.flags}
}

// clamp fits a size into what a node has room for.
func clamp(size int) int32 { return int32(max(-1, min(size, math.MaxInt32))) }
