package tree

import (
	"hash/maphash"
	"iter"
	"slices"
	"strings"
)

// Differences are what is different between two trees of the same keys, of which
// one is older. They take 8 bytes for each folder that contains a difference: the
// keys themselves are looked up in the trees.
type Differences struct {
	Changed int // keys that are in both, and not the same
	Gone    int // keys that are in the older tree only
	Came    int // keys that are in the newer tree only

	folders []uint64     // hashes of the folders with changed or gone keys, sorted
	seed    maphash.Seed // of the hashes
}

// Inside reports whether a key in the folder has changed or is gone.
func (d *Differences) Inside(folder string) bool {
	_, found := slices.BinarySearch(d.folders, maphash.String(d.seed, folder))
	return found
}

// Same reports whether two entries of a key are the same state of it. If one of
// them is not known, that is no difference.
func (e Entry) Same(other Entry) bool {
	return e.Index == other.Index || e.Preview || other.Preview
}

// stopEvery is after how many keys Differ asks whether to stop.
const stopEvery = 4096

// Differ compares two trees, in the order of their rows. Both may be used
// meanwhile. It returns nil if stop returns true, which it asks now and then.
func Differ(older, newer *Tree, stop func() bool) *Differences {
	next, end := iter.Pull(newer.All())
	defer end()
	d, n, last := &Differences{seed: maphash.MakeSeed()}, 0, ""
	theirs, more := next()
	for e := range older.All() {
		n++
		if n%stopEvery == 0 && stop() {
			return nil
		}
		for more && Compare(theirs.Key, e.Key) < 0 {
			d.Came++
			theirs, more = next()
		}
		switch {
		case !more || theirs.Key != e.Key:
			d.Gone++
		case !e.Same(theirs):
			d.Changed++
			theirs, more = next()
		default:
			theirs, more = next()
			continue
		}
		d.note(e.Key, last)
		last = e.Key
	}
	for ; more; theirs, more = next() {
		d.Came++
		n++
		if n%stopEvery == 0 && stop() {
			return nil
		}
	}
	slices.Sort(d.folders)
	d.folders = slices.Clip(slices.Compact(d.folders))
	return d
}

// note notes the folders around a key, except those that are around the last one
// too.
func (d *Differences) note(key, last string) {
	for i := strings.LastIndexByte(key, '/'); i >= 0; i = strings.LastIndexByte(key[:i], '/') {
		if len(last) > i && last[:i+1] == key[:i+1] {
			return
		}
		d.folders = append(d.folders, maphash.String(d.seed, key[:i]))
	}
}
