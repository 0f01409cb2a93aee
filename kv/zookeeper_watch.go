package kv

import (
	"context"
	"errors"
	"sort"

	"github.com/go-zookeeper/zk"
)

// Watch implements Store. A node that may not be read is ErrDenied.
func (s *Zookeeper) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	p, err := zkPath(key)
	if err == nil {
		err = s.readable(p)
	}
	if err == nil {
		err = s.enter()
	}
	if err != nil {
		return nil, s.fail("watch", key, err)
	}
	pairs := make(chan *KVPair, 1)
	ctx, cancel := untilStopped(s.ctx, stopCh)
	go func() {
		defer s.wg.Done()
		defer close(pairs)
		defer cancel()
		untilEnded(ctx, func() { s.watch(ctx, p, pairs) })
	}()
	return pairs, nil
}

// readable fails when a node is there and may not be read, or the store is
// closed. A lost contact is no failure: watches survive it.
func (s *Zookeeper) readable(path string) error {
	ctx, cancel := s.bounded()
	defer cancel()
	if s.ctx.Err() != nil {
		return &Error{Kind: ErrClosed}
	}
	if _, err := s.children(ctx, path); errors.Is(err, zk.ErrNoAuth) {
		return err
	}
	return nil
}

// watch offers each state of a node until ctx ends. After contact was lost it
// begins with what was written before it was had again, so that no state is
// told that is older than one told before.
func (s *Zookeeper) watch(ctx context.Context, path string, pairs chan *KVPair) {
	s.bells.join()
	defer s.bells.leave()
	var b backoff
	var last int64 // Mzxid of what was offered; 0: nothing, or a deletion
	for fresh := true; ctx.Err() == nil; {
		bell, n, err := s.armed(ctx, path, fresh)
		if err != nil {
			if b.wait(ctx) != nil {
				return
			}
			continue
		}
		b.reset()
		fresh = false
		switch {
		case n.stat != nil && n.stat.Mzxid != last:
			last = n.stat.Mzxid
			offer(pairs, n.pair())
		case n.stat == nil && last != 0:
			last = 0
			offer(pairs, &KVPair{Key: zkKey(path)})
		}
		select {
		case <-bell.rung:
		case <-ctx.Done():
			s.bells.disarm(bell)
		}
	}
}

// armed reads a node with its data, and sets a watch on it.
func (s *Zookeeper) armed(ctx context.Context, path string, fresh bool) (*zkBell, zkNode, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.bells.arm(ctx, path, true, fresh)
}

// WatchTree implements Store.
func (s *Zookeeper) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	root, err := zkDirectory(prefix)
	if err == nil {
		err = s.readable(root)
	}
	if err == nil {
		err = s.enter()
	}
	if err != nil {
		return nil, s.fail("watchtree", prefix, err)
	}
	snapshots := make(chan []*KVPair, 1)
	ctx, cancel := untilStopped(s.ctx, stopCh)
	go func() {
		defer s.wg.Done()
		defer close(snapshots)
		defer cancel()
		t := zkSubtree{store: s, root: root, values: true, sink: &zkSnapshots{root: root, out: snapshots}}
		untilEnded(ctx, func() { t.run(ctx) })
	}()
	return snapshots, nil
}

// zkSnapshots is the sink of WatchTree: it keeps all pairs and offers them
// whole.
type zkSnapshots struct {
	root  string
	out   chan []*KVPair
	pairs map[string]*KVPair
}

func (w *zkSnapshots) begin(Missed) { w.pairs = map[string]*KVPair{} }

func (w *zkSnapshots) list(_ context.Context, nodes []zkNode) error {
	for _, n := range nodes {
		w.take(n)
	}
	return nil
}

func (w *zkSnapshots) sync(error) { w.offer() }

func (w *zkSnapshots) live(nodes []zkNode, _ bool) {
	changed := false
	for _, n := range nodes {
		changed = w.take(n) || changed
	}
	if changed {
		w.offer()
	}
}

func (w *zkSnapshots) reached(reach) {}

func (w *zkSnapshots) lost(error) {}

// take puts or deletes one node, and reports whether that changed anything.
func (w *zkSnapshots) take(n zkNode) bool {
	if n.path == w.root || zkHiddenBelow(w.root, n.path) {
		return false
	}
	old, known := w.pairs[n.path]
	if n.stat == nil || n.denied {
		delete(w.pairs, n.path)
		return known
	}
	if known && old.LastIndex == uint64(n.stat.Mzxid) {
		return false
	}
	w.pairs[n.path] = n.pair()
	return true
}

// offer sends the pairs there are now, sorted.
func (w *zkSnapshots) offer() {
	all := make([]*KVPair, 0, len(w.pairs))
	for _, pair := range w.pairs {
		all = append(all, pair)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Key < all[j].Key })
	offer(w.out, all)
}
