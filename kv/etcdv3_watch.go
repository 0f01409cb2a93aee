package kv

import (
	"context"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/etcdtail"
	"kvist/kv/internal/wait"
)

// Watch implements Store.
func (s *EtcdV3) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	if key == "" {
		return nil, s.fail(OpWatch, key, ErrInvalidKey)
	}
	out := make(chan *KVPair, 1)
	tail := s.tail(etcdlist.Span{Start: key}, &v3KeySink{key: key, out: out})
	return out, s.fail(OpWatch, key, s.follow(tail, stopCh, func() { close(out) }))
}

// WatchTree implements Store.
func (s *EtcdV3) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	dir := v3Dir(prefix)
	out := make(chan []*KVPair, 1)
	tail := s.tail(etcdlist.DirSpan(dir), &v3TreeSink{dir: dir, out: out})
	return out, s.fail(OpWatchTree, prefix, s.follow(tail, stopCh, func() { close(out) }))
}

// tail returns what follows a span for a sink.
func (s *EtcdV3) tail(span etcdlist.Span, sink etcdtail.Sink) *etcdtail.Tail {
	return &etcdtail.Tail{Client: s.client, Reader: s.reader, Span: span, Sink: sink}
}

// follow runs tail until stopCh or Close, and then calls done.
func (s *EtcdV3) follow(tail *etcdtail.Tail, stopCh <-chan struct{}, done func()) error {
	return s.start(func(ctx context.Context) {
		defer done()
		ctx, cancel := wait.UntilStopped(ctx, stopCh)
		defer cancel()
		tail.Run(ctx)
	})
}

// v3Missed are the reasons of a listing as a feed reports them.
var v3Missed = [...]Missed{etcdtail.Gap: Gap, etcdtail.Compacted: Compacted} //nolint:gochecknoglobals // it never changes

// v3KeySink sends the states of one key.
type v3KeySink struct {
	key     string
	out     chan *KVPair
	sent    *KVPair // the last state that was sent, or nil
	current *KVPair
}

// Begin implements etcdtail.Sink.
func (w *v3KeySink) Begin(etcdtail.Reason) { w.current = nil }

// Page implements etcdtail.Sink.
func (w *v3KeySink) Page(_ context.Context, kvs []*mvccpb.KeyValue, _ bool) error {
	w.current = v3Pair(kvs[0])
	return nil
}

// End implements etcdtail.Sink. It sends what the listing found if that is new.
func (w *v3KeySink) End(_ context.Context, revision int64) {
	switch {
	case w.current != nil && (w.sent == nil || w.sent.LastIndex != w.current.LastIndex):
		w.send(w.current)
	case w.current == nil && w.sent != nil && w.sent.Value != nil:
		w.send(&KVPair{Key: w.key, LastIndex: uint64(revision)})
	}
}

// Apply implements etcdtail.Sink.
func (w *v3KeySink) Apply(_ context.Context, events []*clientv3.Event) {
	for _, e := range events {
		pair := v3Pair(e.Kv)
		if e.Type == clientv3.EventTypeDelete {
			pair.Value = nil
		}
		w.send(pair)
	}
}

func (w *v3KeySink) send(pair *KVPair) {
	w.sent = pair
	wait.Offer(w.out, pair)
}

// Lost implements etcdtail.Sink.
func (w *v3KeySink) Lost(context.Context, error) {}

// Found implements etcdtail.Sink.
func (w *v3KeySink) Found() {}

// v3TreeSink sends whole snapshots of a directory.
type v3TreeSink struct {
	dir   string
	out   chan []*KVPair
	pairs []*KVPair // sorted; never changed after they were sent
}

// Begin implements etcdtail.Sink.
func (w *v3TreeSink) Begin(etcdtail.Reason) { w.pairs = nil }

// Page implements etcdtail.Sink.
func (w *v3TreeSink) Page(_ context.Context, kvs []*mvccpb.KeyValue, _ bool) error {
	for _, kv := range kvs {
		if v3IsShown(w.dir, string(kv.Key)) {
			w.pairs = append(w.pairs, v3Pair(kv))
		}
	}
	return nil
}

// End implements etcdtail.Sink.
func (w *v3TreeSink) End(context.Context, int64) { wait.Offer(w.out, w.pairs) }

// Apply implements etcdtail.Sink. It makes the next snapshot from the last one.
func (w *v3TreeSink) Apply(_ context.Context, events []*clientv3.Event) {
	pairs, changed := slices.Clone(w.pairs), false
	for _, e := range events {
		key := string(e.Kv.Key)
		if !v3IsShown(w.dir, key) {
			continue
		}
		changed = true
		i, there := slices.BinarySearchFunc(pairs, key, func(p *KVPair, key string) int { return strings.Compare(p.Key, key) })
		switch {
		case e.Type == clientv3.EventTypeDelete && there:
			pairs = slices.Delete(pairs, i, i+1)
		case e.Type == clientv3.EventTypeDelete:
		case there:
			pairs[i] = v3Pair(e.Kv)
		default:
			pairs = slices.Insert(pairs, i, v3Pair(e.Kv))
		}
	}
	if changed {
		w.pairs = pairs
		wait.Offer(w.out, pairs)
	}
}

// Lost implements etcdtail.Sink.
func (w *v3TreeSink) Lost(context.Context, error) {}

// Found implements etcdtail.Sink.
func (w *v3TreeSink) Found() {}
