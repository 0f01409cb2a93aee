package tui

import (
	"kvist/internal/changes"
	"kvist/kv"
	"kvist/tui/tree"
)

// knownValues are values that were read of late, so that what replaces one
// can be compared with it also where the store keeps no history.
type knownValues struct {
	values map[valueID][]byte
	order  []valueID // the oldest first
	bytes  int
}

// valueID is one state of a key.
type valueID struct {
	key   string
	index uint64
}

const (
	// knownMax and knownBytes bound the values that are kept: their number,
	// and their bytes.
	knownMax   = 500
	knownBytes = 4 << 20
)

// put keeps a value, at the expense of the oldest ones.
func (k *knownValues) put(id valueID, value []byte) {
	if _, there := k.values[id]; there || id.index == 0 || len(value)+len(id.key) > knownBytes/4 {
		return
	}
	if k.values == nil {
		k.values = map[valueID][]byte{}
	}
	k.values[id] = value
	k.order = append(k.order, id)
	k.bytes += len(value) + len(id.key)
	for len(k.order) > knownMax || k.bytes > knownBytes {
		old := k.order[0]
		k.order = k.order[1:]
		k.bytes -= len(k.values[old]) + len(old.key)
		delete(k.values, old)
	}
}

// get is a state of a key that was read.
func (k *knownValues) get(id valueID) ([]byte, bool) {
	value, ok := k.values[id]
	return value, ok
}

// knownOf is what the tree knew of a key before an event changed it.
func knownOf(what tree.Change, was tree.Entry) changes.Known {
	return changes.Known{Side: sideOf(was), There: what != tree.Added, Preview: was.Preview}
}

// sideOf is an entry of the tree as a side of a change.
func sideOf(e tree.Entry) changes.Side {
	return changes.Side{Index: e.Index, Size: e.Size, Flags: kv.KeyFlags(e.Flags)}
}
