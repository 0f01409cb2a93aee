package kv

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	client "go.etcd.io/etcd/client/v2"
)

const (
	// etcdFormMax is the largest request body that the server parses: Go's
	// net/http limits forms to 10 MB, counted after percent-encoding.
	etcdFormMax = 10 << 20
	// etcdFormSpare is what the other fields of a write may need of it.
	etcdFormSpare = 256
)

// etcdPath is a key's node: "/a/b" for "a/b", "/a/b" and "a/b/". The client
// and the server clean paths, so a key that would come out as another one is
// refused, and so is one that is not UTF-8, which JSON cannot carry.
func etcdPath(key string) (string, error) {
	path, err := etcdPrefix(key)
	if err == nil && path == "/" {
		return "", errors.New("the root of the store is no key")
	}
	return path, err
}

// etcdPrefix is etcdPath, and "/" for "", the whole store.
func etcdPrefix(prefix string) (string, error) {
	if prefix == "" || prefix == "/" {
		return "/", nil
	}
	if !utf8.ValidString(prefix) {
		return "", errors.New("not UTF-8")
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(prefix, "/"), "/")
	for segment := range strings.SplitSeq(bare, "/") {
		switch segment {
		case "":
			return "", errors.New("an empty path segment")
		case ".", "..":
			return "", errors.New("the path segment " + segment)
		}
	}
	return "/" + bare, nil
}

// etcdKey is the key of a node.
func etcdKey(path string) string { return strings.TrimPrefix(path, "/") }

// etcdBelow is what path adds to dir, without the slash between; false when
// path is not below dir.
func etcdBelow(dir, path string) (string, bool) {
	if dir == "/" {
		return strings.CutPrefix(path, "/")
	}
	return strings.CutPrefix(path, dir+"/")
}

// etcdQueue is the directory of the queue for the lock on a node.
func etcdQueue(path string) string { return path + queueSuffix }

// etcdLocked is the node whose lock a queue's directory is for; false when
// path names no queue.
func etcdLocked(path string) (string, bool) {
	locked, ok := strings.CutSuffix(path, queueSuffix)
	return locked, ok && locked != "" && !strings.HasSuffix(locked, "/")
}

// etcdInQueue reports whether a path below a listed directory is part of a
// lock's queue, or hidden by etcd's own rule (a name that starts with "_"),
// which the server keeps for listings but not for events of the past.
func etcdInQueue(below string) bool {
	for segment := range strings.SplitSeq(below, "/") {
		if strings.HasPrefix(segment, "_") {
			return true
		}
		if _, ok := etcdLocked(segment); ok {
			return true
		}
	}
	return false
}

// etcdPair is a node as a pair. A directory has an empty value.
func etcdPair(n *client.Node) *KVPair {
	return &KVPair{Key: etcdKey(n.Key), Value: []byte(n.Value), LastIndex: n.ModifiedIndex}
}

// CheckWrite implements Limits. Values are sent percent-encoded, so how much
// fits into the 10 MB that the server parses depends on their characters.
func (s *Etcd) CheckWrite(key string, value []byte) error {
	_, err := s.checkWrite("put", key, value)
	return err
}

// checkWrite is CheckWrite for op, and gives the key's node.
func (s *Etcd) checkWrite(op Op, key string, value []byte) (string, error) {
	path, err := s.checkKey(op, key)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(value) {
		return "", s.failAs(op, key, ErrInvalidValue, errors.New("the v2 API only holds UTF-8 text"))
	}
	if 3*len(value) > etcdFormMax-etcdFormSpare && len(url.QueryEscape(string(value))) > etcdFormMax-etcdFormSpare {
		return "", s.failAs(op, key, ErrTooLarge, errors.New("the server parses at most 10 MB, percent-encoded"))
	}
	return path, nil
}

// checkKey gives a key's node, unless the store is closed or cannot name it.
func (s *Etcd) checkKey(op Op, key string) (string, error) {
	return s.check(op, key, etcdPath)
}

// checkPrefix is checkKey for a directory, which may be the whole store.
func (s *Etcd) checkPrefix(op Op, prefix string) (string, error) {
	return s.check(op, prefix, etcdPrefix)
}

func (s *Etcd) check(op Op, key string, parse func(string) (string, error)) (string, error) {
	if s.ctx.Err() != nil {
		return "", s.fail(op, key, ErrClosed)
	}
	path, err := parse(key)
	if err != nil {
		return "", s.failAs(op, key, ErrInvalidKey, err)
	}
	return path, nil
}
