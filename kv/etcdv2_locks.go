package kv

import (
	"context"
	"encoding/json"
	"path"
	"sort"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// The layouts of locks that are recognized. The v2 API has no lock of its
// own, and its command line client no command for one (the lock command of
// etcdctl is for the v3 API); what the API documents for the purpose are
// in-order keys ("Atomically Creating In-Order Keys" in Documentation/v2/api.md
// of etcd). A key that was merely created under the condition that it be
// absent cannot be told from any other key with a TTL.
const (
	recipeEtcdQueue = "etcd v2 in-order queue"
)

var _ LockInspector = (*Etcd)(nil)

// Locks implements LockInspector. The API has no listing without values, so
// it reads all that is below prefix.
func (s *Etcd) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	dir, err := s.checkPrefix("locks", prefix)
	if err != nil {
		return nil, err
	}
	ctx, cancel := joined(ctx, s.ctx)
	defer cancel()
	roots := []string{dir}
	if dir != "/" {
		roots = append(roots, etcdQueue(dir)) // for the lock on the prefix itself
	}
	locks := []LockInfo{}
	for _, root := range roots {
		node, _, err := s.node(ctx, root, true)
		if root != dir && etcdCode(err) == client.ErrorCodeUnauthorized {
			continue // the rights end at the prefix
		}
		if err != nil && !etcdMissing(err) {
			return nil, s.fail("locks", prefix, err)
		}
		walkEtcd(node, func(n *client.Node) bool {
			if standing := inOrder(n); len(standing) > 0 {
				locks = append(locks, etcdLockInfo(n.Key, standing))
			}
			return true
		})
	}
	sort.Slice(locks, func(i, j int) bool { return locks[i].Key < locks[j].Key })
	return locks, nil
}

// etcdLockInfo describes a queue and those who stand in it.
func etcdLockInfo(queue string, standing []*client.Node) LockInfo {
	info := LockInfo{Key: etcdKey(queue), Recipe: recipeEtcdQueue, Limit: 1}
	if locked, ok := etcdLocked(queue); ok {
		info.Key, info.Recipe = etcdKey(locked), recipeOwn
	}
	for i, n := range standing {
		c := etcdContender(n)
		if i == 0 {
			info.Holders = append(info.Holders, c)
		} else {
			info.Waiters = append(info.Waiters, c)
		}
	}
	return info
}

// etcdContender describes a place in a queue. What was granted is not told by
// the API, but is in the tickets of this package.
func etcdContender(n *client.Node) Contender {
	c := Contender{
		ID: path.Base(n.Key), Key: etcdKey(n.Key), Index: n.ModifiedIndex,
		Name: contenderName([]byte(n.Value)), Left: n.TTLDuration(),
	}
	var t etcdTicket
	if json.Unmarshal([]byte(n.Value), &t) == nil && t.ID != "" {
		c.Name = signatureOf("kvist", t.Host, t.PID)
		c.TTL = time.Duration(t.TTL) * time.Second
	}
	return c
}

// BreakPlan implements LockInspector. Nothing else goes with a place in a
// queue.
func (s *Etcd) BreakPlan(_ context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	if _, err := s.checkKey("breakplan", holder.Key); err != nil {
		return BreakPlan{}, err
	}
	plan := BreakPlan{Action: "delete node " + holder.Key, Deleted: []string{holder.Key}}
	if lock.Recipe == recipeOwn {
		plan.Freed = []string{lock.Key}
	}
	plan.Note = nextHolder(lock, holder)
	return plan, nil
}

// Break implements LockInspector. A place is renewed all the time, which
// changes its index, but its name is never used again: as long as that is the
// first in the queue it is still the same holder.
func (s *Etcd) Break(ctx context.Context, lock LockInfo, holder Contender) error {
	place, err := s.checkKey("break", holder.Key)
	if err != nil {
		return err
	}
	ctx, cancel := s.small(ctx)
	defer cancel()
	for {
		queue, _, err := s.node(ctx, path.Dir(place), true)
		if err != nil && !etcdMissing(err) {
			return s.fail("break", lock.Key, err)
		}
		standing := inOrder(queue)
		if len(standing) == 0 || standing[0].Key != place {
			return s.fail("break", lock.Key, ErrKeyModified)
		}
		err = s.remove(ctx, place, &client.DeleteOptions{PrevIndex: standing[0].ModifiedIndex})
		switch {
		case err == nil:
			return nil
		case etcdMissing(err):
			return s.failAs("break", lock.Key, ErrKeyModified, err)
		case etcdCode(err) != client.ErrorCodeTestFailed: // renewed meanwhile
			return s.fail("break", lock.Key, err)
		}
	}
}
