package kv

import "context"

// ReadValues implements ValueReader by single reads. The member that is asked answers by itself,
// and may lag behind the cluster by a moment: the cluster's agreement costs it an entry in its log
// for every read.
func (s *Etcd) ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (int, error) {
	return readEach(ctx, keys, searchWidth, see, func(ctx context.Context, key string) (*KVPair, error) {
		path, err := s.checkKey(OpSearch, key)
		if err != nil {
			return nil, err
		}
		ctx, cancel := s.request(ctx)
		defer cancel()
		node, err := s.cluster.GetLocal(ctx, path)
		if err != nil {
			return nil, s.fail(OpSearch, key, v2Absent(err))
		}
		return v2Pair(node), nil
	})
}
