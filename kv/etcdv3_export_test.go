package kv

import (
	"context"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
)

// KeysInStrides lists a directory as from a server before 3.7, in strides of so many keys.
func (s *EtcdV3) KeysInStrides(dir string, stride int) ([]string, error) {
	var keys []string
	l := etcdlist.Listing{
		Reader: etcdlist.NewReader(v3NoStreams{s.client}), Values: etcdlist.SomeValues, StrideKeys: stride, PeekAfter: 1, SizedKeys: 1,
		Page: func(kvs []*mvccpb.KeyValue, _ bool) error {
			for _, kv := range kvs {
				keys = append(keys, string(kv.Key))
			}
			return nil
		},
	}
	_, err := l.Run(context.Background(), etcdlist.DirSpan(v3Dir(dir)))
	return keys, err
}

// v3NoStreams is a client of a server that does not stream ranges.
type v3NoStreams struct{ *etcdclient.Client }

// GetStream implements etcdlist.Client.
func (v3NoStreams) GetStream(context.Context, string, ...clientv3.OpOption) (clientv3.GetStreamChan, error) {
	return nil, status.Error(codes.Unimplemented, "")
}

// CountAtMost makes levels be read as if there were more than so many keys below each folder.
func (s *EtcdV3) CountAtMost(keys int) { s.reader.CountMost = int64(keys) }
