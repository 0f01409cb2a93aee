package tui

import (
	"kvist/internal/recent"
	"kvist/kv"
)

// knownValues are values that were read recently, so that a change can be
// compared with what it replaced also where the store keeps no history.
type knownValues struct {
	*recent.Cache[valueID, []byte]
}

// valueID is one state of a key.
type valueID struct {
	key   string
	index uint64
}

const (
	// knownMax and knownBytes bound the number of values that are kept, and
	// their bytes.
	knownMax   = 500
	knownBytes = 4 << 20
)

func newKnownValues() knownValues {
	return knownValues{recent.New[valueID, []byte](knownMax, knownBytes)}
}

// keep keeps a value that was read; pair may be nil.
func (k knownValues) keep(pair *kv.KVPair) {
	if pair != nil && pair.LastIndex != 0 {
		k.Put(valueID{pair.Key, pair.LastIndex}, pair.Value, len(pair.Key)+len(pair.Value))
	}
}
