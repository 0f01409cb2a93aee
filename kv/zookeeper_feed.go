package kv

import (
	"context"
	"path"
)

// Follow implements Follower.
func (s *Zookeeper) Follow(prefix string, options FollowOptions) (Feed, error) {
	root, err := zkDirectory(prefix)
	if err == nil {
		err = s.enter()
	}
	if err != nil {
		return nil, s.fail("follow", prefix, err)
	}
	scope := newScope(options)
	t := &zkSubtree{store: s, root: root, scope: zkScope{scope}}
	return &zkFollowing{subtree: t, pump: newPump(func(ctx context.Context, p *pump) {
		ctx, cancel := joined(ctx, s.ctx)
		defer cancel()
		t.feed = &zkFeed{root: root, pump: p, scope: scope, most: s.options.memory()}
		t.sink = t.feed
		t.run(ctx)
	}, s.wg.Done)}, nil
}

// zkFollowing is the Feed of Follow. What is open matters where watches are
// counted, and where there is too much to be known whole.
type zkFollowing struct {
	*pump
	subtree *zkSubtree
}

var _ Scoped = (*zkFollowing)(nil)

// Scope implements Scoped.
func (f *zkFollowing) Scope(open []string) {
	f.subtree.scope.set(open)
	f.subtree.dirty.nudge()
}

// zkFeed is the sink of Follow. All it keeps are the nodes of lock queues,
// to mark the keys they belong to.
type zkFeed struct {
	root   string
	pump   *pump
	scope  *scope
	most   int64 // bytes that what is told may take
	used   int64
	queues map[string]map[string]bool // by key's node: its contenders' nodes
}

func (f *zkFeed) begin(missed Missed) {
	f.queues, f.used = map[string]map[string]bool{}, 0
	f.pump.startListing(missed)
}

func (f *zkFeed) list(ctx context.Context, nodes []zkNode) error {
	for _, n := range nodes {
		for _, child := range n.children {
			f.note(zkJoin(n.path, child), true)
		}
	}
	events := make([]Event, 0, len(nodes))
	for _, n := range nodes {
		if n.stat != nil && f.shows(n.path) {
			events = append(events, f.event(n))
			f.used += costOf(path.Base(n.path))
		}
	}
	if f.used > f.most && f.scope.partial {
		return errBeyondMemory
	}
	return f.pump.list(ctx, events...)
}

func (f *zkFeed) sync(err error) {
	f.pump.sync(err)
}

func (f *zkFeed) live(nodes []zkNode, coalesced bool) {
	for _, n := range nodes {
		f.note(n.path, n.stat != nil)
	}
	var events []Event
	for _, n := range nodes {
		if f.shows(n.path) {
			events = append(events, f.event(n))
			f.count(n)
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

// count adds what a change of a node makes all take.
func (f *zkFeed) count(n zkNode) {
	switch {
	case n.stat == nil:
		f.used -= costOf(path.Base(n.path))
	case n.stat.Czxid == n.stat.Mzxid:
		f.used += costOf(path.Base(n.path))
	}
}

func (f *zkFeed) reached(r reach) { f.pump.reaches(r) }

func (f *zkFeed) lost(err error) { f.pump.lost(Reconnecting, err) }

func (f *zkFeed) shows(node string) bool {
	return node != f.root && !zkHiddenBelow(f.root, node) && zkIsBelow(f.root, node)
}

// note keeps account of a node that is, or is no longer, in a lock's queue.
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

func (f *zkFeed) event(n zkNode) Event {
	if n.stat == nil {
		return Event{Kind: DeleteEvent, Key: zkKey(n.path)}
	}
	e := Event{Kind: PutEvent, Key: zkKey(n.path), Index: uint64(n.stat.Mzxid), Size: int(n.stat.DataLength)}
	if n.stat.EphemeralOwner != 0 {
		e.Flags |= Ephemeral
	}
	if len(f.queues[n.path]) > 0 {
		e.Flags |= LockedKey
	}
	return e
}
