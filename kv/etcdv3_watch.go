package kv

import (
	"context"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/wait"
)

// Watch changes on a key. Returns a channel that will receive changes or an
// error. Upon creating a watch, the current value will be sent to the channel.
// Providing a non-nil stopCh can be used to stop watching.
func (s *EtcdV3) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	if key == "" {
		return nil, s.fail("watch", key, ErrInvalidKey, nil)
	}
	out := make(chan *KVPair, 1)
	tail := &v3Tail{store: s, span: etcdlist.Span{Start: key}, sink: &v3KeySink{key: key, out: out}, op: "watch", prefix: key}
	return out, s.follow(tail, stopCh, func() { close(out) })
}

// WatchTree watches changes on a "directory". Returns a channel that will
// receive changes or an error. Upon creating a watch, the current value will
// be sent to the channel. Providing a non-nil stopCh can be used to stop
// watching.
func (s *EtcdV3) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	dir := v3Dir(prefix)
	out := make(chan []*KVPair, 1)
	tail := &v3Tail{store: s, span: etcdlist.DirSpan(dir), sink: &v3TreeSink{dir: dir, out: out}, op: "watchtree", prefix: prefix}
	return out, s.follow(tail, stopCh, func() { close(out) })
}

// follow runs tail until stopCh or Close, and then calls done.
func (s *EtcdV3) follow(tail *v3Tail, stopCh <-chan struct{}, done func()) error {
	started := s.start(func(ctx context.Context) {
		defer done()
		ctx, cancel := wait.UntilStopped(ctx, stopCh)
		defer cancel()
		tail.run(ctx)
	})
	if !started {
		return s.fail(tail.op, tail.prefix, ErrClosed, nil)
	}
	return nil
}

// v3KeySink sends the states of one key.
type v3KeySink struct {
	key     string
	out     chan *KVPair
	sent    *KVPair // the last state sent; nil when there was none
	current *KVPair
}

func (w *v3KeySink) begin(Missed) { w.current = nil }

func (w *v3KeySink) page(_ context.Context, kvs []*mvccpb.KeyValue, _ bool) error {
	w.current = v3Pair(kvs[0])
	return nil
}

// end sends what a listing found, where that is news.
func (w *v3KeySink) end(_ context.Context, revision int64) {
	switch {
	case w.current != nil && (w.sent == nil || w.sent.LastIndex != w.current.LastIndex):
		w.send(w.current)
	case w.current == nil && w.sent != nil && w.sent.Value != nil:
		w.send(&KVPair{Key: w.key, LastIndex: uint64(revision)})
	}
}

func (w *v3KeySink) apply(_ context.Context, events []*clientv3.Event) {
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

func (w *v3KeySink) lost(error) {}
func (w *v3KeySink) found()     {}

// v3TreeSink sends whole snapshots of a directory.
type v3TreeSink struct {
	dir   string
	out   chan []*KVPair
	pairs []*KVPair // sorted; never changed once it was sent
}

func (w *v3TreeSink) begin(Missed) { w.pairs = nil }

func (w *v3TreeSink) page(_ context.Context, kvs []*mvccpb.KeyValue, _ bool) error {
	for _, kv := range kvs {
		if v3Shown(w.dir, string(kv.Key)) {
			w.pairs = append(w.pairs, v3Pair(kv))
		}
	}
	return nil
}

func (w *v3TreeSink) end(context.Context, int64) { wait.Offer(w.out, w.pairs) }

// apply makes the next snapshot of the last one.
func (w *v3TreeSink) apply(_ context.Context, events []*clientv3.Event) {
	pairs, changed := slices.Clone(w.pairs), false
	for _, e := range events {
		key := string(e.Kv.Key)
		if !v3Shown(w.dir, key) {
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

func (w *v3TreeSink) lost(error) {}
func (w *v3TreeSink) found()     {}
