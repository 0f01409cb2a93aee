package kv

import (
	"context"
	"slices"
	"sort"
	"strings"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
	"kvist/kv/internal/wait"
)

// follow has sink follow a path until stop is closed or the store is, and then calls ended.
func (s *Etcd) follow(path string, recursive bool, sink etcdv2.Sink, stop <-chan struct{}, ended func()) error {
	return s.start(func(ctx context.Context) {
		defer ended()
		ctx, cancel := wait.UntilStopped(ctx, stop)
		defer cancel()
		untilEnded(ctx, func() { s.cluster.Follow(ctx, path, recursive, sink) })
	})
}

// Watch implements Store. A directory is sent as a pair with an empty value. A directory that is
// made since a key below it is put has no event of its own, and is not sent.
func (s *Etcd) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	path, err := s.checkKey(OpWatch, key)
	if err != nil {
		return nil, err
	}
	w := &v2Watch{store: s, path: path, out: make(chan *KVPair, 1)}
	if err := s.follow(path, false, w, stopCh, func() { close(w.out) }); err != nil {
		return nil, s.fail(OpWatch, key, err)
	}
	return w.out, nil
}

// v2Watch sends the states of one key.
type v2Watch struct {
	store *Etcd
	path  string
	out   chan *KVPair // holds one pair, the latest
	last  *KVPair      // that was sent; nil before the first
}

// List implements etcdv2.Sink.
func (w *v2Watch) List(ctx context.Context, _ etcdv2.Missed) (uint64, error) {
	node, index, err := w.store.cluster.Snapshot(ctx, w.path, false)
	if err != nil {
		return 0, err
	}
	if node != nil {
		w.send(v2Pair(node))
	} else if w.last != nil && w.last.Value != nil {
		w.send(&KVPair{Key: etcdv2.Key(w.path), LastIndex: index})
	}
	return index, nil
}

// Apply implements etcdv2.Sink.
func (w *v2Watch) Apply(_ context.Context, change *client.Response) error {
	if etcdv2.IsDeletion(change) {
		w.send(&KVPair{Key: etcdv2.Key(w.path), LastIndex: change.Node.ModifiedIndex})
	} else {
		w.send(v2Pair(change.Node))
	}
	return nil
}

// Lost implements etcdv2.Sink. The channel has no word for it.
func (w *v2Watch) Lost(error) {}

// send sends a state, unless it is the last that was sent.
func (w *v2Watch) send(pair *KVPair) {
	if w.last != nil && w.last.LastIndex == pair.LastIndex {
		return
	}
	w.last = pair
	wait.Offer(w.out, pair)
}

// WatchTree implements Store.
func (s *Etcd) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	path, err := s.checkPrefix(OpWatchTree, prefix)
	if err != nil {
		return nil, err
	}
	w := &v2TreeWatch{store: s, path: path, out: make(chan []*KVPair, 1)}
	if err := s.follow(path, true, w, stopCh, func() { close(w.out) }); err != nil {
		return nil, s.fail(OpWatchTree, prefix, err)
	}
	return w.out, nil
}

// v2TreeWatch sends snapshots of a directory.
type v2TreeWatch struct {
	store *Etcd
	path  string
	pairs v2Snapshot
	out   chan []*KVPair // holds one snapshot, the latest
}

// List implements etcdv2.Sink.
func (w *v2TreeWatch) List(ctx context.Context, _ etcdv2.Missed) (uint64, error) {
	node, index, err := w.store.cluster.Snapshot(ctx, w.path, true)
	if err != nil {
		return 0, err
	}
	w.pairs = v2Pairs(w.path, node)
	wait.Offer(w.out, []*KVPair(w.pairs))
	return index, nil
}

// Apply implements etcdv2.Sink.
func (w *v2TreeWatch) Apply(_ context.Context, change *client.Response) error {
	below, ok := etcdv2.Below(w.path, change.Node.Key)
	deletion := etcdv2.IsDeletion(change)
	switch {
	case !ok && deletion: // the directory itself, or one above it
		w.pairs = v2Snapshot{}
	case !ok || v2IsHidden(below):
		return nil
	case deletion:
		w.pairs = w.pairs.without(etcdv2.Key(change.Node.Key))
	default:
		// Directories above it that were missing are made with it.
		for dir := range etcdv2.Parents(w.path, change.Node.Key) {
			w.pairs = w.pairs.withNew(&KVPair{Key: etcdv2.Key(dir), Value: []byte{}, LastIndex: change.Node.ModifiedIndex})
		}
		w.pairs = w.pairs.with(v2Pair(change.Node))
	}
	wait.Offer(w.out, []*KVPair(w.pairs))
	return nil
}

// Lost implements etcdv2.Sink. The channel has no word for it.
func (w *v2TreeWatch) Lost(error) {}

// v2Snapshot is a subtree as WatchTree sends it, sorted by key. It is never changed, since readers
// keep it: each change makes a new one.
type v2Snapshot []*KVPair

// place returns where a key is, or would be.
func (s v2Snapshot) place(key string) (int, bool) {
	return sort.Find(len(s), func(i int) int { return strings.Compare(key, s[i].Key) })
}

// with returns s with a pair put.
func (s v2Snapshot) with(pair *KVPair) v2Snapshot {
	i, ok := s.place(pair.Key)
	if ok {
		s = slices.Clone(s)
		s[i] = pair
		return s
	}
	return slices.Concat(s[:i], v2Snapshot{pair}, s[i:])
}

// withNew returns s with a pair put, unless s has the key.
func (s v2Snapshot) withNew(pair *KVPair) v2Snapshot {
	if _, ok := s.place(pair.Key); ok {
		return s
	}
	return s.with(pair)
}

// without returns s without the key and all keys below it.
func (s v2Snapshot) without(key string) v2Snapshot {
	return s.cut(key, key+"\x00").cut(key+"/", key+"0") // "0" follows "/"
}

// cut returns s without the keys from one up to another.
func (s v2Snapshot) cut(from, to string) v2Snapshot {
	i, _ := s.place(from)
	j, _ := s.place(to)
	if i == j {
		return s
	}
	return slices.Concat(s[:i], s[j:])
}
