package kv

import (
	"math"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"kvist/kv/internal/etcdlocks"
)

// v3Overhead is what a request takes besides key and value, in bytes.
const v3Overhead = 512

// v3Queues are the queues of this package's own locks. Listings and feeds leave them out.
var v3Queues = etcdlocks.Queues{Suffix: queueSuffix} //nolint:gochecknoglobals // it never changes

// v3Dir returns the directory that a prefix names: the text that all keys in it begin with. "" is
// the whole store.
func v3Dir(prefix string) string {
	if prefix == "" {
		return ""
	}
	return strings.TrimSuffix(prefix, "/") + "/"
}

// v3IsQueue reports whether a key is a place in the queue of an own lock.
func v3IsQueue(key string) bool {
	_, ok := v3Queues.Locked(key)
	return ok
}

// v3IsShown reports whether a key is listed below dir. The key dir itself is not, nor is a place in
// a queue.
func v3IsShown(dir, key string) bool { return key != dir && !v3IsQueue(key) }

// v3IsRightIn reports whether a key is directly in a directory.
func v3IsRightIn(dir, key string) bool {
	rest, ok := strings.CutPrefix(key, dir)
	return ok && !strings.Contains(rest, "/")
}

// v3IsRevision reports whether a key can have index as its revision, which is an int64 in etcd.
func v3IsRevision(index uint64) bool { return validToken(index) && index <= math.MaxInt64 }

// v3Pair returns a key of etcd as a pair.
func v3Pair(kv *mvccpb.KeyValue) *KVPair {
	return &KVPair{Key: string(kv.Key), Value: v3NotNil(kv.Value), LastIndex: uint64(kv.ModRevision)}
}

// v3NotNil returns a value, and an empty one for nil.
func v3NotNil(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// v3Keys returns the names of keys as parts of one string, which takes far less time and memory
// than a string for each.
func v3Keys(kvs []*mvccpb.KeyValue) []string {
	size := 0
	for _, kv := range kvs {
		size += len(kv.Key)
	}
	var text strings.Builder
	text.Grow(size)
	for _, kv := range kvs {
		text.Write(kv.Key)
	}
	all, keys := text.String(), make([]string, len(kvs))
	for i, kv := range kvs {
		keys[i], all = all[:len(kv.Key)], all[len(kv.Key):]
	}
	return keys
}

// v3Flags returns the marks of a key. A key that is named after its lease is a place in the queue
// of a lock, as the recipes of etcd make it.
func v3Flags(key string, lease int64) KeyFlags {
	if lease == 0 {
		return 0
	}
	if etcdlocks.IsPlace(key, lease) {
		return Leased | Locked
	}
	return Leased
}

// CheckWrite implements WriteChecker. It cannot know how large a value the server takes: that is
// --max-request-bytes, 1.5 MiB with the key by default, and no answer reports it.
func (s *EtcdV3) CheckWrite(key string, value []byte) error {
	switch {
	case key == "":
		return s.fail(OpPut, key, ErrInvalidKey)
	case len(key)+len(value) > math.MaxInt32-v3Overhead:
		return s.fail(OpPut, key, ErrTooLarge)
	}
	return nil
}

// Dir implements DirNamer. A slash at the beginning is part of the keys.
func (s *EtcdV3) Dir(prefix string) string { return v3Dir(prefix) }

// Hidden implements Hider.
func (s *EtcdV3) Hidden(prefix, key string) string {
	if v3IsQueue(key) && strings.HasPrefix(key, v3Dir(prefix)) {
		return hiddenQueue
	}
	return ""
}

// HiddenBelow implements Hider.
func (s *EtcdV3) HiddenBelow() string { return "" }
