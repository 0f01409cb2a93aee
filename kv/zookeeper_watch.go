package kv

import (
	"context"
	"errors"
	"sort"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/wait"
	"kvist/kv/internal/zkwatch"
	"kvist/kv/internal/zkwire"
)

// Watch implements Store. A key that the login may not read is ErrDenied.
func (s *Zookeeper) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	p, err := zkPath(key)
	if err == nil {
		err = s.checkReadable(p)
	}
	if err != nil {
		return nil, s.fail(OpWatch, key, err)
	}
	pairs := make(chan *KVPair, 1)
	err = s.start(func(ctx context.Context) {
		defer close(pairs)
		ctx, cancel := wait.UntilStopped(ctx, stopCh)
		defer cancel()
		untilEnded(ctx, func() { s.watch(ctx, p, pairs) })
	})
	if err != nil {
		return nil, s.fail(OpWatch, key, err)
	}
	return pairs, nil
}

// checkReadable fails if the login may not read an existing znode, or the store is closed. Lost
// contact is no failure: watches survive it.
func (s *Zookeeper) checkReadable(path string) error {
	ctx, cancel := s.request(context.Background())
	defer cancel()
	if s.ctx.Err() != nil {
		return ErrClosed
	}
	if _, err := s.main.Children(ctx, path); errors.Is(err, zk.ErrNoAuth) {
		return err
	}
	return nil
}

// watch offers each state of a znode until ctx ends. After contact was lost it begins with what
// was written before contact was made again, so that it never offers a state that is older than
// one before.
func (s *Zookeeper) watch(ctx context.Context, path string, pairs chan *KVPair) {
	defer s.watches.Enter()()
	var pause wait.Backoff
	var last int64 // Mzxid of what was offered; 0: nothing, or a deletion
	for fresh := true; ctx.Err() == nil; {
		w, n, err := s.setWatch(ctx, path, fresh)
		if err != nil {
			if pause.Wait(ctx) != nil {
				return
			}
			continue
		}
		pause.Reset()
		fresh = false
		switch {
		case n.Stat != nil && n.Stat.Mzxid != last:
			last = n.Stat.Mzxid
			wait.Offer(pairs, zkPair(n))
		case n.Stat == nil && last != 0:
			last = 0
			wait.Offer(pairs, &KVPair{Key: zkKey(path)})
		}
		select {
		case <-w.Fired:
		case <-ctx.Done():
			s.watches.Remove(w)
		}
	}
}

// setWatch sets a watch on a znode and reads it with its data.
func (s *Zookeeper) setWatch(ctx context.Context, path string, fresh bool) (*zkwatch.Watch, zkwire.Node, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	return s.watches.Set(ctx, path, true, fresh)
}

// WatchTree implements Store.
func (s *Zookeeper) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	root, err := zkDirectory(prefix)
	if err == nil {
		err = s.checkReadable(root)
	}
	if err != nil {
		return nil, s.fail(OpWatchTree, prefix, err)
	}
	snapshots := make(chan []*KVPair, 1)
	err = s.start(func(ctx context.Context) {
		defer close(snapshots)
		ctx, cancel := wait.UntilStopped(ctx, stopCh)
		defer cancel()
		t := s.subtree(root)
		t.Data, t.Sink = true, &zkSnapshots{root: root, out: snapshots}
		untilEnded(ctx, func() { t.Run(ctx) })
	})
	if err != nil {
		return nil, s.fail(OpWatchTree, prefix, err)
	}
	return snapshots, nil
}

// subtree returns the subtree at root, to be followed by a sink.
func (s *Zookeeper) subtree(root string) *zkwatch.Subtree {
	budget := s.options.WatchBudget
	if budget <= 0 {
		budget = DefaultWatchBudget
	}
	return &zkwatch.Subtree{
		Dialer: s.dialer, Root: root, Owner: zkLockOwner, QueueOwner: zkQueueOwner,
		Old: &s.old, Budget: budget,
	}
}

// zkSnapshots is the sink of WatchTree. It keeps all pairs and offers them whole.
type zkSnapshots struct {
	root  string
	out   chan []*KVPair
	pairs map[string]*KVPair
}

// Begin implements zkwatch.Sink.
func (w *zkSnapshots) Begin(bool) { w.pairs = map[string]*KVPair{} }

// List implements zkwatch.Sink.
func (w *zkSnapshots) List(_ context.Context, nodes []zkwire.Node) error {
	for _, n := range nodes {
		w.put(n)
	}
	return nil
}

// Listed implements zkwatch.Sink.
func (w *zkSnapshots) Listed(zkwatch.Unseen) { w.offer() }

// Live implements zkwatch.Sink.
func (w *zkSnapshots) Live(nodes []zkwire.Node, _ bool) {
	changed := false
	for _, n := range nodes {
		changed = w.put(n) || changed
	}
	if changed {
		w.offer()
	}
}

// Full implements zkwatch.Sink.
func (w *zkSnapshots) Full() bool { return false }

// Watched implements zkwatch.Sink.
func (w *zkSnapshots) Watched(zkwatch.Watched) {}

// Lost implements zkwatch.Sink.
func (w *zkSnapshots) Lost(error) {}

// put puts or deletes one znode, and reports whether that changed anything.
func (w *zkSnapshots) put(n zkwire.Node) bool {
	if n.Path == w.root || zkHiddenBelow(w.root, n.Path) {
		return false
	}
	old, known := w.pairs[n.Path]
	if n.Stat == nil || n.Denied {
		delete(w.pairs, n.Path)
		return known
	}
	if known && old.LastIndex == uint64(n.Stat.Mzxid) {
		return false
	}
	w.pairs[n.Path] = zkPair(n)
	return true
}

// offer sends the pairs that there are now, sorted.
func (w *zkSnapshots) offer() {
	all := make([]*KVPair, 0, len(w.pairs))
	for _, pair := range w.pairs {
		all = append(all, pair)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Key < all[j].Key })
	wait.Offer(w.out, all)
}
