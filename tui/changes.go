package tui

import (
	"slices"
	"time"

	"kvist/kv"
)

const (
	// changesMax is how many changes are kept, and how many more while the
	// list stands still.
	changesMax = 10_000
	// changesBytes bounds the keys of the changes that are kept: a key may be
	// a megabyte.
	changesBytes = 4 << 20
)

// change is one line of the changes: what became of a key, or a mark that
// says what the changes around it are worth.
type change struct {
	at   time.Time
	kind changeKind
	// found says that a listing found it: it happened before that, and there
	// may have been more of them.
	found    bool
	key      string // of a mark: what it says
	now, was side
}

// side is a key before a change or after it.
type side struct {
	index uint64 // 0 where there was no such key, or the store did not tell
	size  int    // bytes of the value; -1 when not known
	flags kv.KeyFlags
}

// changeKind is what became of a key.
type changeKind uint8

const (
	addedChange changeKind = iota
	changedChange
	removedChange
	folderChange // a folder is gone with all in it
	markChange
)

// ring keeps the latest changes. Each has a number, from 0 on, that stays its
// own for as long as it is kept.
type ring struct {
	slots []change // of number n: slots[n % max]
	max   int
	first uint64 // the oldest that is kept
	next  uint64 // what the next one will be
	bytes int    // of the keys
}

// len is how many changes are kept.
func (r *ring) len() int { return int(r.next - r.first) }

// get is a change that is kept.
func (r *ring) get(n uint64) *change { return &r.slots[n%uint64(r.max)] }

// push adds a change and drops the oldest ones where there is no room.
func (r *ring) push(c change) {
	for r.len() > 0 && (r.len() == r.max || r.bytes+len(c.key) > changesBytes) {
		r.drop()
	}
	if len(r.slots) < r.max {
		r.slots = append(r.slots, c)
	} else {
		*r.get(r.next) = c
	}
	r.next++
	r.bytes += len(c.key)
}

// drop forgets the oldest change.
func (r *ring) drop() {
	old := r.get(r.first)
	r.bytes -= len(old.key)
	*old = change{}
	r.first++
}

// changeList is the changes that can be shown: those that fit a filter, and
// all marks, for they say what the changes are worth.
type changeList struct {
	ring
	fits    func(key string) bool // nil: all fit
	matches []uint64              // the numbers of those that fit, if there is a filter
}

// push adds a change.
func (l *changeList) push(c change) {
	l.ring.push(c)
	if l.fits == nil {
		return
	}
	l.match(l.next - 1)
	l.trim()
}

// match takes a change into the matches if it fits.
func (l *changeList) match(n uint64) {
	if c := l.get(n); c.kind == markChange || l.fits(c.key) {
		l.matches = append(l.matches, n)
	}
}

// trim leaves out of the matches what is not kept any more.
func (l *changeList) trim() {
	for len(l.matches) > 0 && l.matches[0] < l.first {
		l.matches = l.matches[1:]
	}
}

// filter shows only the changes of keys that fit; nil shows all.
func (l *changeList) filter(fits func(key string) bool) {
	l.fits, l.matches = fits, nil
	if fits == nil {
		return
	}
	for n := l.first; n < l.next; n++ {
		l.match(n)
	}
}

// count is how many rows there are, the oldest first.
func (l *changeList) count() int {
	if l.fits == nil {
		return l.len()
	}
	return len(l.matches)
}

// number is the number of the change in a row.
func (l *changeList) number(row int) uint64 {
	if l.fits == nil {
		return l.first + uint64(row)
	}
	return l.matches[row]
}

// row is where the change of that number stands, or the one nearest to it;
// -1 when there is none at all.
func (l *changeList) row(n uint64) int {
	row := int(max(n, l.first) - l.first)
	if l.fits != nil {
		row, _ = slices.BinarySearch(l.matches, n)
	}
	return min(row, l.count()-1)
}
