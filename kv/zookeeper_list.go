package kv

import (
	"context"
	"slices"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkwire"
)

var _ Lister = (*Zookeeper)(nil)

// ListKeys implements Lister by a walk without data. A key that the login may not read is visited,
// since its name and its stat are known; unseen then says that there may be keys below it.
func (s *Zookeeper) ListKeys(ctx context.Context, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	root, err := zkDirectory(prefix)
	if err != nil {
		return nil, s.fail(OpList, prefix, err)
	}
	walking, cancel := s.long(ctx)
	defer cancel()
	l := zkListing{root: root, visit: visit, queued: map[string]*zkQueuedKey{}}
	var failed error
	err = s.dialer.WithPipe(walking, func(p *zkwire.Pipe) error {
		err := l.list(walking, p, options.Level)
		if l.begun { // no key may be visited again over another connection
			failed = err
			return nil
		}
		return err
	})
	if err == nil {
		err = failed
	}
	switch {
	case err == nil:
		return s.fail(OpList, prefix, zkUnseen(l.denied)), nil
	case l.stopped != nil:
		return nil, l.stopped
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, s.fail(OpList, prefix, err)
}

// zkListing is one call of ListKeys.
type zkListing struct {
	root    string
	visit   func(Entry) error
	begun   bool  // visit was called
	stopped error // what visit returned
	denied  int   // znodes that the login may not read

	// queued are the keys that have a queue beside them, by their znodes. Each waits for its queue,
	// which shows whether it is locked.
	queued map[string]*zkQueuedKey
}

// zkQueuedKey is a key with a queue beside it.
type zkQueuedKey struct {
	entry  *Entry // nil until its znode was read
	read   bool   // the queue was read
	locked bool   // and there are claims in it
}

// list visits the keys below the root, or those right below it.
func (l *zkListing) list(ctx context.Context, p *zkwire.Pipe, level bool) error {
	l.denied = 0
	clear(l.queued)
	if level {
		return l.level(ctx, p)
	}
	err := p.Walk(ctx, l.root, false, l.walked)
	if err != nil {
		return err
	}
	for _, k := range l.queued { // their queues vanished meanwhile
		if k.entry != nil && !k.read {
			if err := l.give(*k.entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// give visits an entry.
func (l *zkListing) give(e Entry) error {
	l.begun = true
	l.stopped = l.visit(e)
	return l.stopped
}

// walked takes a znode of the walk, and returns its children that belong to the listing.
func (l *zkListing) walked(n zkwire.Node) ([]string, error) {
	switch {
	case n.Path == l.root && n.Denied:
		return nil, zk.ErrNoAuth
	case n.Stat == nil:
		return nil, nil
	case n.Denied:
		l.denied++
	}
	if owner, ok := zkQueueOwner(n.Path); ok && n.Path != l.root {
		return nil, l.queue(owner, zkHasClaims(n))
	}
	if n.Path != l.root {
		if err := l.key(n); err != nil {
			return nil, err
		}
	}
	return l.children(n), nil
}

// children returns the children of a znode that are keys, and the queues beside them.
func (l *zkListing) children(n zkwire.Node) []string {
	there := map[string]bool{}
	var queues []string
	for _, child := range n.Children {
		there[child] = true
		if _, ok := zkQueueOwner(zkwire.Join(n.Path, child)); ok {
			queues = append(queues, child)
		}
	}
	shown := zkShown(n.Path, n.Children)
	for _, queue := range queues {
		owner, _ := zkQueueOwner(queue)
		if there[owner] {
			l.queued[zkwire.Join(n.Path, owner)] = &zkQueuedKey{}
			shown = append(shown, queue)
		}
	}
	return shown
}

// key visits a key, once its queue was read if it has one.
func (l *zkListing) key(n zkwire.Node) error {
	e := Entry{Key: zkKey(n.Path), Index: uint64(n.Stat.Mzxid), Size: int(n.Stat.DataLength)}
	if n.Stat.EphemeralOwner != 0 {
		e.Flags |= Ephemeral
	}
	if zkHasClaims(n) {
		e.Flags |= Locked
	}
	k := l.queued[n.Path]
	switch {
	case k == nil:
		return l.give(e)
	case !k.read:
		k.entry = &e
		return nil
	case k.locked:
		e.Flags |= Locked
	}
	return l.give(e)
}

// zkHasClaims reports whether claims to a lock are right below a znode.
func zkHasClaims(n zkwire.Node) bool {
	return slices.ContainsFunc(n.Children, func(child string) bool {
		_, ok := zkLockOwner(zkwire.Join(n.Path, child))
		return ok
	})
}

// queue notes the queue beside a key, and visits the key if that waited for it.
func (l *zkListing) queue(owner string, locked bool) error {
	k := l.queued[owner]
	if k == nil {
		return nil
	}
	k.read, k.locked = true, locked
	if k.entry == nil {
		return nil
	}
	if locked {
		k.entry.Flags |= Locked
	}
	return l.give(*k.entry)
}

// level visits the names right below the root, and those that have something below them as
// folders too.
func (l *zkListing) level(ctx context.Context, p *zkwire.Pipe) error {
	found, err := p.ReadChildren(ctx, l.root)
	if err != nil {
		return err
	}
	if found[0].Denied {
		return zk.ErrNoAuth
	}
	nodes, err := p.ReadStats(ctx, zkJoined(l.root, zkShown(l.root, found[0].Children)))
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if n.Stat == nil {
			continue
		}
		e := Entry{Key: zkKey(n.Path), Size: -1}
		if err := l.give(e); err != nil {
			return err
		}
		if e.Folder = n.Stat.NumChildren > 0; e.Folder {
			if err := l.give(e); err != nil {
				return err
			}
		}
	}
	return nil
}
