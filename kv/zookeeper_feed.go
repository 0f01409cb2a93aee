package kv

import (
	"context"
	"fmt"
	"path"
	"strings"

	"kvist/kv/internal/zkwatch"
	"kvist/kv/internal/zkwire"
)

// Follow implements Follower.
func (s *Zookeeper) Follow(prefix string, options FollowOptions) (Feed, error) {
	root, err := zkDirectory(prefix)
	if err != nil {
		return nil, s.fail(OpFollow, prefix, err)
	}
	leave, err := s.enter()
	if err != nil {
		return nil, s.fail(OpFollow, prefix, err)
	}
	scope := newScope(options)
	t := s.subtree(root)
	t.Scope = zkScope{scope}
	return &zkFollowing{subtree: t, scope: scope, pump: newPump(func(ctx context.Context, p *pump) {
		ctx, cancel := s.long(ctx)
		defer cancel()
		f := &zkFeed{store: s, root: root, pump: p, scope: scope, most: s.options.memory()}
		t.Sink, t.Part = f, &zkLevels{feed: f, subtree: t, open: map[string]*zkOpen{}}
		t.Run(ctx)
	}, leave)}, nil
}

// zkFollowing is the Feed of Follow. The open folders matter where watches are counted, and where
// the subtree is too large to be known whole.
type zkFollowing struct {
	*pump
	scope   *scope
	subtree *zkwatch.Subtree
}

var _ Scoped = (*zkFollowing)(nil)

// Scope implements Scoped.
func (f *zkFollowing) Scope(open []string) {
	f.scope.set(open)
	f.subtree.Dirty().Nudge()
}

// zkScope is the set of open folders, as the paths of their znodes.
type zkScope struct{ scope *scope }

// Folders implements zkwatch.Scope.
func (s zkScope) Folders() []string {
	open := s.scope.now()
	nodes := make([]string, len(open))
	for i, key := range open {
		nodes[i] = "/" + strings.Trim(key, "/")
	}
	return nodes
}

// Changed implements zkwatch.Scope.
func (s zkScope) Changed() bool {
	select {
	case <-s.scope.changed:
		return true
	default:
		return false
	}
}

// zkFeed is the sink of Follow. It keeps only the znodes of lock queues, to mark the keys that
// they belong to.
type zkFeed struct {
	store  *Zookeeper
	root   string
	pump   *pump
	scope  *scope
	most   int64 // bytes that all keys may take
	used   int64
	queues map[string]map[string]bool // the claims, by the znode of the key that they are to
}

// Begin implements zkwatch.Sink.
func (f *zkFeed) Begin(again bool) {
	f.queues, f.used = map[string]map[string]bool{}, 0
	missed := Missed(0)
	if again {
		missed = Gap
	}
	f.pump.startListing(missed)
}

// List implements zkwatch.Sink.
func (f *zkFeed) List(ctx context.Context, nodes []zkwire.Node) error {
	for _, n := range nodes {
		for _, child := range n.Children {
			f.note(zkwire.Join(n.Path, child), true)
		}
	}
	events := make([]Event, 0, len(nodes))
	for _, n := range nodes {
		if n.Stat != nil && f.shows(n.Path) {
			events = append(events, f.event(n))
			f.used += costOf(path.Base(n.Path))
		}
	}
	if f.Full() {
		return zkwatch.ErrTooLarge
	}
	return f.pump.list(ctx, events...)
}

// Full implements zkwatch.Sink.
func (f *zkFeed) Full() bool { return f.used > f.most && f.scope.partial }

// Listed implements zkwatch.Sink.
func (f *zkFeed) Listed(unseen zkwatch.Unseen) {
	var err error
	switch {
	case unseen.First > 0:
		err = withKind(ErrPartly, fmt.Errorf(
			"the first %d nodes take more than %s of memory, and the others are left out", unseen.First, Bytes(f.most)))
	default:
		err = zkUnseen(unseen.Denied)
	}
	f.pump.endListing(f.fail(err))
}

// zkUnseen returns why there may be more keys than a listing has, or nil if there are no znodes
// that the login may not read.
func zkUnseen(denied int) error {
	if denied == 0 {
		return nil
	}
	return withKind(ErrDenied, fmt.Errorf("%d nodes and what is below them may not be read", denied))
}

// fail returns an error of the feed; nil for nil.
func (f *zkFeed) fail(err error) error { return f.store.fail(OpFollow, zkKey(f.root), err) }

// Live implements zkwatch.Sink.
func (f *zkFeed) Live(nodes []zkwire.Node, coalesced bool) {
	for _, n := range nodes {
		f.note(n.Path, n.Stat != nil)
	}
	var events []Event
	for _, n := range nodes {
		if f.shows(n.Path) {
			events = append(events, f.event(n))
			f.used += zkCostOf(n)
		}
	}
	if len(events) == 0 {
		return
	}
	if coalesced {
		f.pump.miss(Coalesced)
	}
	f.pump.live(events...)
}

// zkCostOf returns how much memory a change of a znode adds to what all keys take.
func zkCostOf(n zkwire.Node) int64 {
	switch {
	case n.Stat == nil:
		return -costOf(path.Base(n.Path))
	case n.Stat.Czxid == n.Stat.Mzxid: // created
		return costOf(path.Base(n.Path))
	}
	return 0
}

// Watched implements zkwatch.Sink.
func (f *zkFeed) Watched(w zkwatch.Watched) {
	f.pump.reaches(reach{partial: w.Partial, watches: w.Watches, budget: w.Budget})
}

// Lost implements zkwatch.Sink.
func (f *zkFeed) Lost(err error) { f.pump.lost(Reconnecting, f.fail(err)) }

func (f *zkFeed) shows(node string) bool {
	return node != f.root && !zkHiddenBelow(f.root, node) && zkwire.IsBelow(f.root, node)
}

// note keeps account of a znode that is, or is no longer, a claim to a lock.
func (f *zkFeed) note(node string, there bool) {
	owner, ok := zkLockOwner(node)
	switch {
	case !ok:
	case there:
		if f.queues[owner] == nil {
			f.queues[owner] = map[string]bool{}
		}
		f.queues[owner][node] = true
	default:
		delete(f.queues[owner], node)
		if len(f.queues[owner]) == 0 {
			delete(f.queues, owner)
		}
	}
}

// event returns the new state of a key.
func (f *zkFeed) event(n zkwire.Node) Event {
	if n.Stat == nil {
		return Event{Kind: DeleteEvent, Key: zkKey(n.Path)}
	}
	e := Event{Kind: PutEvent, Key: zkKey(n.Path), Index: uint64(n.Stat.Mzxid), Size: int(n.Stat.DataLength)}
	if n.Stat.EphemeralOwner != 0 {
		e.Flags |= Ephemeral
	}
	if len(f.queues[n.Path]) > 0 {
		e.Flags |= Locked
	}
	return e
}
