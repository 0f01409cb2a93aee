package kv

import (
	"go.etcd.io/etcd/api/v3/mvccpb"

	"kvist/kv/internal/etcdlist"
)

// List the content of a given prefix
func (s *EtcdV3) List(prefix string) ([]*KVPair, error) {
	dir := v3Dir(prefix)
	var pairs []*KVPair
	found := false
	listing := etcdlist.Listing{Reader: s.lists, Page: func(kvs []*mvccpb.KeyValue, _ bool) error {
		for _, kv := range kvs {
			found = true
			if v3Shown(dir, string(kv.Key)) {
				pairs = append(pairs, v3Pair(kv))
			}
		}
		return nil
	}}
	if _, err := listing.Run(s.ctx, etcdlist.DirSpan(dir)); err != nil {
		return nil, s.denied(s.ctx, "list", prefix, err)
	}
	if found || dir == "" {
		return pairs, nil
	}
	// Nothing below it: it may be a key that is no directory.
	_, err := s.get(s.ctx, "list", dir[:len(dir)-1])
	return nil, err
}

// v3Shown reports whether a key below dir is listed: not dir itself, and not
// what the queue of a lock is made of.
func v3Shown(dir, key string) bool { return key != dir && !isV3Queue(key) }
