package kv

import (
	"context"

	client "go.etcd.io/etcd/client/v2"
)

// follow runs an etcdFollow until stop is closed or the store is, and then
// ended.
func (s *Etcd) follow(path string, recursive bool, sink etcdSink, stop <-chan struct{}, ended func()) error {
	ctx, cancel := context.WithCancel(s.ctx)
	err := s.start(func() {
		defer ended()
		defer cancel()
		f := etcdFollow{store: s, path: path, recursive: recursive, sink: sink}
		done := make(chan struct{})
		go func() {
			defer close(done)
			untilEnded(ctx, func() { f.run(ctx) })
		}()
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
		<-done
	})
	if err != nil {
		cancel()
	}
	return err
}

// Watch implements Store. A directory is told as a pair with an empty value;
// one that comes to be because a key below it is put, is not told.
func (s *Etcd) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	path, err := s.checkKey("watch", key)
	if err != nil {
		return nil, err
	}
	w := &etcdWatch{key: etcdKey(path), out: make(chan *KVPair, 1)}
	if err := s.follow(path, false, w, stopCh, func() { close(w.out) }); err != nil {
		return nil, s.fail("watch", key, err)
	}
	return w.out, nil
}

// etcdWatch tells the states of one key.
type etcdWatch struct {
	key  string
	out  chan *KVPair // one place, the latest state
	last *KVPair      // what was sent last; nil before that
}

func (w *etcdWatch) list(ctx context.Context, follow *etcdFollow, _ Missed) (uint64, error) {
	node, index, err := follow.read(ctx)
	if err != nil {
		return 0, err
	}
	if node != nil {
		w.send(etcdPair(node))
	} else if w.last != nil && w.last.Value != nil {
		w.send(&KVPair{Key: w.key, LastIndex: index})
	}
	return index, nil
}

func (w *etcdWatch) apply(change *client.Response) {
	if isDeletion(change) {
		w.send(&KVPair{Key: w.key, LastIndex: change.Node.ModifiedIndex})
		return
	}
	w.send(etcdPair(change.Node))
}

func (w *etcdWatch) lost(error) {} // the channel has no word for it

// send tells a state, unless it is the one that was told last.
func (w *etcdWatch) send(pair *KVPair) {
	if w.last != nil && w.last.LastIndex == pair.LastIndex {
		return
	}
	w.last = pair
	offer(w.out, pair)
}

// WatchTree implements Store.
func (s *Etcd) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	path, err := s.checkPrefix("watchtree", prefix)
	if err != nil {
		return nil, err
	}
	w := &etcdTreeWatch{path: path, out: make(chan []*KVPair, 1)}
	if err := s.follow(path, true, w, stopCh, func() { close(w.out) }); err != nil {
		return nil, s.fail("watchtree", prefix, err)
	}
	return w.out, nil
}

// etcdTreeWatch tells snapshots of a directory.
type etcdTreeWatch struct {
	path  string
	pairs snapshot
	out   chan []*KVPair // one place, the latest snapshot
}

func (w *etcdTreeWatch) list(ctx context.Context, follow *etcdFollow, _ Missed) (uint64, error) {
	node, index, err := follow.read(ctx)
	if err != nil {
		return 0, err
	}
	w.pairs = etcdPairs(w.path, node)
	offer(w.out, []*KVPair(w.pairs))
	return index, nil
}

func (w *etcdTreeWatch) apply(change *client.Response) {
	below, ok := etcdBelow(w.path, change.Node.Key)
	switch {
	case !ok && isDeletion(change): // the directory itself, or one above it
		w.pairs = snapshot{}
	case !ok || etcdInQueue(below):
		return
	case isDeletion(change):
		w.pairs = w.pairs.without(etcdKey(change.Node.Key))
	default:
		// The directories above it that were missing have come to be with it.
		for dir := range etcdParents(w.path, change.Node.Key) {
			w.pairs = w.pairs.withNew(&KVPair{Key: etcdKey(dir), Value: []byte{}, LastIndex: change.Node.ModifiedIndex})
		}
		w.pairs = w.pairs.with(etcdPair(change.Node))
	}
	offer(w.out, []*KVPair(w.pairs))
}

func (w *etcdTreeWatch) lost(error) {} // the channel has no word for it
