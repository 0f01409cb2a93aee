package kv

import (
	"context"

	client "go.etcd.io/etcd/client/v2"
)

var _ ValueReader = (*Etcd)(nil)

// ReadValues implements ValueReader by single reads, which the member that is
// asked answers by itself, for it may lag behind the cluster by a moment: the
// cluster's agreement costs it an entry in its log for every read.
func (s *Etcd) ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (int, error) {
	return readEach(ctx, keys, searchWidth, see, func(ctx context.Context, key string) (*KVPair, error) {
		path, err := s.checkKey("search", key)
		if err != nil {
			return nil, err
		}
		ctx, cancel := s.small(ctx)
		defer cancel()
		var resp *client.Response
		err = s.read(ctx, func(ctx context.Context, e *etcdEndpoint) (err error) {
			resp, err = e.keys.Get(ctx, path, nil)
			return err
		})
		if err != nil {
			return nil, s.failRead("search", key, err)
		}
		return etcdPair(resp.Node), nil
	})
}
