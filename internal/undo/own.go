package undo

import (
	"encoding/binary"
	"hash/maphash"

	"kvist/internal/journal"
	"kvist/kv"
)

// own are the states of keys that kvist itself made after an entry of the
// journal, such as by undoing newer ones. Only hashes of them are kept, since
// plans are long.
type own struct {
	seed maphash.Seed
	made map[uint64]struct{}
}

// ownAfter reads the journal for them.
func ownAfter(j *journal.Journal, id string) (*own, error) {
	o := &own{maphash.MakeSeed(), map[uint64]struct{}{}}
	err := j.Wrote(id, func(key string, index uint64) { o.made[o.hash(key, index)] = struct{}{} })
	return o, err
}

// has reports whether kvist made the node what it is.
func (o *own) has(n *kv.Node) bool {
	_, ok := o.made[o.hash(n.Key, n.Index)]
	return ok
}

func (o *own) hash(key string, index uint64) uint64 {
	var h maphash.Hash
	h.SetSeed(o.seed)
	h.WriteString(key)
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], index)
	h.Write(b[:])
	return h.Sum64()
}
