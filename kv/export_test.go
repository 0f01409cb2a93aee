package kv

import (
	"context"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// KeysInStrides lists a directory as servers before 3.7 are asked for it, in
// strides of so many keys.
func (s *EtcdV3) KeysInStrides(dir string, stride int) ([]string, error) {
	var keys []string
	l := v3Listing{store: s, values: someValues, stridesOf: stride, peekAfter: 1, sizedKeys: 1, page: func(kvs []*mvccpb.KeyValue, _ bool) error {
		for _, kv := range kvs {
			keys = append(keys, string(kv.Key))
		}
		return nil
	}}
	l.rest = v3DirSpan(v3Dir(dir))
	ctx := context.Background()
	if err := l.pin(ctx); err != nil {
		return nil, err
	}
	return keys, (&v3Pages{v3Listing: &l}).run(ctx)
}

// PeekKeys are the first keys of a directory as they are looked for where the
// number of all is long in coming.
func (s *EtcdV3) PeekKeys(dir string) ([]string, error) {
	l, ctx := v3Listing{store: s}, context.Background()
	l.rest = v3DirSpan(v3Dir(dir))
	if err := l.pin(ctx); err != nil {
		return nil, err
	}
	found := make(chan v3Answer, 1)
	(&v3Pages{v3Listing: &l}).peek(ctx, l.rest, found)
	close(found)
	var keys []string
	if got, ok := <-found; ok {
		for _, kv := range got.resp.Kvs {
			keys = append(keys, string(kv.Key))
		}
	}
	return keys, nil
}

// CountAtMost makes levels be read as where there are more than so many keys
// below each.
func (s *EtcdV3) CountAtMost(keys int) { s.countMost = int64(keys) }
