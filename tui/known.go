package tui

import "kvist/kv"

// knownValues are values that were read lately, so that a replaced one can be
// compared even where the store keeps no history.
type knownValues struct {
	values map[valueID][]byte
	order  []valueID // oldest first
	bytes  int
}

// valueID is one state of a key.
type valueID struct {
	key   string
	index uint64
}

const (
	// knownMax and knownBytes limit how many values are kept and their bytes.
	knownMax   = 500
	knownBytes = 4 << 20
)

// keep keeps a value, which may be replaced later.
func (k *knownValues) keep(pair *kv.KVPair) {
	if pair != nil {
		k.put(valueID{pair.Key, pair.LastIndex}, pair.Value)
	}
}

// put keeps a value and drops the oldest ones where there is no room.
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

// get returns a state of a key, if it is kept.
func (k *knownValues) get(id valueID) ([]byte, bool) {
	value, ok := k.values[id]
	return value, ok
}
