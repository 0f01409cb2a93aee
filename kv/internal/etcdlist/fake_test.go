package etcdlist

import (
	"context"
	"errors"
	"slices"
	"sort"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// fakeClient answers as etcd does, and counts what that costs a server that counts every range.
type fakeClient struct {
	keys    []string // sorted
	value   string   // of each key
	leases  map[string]int64
	streams bool // as from etcd 3.7 on
	chunk   int  // keys in a chunk of a stream
	slow    time.Duration
	most    int // bytes that an answer may have; 0 for no bound

	mu       sync.Mutex
	requests int
	counted  int // keys that it had to count
	largest  int // keys in one answer
	open     int // streams
}

func (f *fakeClient) Request(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (f *fakeClient) Long(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (f *fakeClient) Timeout() time.Duration { return 30 * time.Second }

func (f *fakeClient) LeasedKeys(context.Context) map[string]int64 { return f.leases }

func (f *fakeClient) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	op := clientv3.OpGet(key, opts...)
	found := f.in(op)
	resp := &clientv3.GetResponse{Header: &etcdserverpb.ResponseHeader{Revision: 1, ClusterId: 7}, Count: int64(len(found))}
	if most := int(op.Limit()); most > 0 && most < len(found) {
		found, resp.More = found[:most], true
	}
	resp.Kvs = f.pairs(found, op.IsKeysOnly(), true)
	f.mu.Lock()
	f.requests++
	f.counted += int(resp.Count)
	f.largest = max(f.largest, len(found))
	f.mu.Unlock()
	if f.most > 0 && !op.IsKeysOnly() && len(found)*len(f.value) > f.most {
		return nil, status.Error(codes.ResourceExhausted, "larger than max")
	}
	if resp.More && f.slow > 0 {
		select {
		case <-time.After(f.slow):
		case <-ctx.Done():
		}
	}
	return resp, ctx.Err()
}

func (f *fakeClient) GetStream(ctx context.Context, key string, opts ...clientv3.OpOption) (clientv3.GetStreamChan, error) {
	if !f.streams {
		return nil, rpctypes.Error(status.Error(codes.Unimplemented, "unknown method RangeStream"))
	}
	op := clientv3.OpGet(key, opts...)
	found := f.in(op)
	chunks := make(chan clientv3.RangeStreamResponse, 1)
	f.mu.Lock()
	f.open++
	f.mu.Unlock()
	go func() {
		defer close(chunks)
		defer func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.open--
		}()
		for chunk := range slices.Chunk(found, f.chunk) {
			if ctx.Err() != nil {
				return
			}
			chunks <- clientv3.RangeStreamResponse{RangeResponse: &etcdserverpb.RangeResponse{Kvs: f.pairs(chunk, op.IsKeysOnly(), false)}}
		}
		chunks <- clientv3.RangeStreamResponse{RangeResponse: &etcdserverpb.RangeResponse{Header: &etcdserverpb.ResponseHeader{Revision: 1}}}
	}()
	return chunks, nil
}

// in returns the keys that a request is about.
func (f *fakeClient) in(op clientv3.Op) []string {
	start, end := string(op.KeyBytes()), string(op.RangeBytes())
	from := sort.SearchStrings(f.keys, start)
	switch {
	case end == "" && (from == len(f.keys) || f.keys[from] != start):
		return nil
	case end == "":
		return f.keys[from : from+1]
	case end == Endless:
		return f.keys[from:]
	}
	return f.keys[from:max(from, sort.SearchStrings(f.keys, end))]
}

// pairs returns keys as a server sends them; etcd 3.7 leaves the leases out with the values.
func (f *fakeClient) pairs(keys []string, keysOnly, leases bool) []*mvccpb.KeyValue {
	kvs := make([]*mvccpb.KeyValue, len(keys))
	for i, key := range keys {
		kvs[i] = &mvccpb.KeyValue{Key: []byte(key)}
		if !keysOnly {
			kvs[i].Value = []byte(f.value)
		}
		if leases || !keysOnly {
			kvs[i].Lease = f.leases[key]
		}
	}
	return kvs
}

var errEnough = errors.New("enough")
