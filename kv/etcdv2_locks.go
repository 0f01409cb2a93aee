package kv

import (
	"context"
	"encoding/json"
	"path"
	"sort"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// v2RecipeQueue is the recipe of other people's locks. The v2 API has no lock of its own, and the
// lock command of etcdctl is for the v3 API; what the API documents for the purpose are in-order
// keys ("Atomically Creating In-Order Keys" in Documentation/v2/api.md of etcd). A key that was
// created under the condition that it be absent looks like any other key with a TTL.
const v2RecipeQueue = "etcd v2 in-order queue"

// Locks implements LockInspector. The API has no listing without values, so it reads all that is
// below prefix.
func (s *Etcd) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	dir, err := s.checkPrefix(OpLocks, prefix)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.long(ctx)
	defer cancel()
	roots := []string{dir}
	if dir != "/" {
		roots = append(roots, v2Queue(dir)) // for the lock on the prefix itself
	}
	locks := []LockInfo{}
	for _, root := range roots {
		node, _, err := s.cluster.GetTree(ctx, root)
		if root != dir && etcdv2.Code(err) == client.ErrorCodeUnauthorized {
			continue // the rights end at the prefix
		}
		if err != nil && !etcdv2.IsMissing(err) {
			return nil, s.fail(OpLocks, prefix, err)
		}
		v2Walk(node, func(n *client.Node) bool {
			if places := etcdv2.InOrder(n); len(places) > 0 {
				locks = append(locks, v2LockInfo(n.Key, places))
			}
			return true
		})
	}
	sort.Slice(locks, func(i, j int) bool { return locks[i].Key < locks[j].Key })
	return locks, nil
}

// v2LockInfo describes a queue and the places in it.
func v2LockInfo(queue string, places []*client.Node) LockInfo {
	info := LockInfo{Key: etcdv2.Key(queue), Recipe: v2RecipeQueue, Limit: 1}
	if locked, ok := v2Locked(queue); ok {
		info.Key, info.Recipe = etcdv2.Key(locked), recipeOwn
	}
	for i, n := range places {
		c := v2Contender(n)
		if i == 0 {
			info.Holders = append(info.Holders, c)
		} else {
			info.Waiters = append(info.Waiters, c)
		}
	}
	return info
}

// v2Contender describes a place in a queue. The API does not give the TTL that was granted, but the
// tickets of this package do.
func v2Contender(n *client.Node) Contender {
	c := Contender{
		ID: path.Base(n.Key), Key: etcdv2.Key(n.Key), Index: n.ModifiedIndex,
		Name: contenderName([]byte(n.Value)), Left: n.TTLDuration(),
	}
	var t v2Ticket
	if json.Unmarshal([]byte(n.Value), &t) == nil && t.ID != "" {
		c.Name = signatureOf("kvist", t.Host, t.PID)
		c.TTL = time.Duration(t.TTL) * time.Second
	}
	return c
}

// BreakPlan implements LockInspector. Nothing else goes with a place in a queue.
func (s *Etcd) BreakPlan(_ context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	if _, err := s.checkKey(OpBreakPlan, holder.Key); err != nil {
		return BreakPlan{}, err
	}
	plan := BreakPlan{Action: "delete node " + holder.Key, Deleted: []string{holder.Key}}
	if lock.Recipe == recipeOwn {
		plan.Freed = []string{lock.Key}
	}
	plan.Note = nextHolder(lock, holder)
	return plan, nil
}

// Break implements LockInspector. A place is renewed all the time, which changes its index, but its
// name is never used again: as long as that is the first in the queue, it is the same holder.
func (s *Etcd) Break(ctx context.Context, lock LockInfo, holder Contender) error {
	place, err := s.checkKey(OpBreak, holder.Key)
	if err != nil {
		return err
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	for {
		queue, _, err := s.cluster.GetTree(ctx, path.Dir(place))
		if err != nil && !etcdv2.IsMissing(err) {
			return s.fail(OpBreak, lock.Key, err)
		}
		places := etcdv2.InOrder(queue)
		if len(places) == 0 || places[0].Key != place {
			return s.failWrite(OpBreak, lock.Key, ErrKeyModified)
		}
		err = s.cluster.Delete(ctx, place, &client.DeleteOptions{PrevIndex: places[0].ModifiedIndex})
		switch {
		case err == nil:
			return nil
		case etcdv2.IsMissing(err):
			return s.fail(OpBreak, lock.Key, withKind(ErrKeyModified, err))
		case etcdv2.Code(err) != client.ErrorCodeTestFailed: // renewed meanwhile
			return s.failWrite(OpBreak, lock.Key, err)
		}
	}
}
