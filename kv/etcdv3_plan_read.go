package kv

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/wait"
)

// v3PlanTries is how many times a plan is read when what is read is compacted
// meanwhile.
const v3PlanTries = 3

// readPlan implements planReader by one listing. Where that shows nothing but
// what is planned, the plan is sealed.
func (s *EtcdV3) readPlan(ctx context.Context, plan *Plan) error {
	dir := v3Dir(plan.Prefix)
	// Two moments would make no whole: the listing tells of this key too.
	plan.Keys = slices.DeleteFunc(plan.Keys, func(k PlannedKey) bool { return k.Key == dir })
	ctx, cancel := wait.Joined(ctx, s.ctx)
	defer cancel()
	for try := 1; ; try++ {
		read := v3PlanReading{dir: dir, locks: v3OwnLocks{}, room: RoomOf(s)}
		listing := etcdlist.Listing{Reader: s.lists, Values: etcdlist.SomeValues, Page: read.page}
		at, err := listing.Run(ctx, etcdlist.DirSpan(dir))
		if errors.Is(err, rpctypes.ErrCompacted) && try < v3PlanTries {
			continue
		}
		if errors.Is(err, ErrTooMany) {
			return tooMany(OpPlan, plan.Prefix, err)
		}
		if etcdclient.IsForbidden(err) && len(plan.Keys) > 0 { // the key alone may be read
			plan.Unseen = s.denied(ctx, "plan", plan.Prefix, err)
			return nil
		}
		if err != nil {
			return s.denied(ctx, "plan", plan.Prefix, err)
		}
		plan.Keys = append(plan.Keys, read.marked()...)
		if !read.hidden {
			plan.sealed(at.Revision, at.Cluster)
		}
		return nil
	}
}

// v3PlanReading is a plan being read.
type v3PlanReading struct {
	dir    string
	keys   []PlannedKey // in order
	locks  v3OwnLocks
	room   *Room
	hidden bool // there is something that no plan has: the queue of a lock
}

func (r *v3PlanReading) page(kvs []*mvccpb.KeyValue, sized bool) error {
	keys := v3Keys(kvs)
	r.keys = slices.Grow(r.keys, len(kvs))
	for i, kv := range kvs {
		key := keys[i]
		r.locks.see(key, true)
		if isV3Queue(key) {
			r.hidden = true
			continue
		}
		size := -1
		if sized {
			size = len(kv.Value)
		}
		if err := r.room.Take(key); err != nil {
			return err
		}
		r.keys = append(r.keys, PlannedKey{key, uint64(kv.ModRevision), size, v3Flags(key, kv.Lease)})
	}
	return nil
}

// marked are the keys, those of locks marked.
func (r *v3PlanReading) marked() []PlannedKey {
	for locked := range r.locks {
		i, ok := slices.BinarySearchFunc(r.keys, locked, func(k PlannedKey, key string) int { return strings.Compare(k.Key, key) })
		if ok {
			r.keys[i].Flags |= LockedKey
		}
	}
	return r.keys
}
