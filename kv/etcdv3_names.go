package kv

import (
	"math"
	"slices"
	"strings"
)

// v3Dir is the directory a prefix names: the text that all keys in it begin
// with. "" is the whole store.
func v3Dir(prefix string) string {
	if prefix == "" {
		return ""
	}
	return strings.TrimSuffix(prefix, "/") + "/"
}

// v3Locked is the key whose lock a key is a place in the queue of: the lock
// "a/b" queues under "a/b.kvist-lock/". The listings do not show such places.
func v3Locked(key string) (locked string, ok bool) {
	queue, lease, ok := cutLast(key)
	if !ok || !isLeaseName(lease) {
		return "", false
	}
	return strings.CutSuffix(queue, queueSuffix)
}

// isV3Queue reports whether a key is a place in the queue of a lock of ours.
func isV3Queue(key string) bool {
	_, ok := v3Locked(key)
	return ok
}

// cutLast cuts the last segment from a key.
func cutLast(key string) (dir, name string, ok bool) {
	i := strings.LastIndexByte(key, '/')
	if i < 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

// isLeaseName reports whether a name can be a lease in lower case hex, as the
// recipes of etcd write it.
func isLeaseName(name string) bool {
	if name == "" || len(name) > 16 {
		return false
	}
	return !slices.ContainsFunc([]byte(name), func(c byte) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'f')
	})
}

// CheckWrite implements Limits. How large a value may be, only the server
// knows (--max-request-bytes, 1.5 MiB with its key if not set) and does not tell
// before it is sent.
func (s *EtcdV3) CheckWrite(key string, value []byte) error {
	switch {
	case key == "":
		return s.fail("put", key, ErrInvalidKey, nil)
	case len(key)+len(value) > math.MaxInt32-v3Overhead:
		return s.fail("put", key, ErrTooLarge, nil)
	}
	return nil
}

// v3Overhead is what a request takes besides key and value, in bytes.
const v3Overhead = 512

// Dir implements DirNamer. A slash at the beginning is a part of the keys.
func (s *EtcdV3) Dir(prefix string) string { return v3Dir(prefix) }

// Hidden implements Hider.
func (s *EtcdV3) Hidden(prefix, key string) string {
	if isV3Queue(key) && strings.HasPrefix(key, v3Dir(prefix)) {
		return hiddenQueue
	}
	return ""
}

// HiddenBelow implements Hider.
func (s *EtcdV3) HiddenBelow() string { return "" }

// Terms implements Termed by the fields of mvccpb.KeyValue, in the short form
// of the words.
func (s *EtcdV3) Terms() Terms {
	return Terms{Index: "revision", Created: "created at revision", Version: "version", Owner: "lease"}
}

func (s *EtcdV3) keysMemory() int64 { return s.memory }
