package tui

import "kvist/kv"

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

// keep keeps a value that was read, which may be replaced.
func (k *knownValues) keep(pair *kv.KVPair) {
	if pair != nil {
		k.put(valueID{pair.Key, pair.LastIndex}, pair.Value)
	}
}

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
