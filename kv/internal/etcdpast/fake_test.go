package etcdpast

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
)

// fakeClient is a store with a history, whose watches come as etcd's do: in rounds, in which each
// watch that lags behind gets a bounded part, in any order.
type fakeClient struct {
	events    []*mvccpb.Event // in order
	compacted int64
	round     int        // events that a watch gets in a round
	random    *rand.Rand // of the order; the newest watch is first if it is nil
	denied    bool
	read      int // events that were read for watches
	gets      int
	size      int64 // of its data
}

func (f *fakeClient) ServerStatus(context.Context, ...grpc.CallOption) (*etcdserverpb.StatusResponse, error) {
	return &etcdserverpb.StatusResponse{DbSizeInUse: f.size}, nil
}

// put and del add a revision.
func (f *fakeClient) put(key, value string) int64 {
	kv := &mvccpb.KeyValue{Key: []byte(key), Value: []byte(value), ModRevision: f.newest() + 1, CreateRevision: f.newest() + 1, Version: 1}
	if was := f.at(key, f.newest()); was != nil {
		kv.CreateRevision, kv.Version = was.CreateRevision, was.Version+1
	}
	f.events = append(f.events, &mvccpb.Event{Kv: kv})
	return kv.ModRevision
}

func (f *fakeClient) del(key string) int64 {
	kv := &mvccpb.KeyValue{Key: []byte(key), ModRevision: f.newest() + 1}
	f.events = append(f.events, &mvccpb.Event{Type: mvccpb.Event_DELETE, Kv: kv})
	return kv.ModRevision
}

func (f *fakeClient) newest() int64 { return int64(len(f.events)) + 1 } // an empty store has 1

func (f *fakeClient) at(key string, revision int64) (kv *mvccpb.KeyValue) {
	for _, e := range f.events {
		if string(e.Kv.Key) == key && e.Kv.ModRevision <= revision {
			if kv = e.Kv; e.Type == mvccpb.Event_DELETE {
				kv = nil
			}
		}
	}
	return kv
}

func (f *fakeClient) Request(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (f *fakeClient) Long(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (f *fakeClient) Get(_ context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	f.gets++
	op := clientv3.OpGet(key, opts...)
	at := cmp.Or(op.Rev(), f.newest())
	if at < f.compacted {
		return nil, rpctypes.ErrCompacted
	}
	resp := &clientv3.GetResponse{Header: &etcdserverpb.ResponseHeader{Revision: f.newest()}}
	seen := map[string]bool{}
	for _, e := range f.events {
		name := string(e.Kv.Key)
		in := name == key || len(op.RangeBytes()) > 0 && name >= key && (name < string(op.RangeBytes()) || string(op.RangeBytes()) == "\x00")
		if kv := f.at(name, at); in && kv != nil && !seen[name] {
			seen[name], resp.Kvs = true, append(resp.Kvs, kv)
		}
	}
	slices.SortFunc(resp.Kvs, func(a, b *mvccpb.KeyValue) int { return cmp.Compare(b.ModRevision, a.ModRevision) })
	return resp, nil
}

func (f *fakeClient) Watches(ctx context.Context) (etcdserverpb.Watch_WatchClient, error) {
	return &fakeStream{client: f, ctx: ctx}, nil
}

// fakeStream is a stream of watches.
type fakeStream struct {
	grpc.ClientStream
	client  *fakeClient
	ctx     context.Context
	watches []*fakeWatch
	waiting []*etcdserverpb.WatchResponse
}

type fakeWatch struct {
	id       int64
	key, end string
	next     int64
	synced   bool
}

func (s *fakeStream) Send(request *etcdserverpb.WatchRequest) error {
	header := &etcdserverpb.ResponseHeader{Revision: s.client.newest()}
	switch r := request.RequestUnion.(type) {
	case *etcdserverpb.WatchRequest_CreateRequest:
		w := &fakeWatch{id: int64(len(s.watches)), key: string(r.CreateRequest.Key), end: string(r.CreateRequest.RangeEnd), next: r.CreateRequest.StartRevision}
		created := &etcdserverpb.WatchResponse{Header: header, Created: true, WatchId: w.id}
		if s.client.denied && w.end == "\x00" {
			created.Canceled, created.WatchId, created.CancelReason = true, -1, rpctypes.ErrorDesc(rpctypes.ErrGRPCPermissionDenied)
			s.waiting = append(s.waiting, created)
			return nil
		}
		s.watches, s.waiting = append(s.watches, w), append(s.waiting, created)
		if w.next < s.client.compacted {
			w.synced = true
			s.waiting = append(s.waiting, &etcdserverpb.WatchResponse{WatchId: w.id, Canceled: true, CompactRevision: s.client.compacted})
		}
	case *etcdserverpb.WatchRequest_CancelRequest:
		s.watches[r.CancelRequest.WatchId].synced = true
		s.waiting = append(s.waiting, &etcdserverpb.WatchResponse{Header: header, Canceled: true, WatchId: r.CancelRequest.WatchId})
	case *etcdserverpb.WatchRequest_ProgressRequest:
		s.serve() // the pause before it is longer than a round
		s.waiting = append(s.waiting, &etcdserverpb.WatchResponse{Header: header, WatchId: -1})
	}
	return nil
}

// serve is a round.
func (s *fakeStream) serve() {
	order := slices.Clone(s.watches)
	slices.Reverse(order)
	if s.client.random != nil {
		s.client.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	for _, w := range order {
		if w.synced {
			continue
		}
		resp := &etcdserverpb.WatchResponse{WatchId: w.id}
		w.synced = true
		for _, e := range s.client.events {
			name := string(e.Kv.Key)
			if e.Kv.ModRevision < w.next {
				continue
			}
			s.client.read++
			if name != w.key && !(w.end != "" && name >= w.key && (name < w.end || w.end == "\x00")) {
				continue
			}
			if len(resp.Events) == s.client.round {
				w.synced, w.next = false, e.Kv.ModRevision
				break
			}
			resp.Events = append(resp.Events, e)
		}
		if len(resp.Events) > 0 {
			s.waiting = append(s.waiting, resp)
		}
	}
}

var errStuck = errors.New("the replay waits for what never comes")

func (s *fakeStream) Recv() (*etcdserverpb.WatchResponse, error) {
	if len(s.waiting) == 0 {
		s.serve()
	}
	if len(s.waiting) == 0 {
		return nil, errors.Join(errStuck, io.EOF)
	}
	resp := s.waiting[0]
	s.waiting = s.waiting[1:]
	return resp, s.ctx.Err()
}
