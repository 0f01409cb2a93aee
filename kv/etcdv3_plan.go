package kv

import (
	"context"
	"errors"
	"slices"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/wait"
)

// v3OpsMost is how many operations a transaction may have: the server's --max-txn-ops by default.
const v3OpsMost = 128

// readPlan implements planReader by one listing. If that shows nothing but what is planned, the
// plan is sealed.
func (s *EtcdV3) readPlan(ctx context.Context, plan *Plan) error {
	ctx, cancel := wait.Joined(ctx, s.ctx)
	defer cancel()
	dir := v3Dir(plan.Prefix)
	// Only keys of one moment can be sealed: the listing reads the key dir, too.
	plan.Keys = slices.DeleteFunc(plan.Keys, func(k PlannedKey) bool { return k.Key == dir })
	read, at, err := s.readEntries(ctx, dir)
	switch {
	case errors.Is(err, ErrTooMany):
		return tooMany(OpPlan, plan.Prefix, err)
	case etcdclient.IsForbidden(err) && len(plan.Keys) > 0: // only the key at the prefix may be read
		plan.Unseen = s.failRange(ctx, OpPlan, plan.Prefix, err)
		return nil
	case err != nil:
		return s.failRange(ctx, OpPlan, plan.Prefix, err)
	}
	plan.Keys = slices.Grow(plan.Keys, len(read.entries))
	for _, e := range read.entries {
		plan.Keys = append(plan.Keys, PlannedKey{e.Key, e.Index, e.Size, e.Flags})
	}
	if !read.hidden {
		plan.sealed(at.Revision, at.Cluster)
	}
	return nil
}

// DeletePlanned implements PlanDeleter. If the plan is everything that there was when it was made,
// one transaction deletes the whole range, on the condition that nothing was put into it since. The
// same holds if the plan is everything that there is now. Else the keys go in transactions of many,
// each on the condition that its keys are as planned. A transaction that was sent is seen through,
// whatever becomes of ctx.
func (s *EtcdV3) DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error) {
	run := v3PlanRun{newPlanRun(plan, progress), s}
	if !run.sealed(ctx) && !run.whole(ctx) {
		run.chunks(ctx)
	}
	return run.end(ctx, s)
}

// v3PlanRun is a plan being carried out.
type v3PlanRun struct {
	*planRun
	store *EtcdV3
}

// chunks deletes the keys some at a time, the deepest first.
func (r *v3PlanRun) chunks(ctx context.Context) {
	keys := slices.Concat(r.plan.levels()...)
	for chunk := range slices.Chunk(keys, v3OpsMost) {
		r.chunk(ctx, chunk)
	}
}

// chunk deletes those of some keys that are as planned. If the server refuses them together, it
// tries the halves: the right may be missing for one key only.
func (r *v3PlanRun) chunk(ctx context.Context, keys []PlannedKey) {
	keys = r.possible(keys)
	for len(keys) > 0 && r.goesOn(ctx) {
		resp, err := r.deleteAll(ctx, keys)
		switch {
		case (errors.Is(err, ErrDenied) || errors.Is(err, rpctypes.ErrTooManyOps)) && len(keys) > 1:
			half := len(keys) / 2
			r.chunk(ctx, keys[:half])
			keys = keys[half:]
		case err != nil:
			r.keepAll(keys, err)
			return
		case resp.Succeeded:
			r.deleted(len(keys))
			return
		default:
			keys = r.unchanged(keys, resp)
		}
	}
}

// possible returns the keys with an index that a key can have, and keeps the others, which cannot
// be as planned.
func (r *v3PlanRun) possible(keys []PlannedKey) []PlannedKey {
	var possible []PlannedKey
	for _, k := range keys {
		if v3IsRevision(k.Index) {
			possible = append(possible, k)
			continue
		}
		r.keep(Outcome{k.Key, r.store.fail(OpDeletePlanned, k.Key, ErrKeyModified)})
	}
	return possible
}

// deleteAll deletes keys if all of them are as planned. Otherwise the answer holds how each is.
func (r *v3PlanRun) deleteAll(ctx context.Context, keys []PlannedKey) (*clientv3.TxnResponse, error) {
	ctx, cancel := r.store.request(context.WithoutCancel(ctx))
	defer cancel()
	conditions := make([]clientv3.Cmp, len(keys))
	deletes, reads := make([]clientv3.Op, len(keys)), make([]clientv3.Op, len(keys))
	for i, k := range keys {
		conditions[i] = clientv3.Compare(clientv3.ModRevision(k.Key), "=", int64(k.Index))
		deletes[i] = clientv3.OpDelete(k.Key)
		reads[i] = clientv3.OpGet(k.Key, clientv3.WithKeysOnly())
	}
	return r.store.commitIn(ctx, OpDeletePlanned, r.plan.Prefix, conditions, deletes, reads)
}

// unchanged returns the keys that are as planned, by the answer of deleteAll, and keeps the others.
func (r *v3PlanRun) unchanged(keys []PlannedKey, resp *clientv3.TxnResponse) []PlannedKey {
	var same []PlannedKey
	for i, k := range keys {
		found := resp.Responses[i].GetResponseRange().GetKvs()
		switch {
		case len(found) == 0:
			r.keep(Outcome{k.Key, r.store.fail(OpDeletePlanned, k.Key, ErrKeyNotFound)})
		case uint64(found[0].ModRevision) != k.Index:
			r.keep(Outcome{k.Key, r.store.fail(OpDeletePlanned, k.Key, ErrKeyModified)})
		default:
			same = append(same, k)
		}
	}
	return same
}

// keepAll keeps keys for one reason.
func (r *v3PlanRun) keepAll(keys []PlannedKey, err error) {
	outcomes := make([]Outcome, len(keys))
	for i, k := range keys {
		outcomes[i] = Outcome{k.Key, err}
	}
	r.keep(outcomes...)
}
