package kv

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

const (
	// v2FormMax is the largest request body that the server parses, in bytes: Go's net/http limits
	// forms to 10 MB, counted after percent-encoding.
	v2FormMax = 10 << 20
	// v2FormSpare is what the other fields of a write may need of it.
	v2FormSpare = 256
)

// v2Queue returns the directory of the queue for the lock on a node.
func v2Queue(path string) string { return path + queueSuffix }

// v2Locked returns the node whose lock a queue's directory is for. It returns false if path is no
// queue.
func v2Locked(path string) (string, bool) {
	locked, ok := strings.CutSuffix(path, queueSuffix)
	return locked, ok && locked != "" && !strings.HasSuffix(locked, "/")
}

// v2IsHidden reports whether a path below a listed directory is part of a lock's queue, or hidden
// by etcd's own rule (a name that starts with "_"), which the server keeps for listings but not
// for events of the past.
func v2IsHidden(below string) bool {
	for segment := range strings.SplitSeq(below, "/") {
		if strings.HasPrefix(segment, "_") {
			return true
		}
		if _, ok := v2Locked(segment); ok {
			return true
		}
	}
	return false
}

// Dir implements DirNamer.
func (s *Etcd) Dir(prefix string) string { return pathDir(prefix) }

// Hidden implements Hider.
func (s *Etcd) Hidden(prefix, key string) string {
	dir, err := etcdv2.Dir(prefix)
	if err != nil {
		return ""
	}
	path, err := etcdv2.Path(key)
	below, ok := etcdv2.Below(dir, path)
	if err != nil || !ok {
		return ""
	}
	for segment := range strings.SplitSeq(below, "/") {
		if strings.HasPrefix(segment, "_") {
			return v2HiddenName
		}
		if _, ok := v2Locked(segment); ok {
			return hiddenQueue
		}
	}
	return ""
}

// HiddenBelow implements Hider.
func (s *Etcd) HiddenBelow() string { return v2HiddenName }

// v2HiddenName is why a name that begins with "_" is in no listing.
const v2HiddenName = "etcd leaves names that begin with _ out of listings"

// v2Pair returns a node as a pair. A directory has an empty value.
func v2Pair(n *client.Node) *KVPair {
	return &KVPair{Key: etcdv2.Key(n.Key), Value: []byte(n.Value), LastIndex: n.ModifiedIndex}
}

// CheckWrite implements WriteChecker. Values are sent percent-encoded, so how much fits into the 10
// MB that the server parses depends on their characters.
func (s *Etcd) CheckWrite(key string, value []byte) error {
	_, err := s.checkWrite(OpPut, key, value)
	return err
}

// checkWrite is CheckWrite for op, and returns the path of the key.
func (s *Etcd) checkWrite(op Op, key string, value []byte) (string, error) {
	path, err := s.checkKey(op, key)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(value) {
		return "", s.fail(op, key, withKind(ErrInvalidValue, errors.New("the v2 API only holds UTF-8 text")))
	}
	if 3*len(value) > v2FormMax-v2FormSpare && len(url.QueryEscape(string(value))) > v2FormMax-v2FormSpare {
		return "", s.fail(op, key, withKind(ErrTooLarge, errors.New("the server parses at most 10 MB, percent-encoded")))
	}
	return path, nil
}

// checkKey returns the path of a key, unless the store is closed or cannot name it.
func (s *Etcd) checkKey(op Op, key string) (string, error) {
	return s.check(op, key, etcdv2.Path)
}

// checkPrefix is checkKey for a directory, which may be the whole store.
func (s *Etcd) checkPrefix(op Op, prefix string) (string, error) {
	return s.check(op, prefix, etcdv2.Dir)
}

func (s *Etcd) check(op Op, key string, parse func(string) (string, error)) (string, error) {
	if s.isClosing() {
		return "", s.fail(op, key, ErrClosed)
	}
	path, err := parse(key)
	if err != nil {
		return "", s.fail(op, key, withKind(ErrInvalidKey, err))
	}
	return path, nil
}
