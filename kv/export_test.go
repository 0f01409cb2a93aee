package kv

import (
	"context"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// KeysInStrides lists a directory as servers before 3.7 are asked for it, in
// strides of so many keys.
func (s *EtcdV3) KeysInStrides(dir string, stride int) ([]string, error) {
	var keys []string
	l := v3Listing{store: s, values: someValues, stridesOf: stride, page: func(kvs []*mvccpb.KeyValue, _ bool) error {
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
	return keys, l.paged(ctx)
}
