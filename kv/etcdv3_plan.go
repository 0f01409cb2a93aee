package kv

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// DeletePlanned implements PlanDeleter. Where the plan is all there was when
// it was made, one transaction deletes the whole range, on the condition that
// nothing was put into it since; where it is all there is now, on the
// condition that nothing was put into it meanwhile. Else the keys go in
// transactions of many, each on the condition that its keys are as planned.
func (s *EtcdV3) DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error) {
	run := v3PlanRun{store: s, plan: plan, progress: progress}
	whole, err := run.sealed(ctx)
	if !whole && err == nil {
		whole, err = run.whole(ctx)
	}
	if !whole && err == nil {
		err = run.chunks(ctx)
	}
	run.report.Left = len(plan.Keys) - run.tried
	run.report.Cancelled = ctx.Err() != nil && run.report.Left > 0
	if err == nil && !run.report.Cancelled {
		run.report.Appeared, err = run.appeared(ctx)
	}
	return run.report, err
}

// v3PlanRun is a plan being carried out.
type v3PlanRun struct {
	store    *EtcdV3
	plan     *Plan
	progress func(int)
	tried    int
	report   Report
}

// chunks deletes the keys some at a time, the deepest first.
func (r *v3PlanRun) chunks(ctx context.Context) error {
	keys := slices.Concat(r.plan.levels()...)
	for chunk := range slices.Chunk(keys, v3OpsMost) {
		if ctx.Err() != nil {
			return nil
		}
		if err := r.chunk(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// chunk deletes those of some keys that are as planned. Where the server
// refuses them together, it tries the halves: a right may miss for one only.
func (r *v3PlanRun) chunk(ctx context.Context, keys []PlannedKey) error {
	keys = r.withoutImpossible(keys)
	for len(keys) > 0 {
		resp, err := r.deleteAll(ctx, keys)
		switch {
		case (errors.Is(err, ErrDenied) || errors.Is(err, rpctypes.ErrTooManyOps)) && len(keys) > 1:
			half := len(keys) / 2
			if err := r.chunk(ctx, keys[:half]); err != nil {
				return err
			}
			keys = keys[half:]
			continue
		case errors.Is(err, ErrDenied):
			r.keep(keys, err)
			return nil
		case err != nil:
			r.keep(keys, err)
			return err
		case resp.Succeeded:
			r.report.Deleted += len(keys)
			r.step(len(keys))
			return nil
		}
		keys = r.unchanged(keys, resp)
	}
	return nil
}

// withoutImpossible are the keys whose index can be one; the others cannot be
// as planned.
func (r *v3PlanRun) withoutImpossible(keys []PlannedKey) []PlannedKey {
	var possible []PlannedKey
	for _, k := range keys {
		if isRevision(k.Index) {
			possible = append(possible, k)
			continue
		}
		r.keep([]PlannedKey{k}, r.store.fail("deleteplanned", k.Key, ErrKeyModified, nil))
	}
	return possible
}

// deleteAll deletes keys if they all are as planned; else its answer tells how
// each is. Once it is sent it is not cancelled: what became of it is known.
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
	return r.store.commitIn(ctx, "deleteplanned", r.plan.Prefix, conditions, deletes, reads)
}

// unchanged are the keys that are as planned, by the answer of deleteAll; what
// the others are is noted.
func (r *v3PlanRun) unchanged(keys []PlannedKey, resp *clientv3.TxnResponse) []PlannedKey {
	var same []PlannedKey
	for i, k := range keys {
		found := resp.Responses[i].GetResponseRange().GetKvs()
		switch {
		case len(found) == 0:
			r.keep([]PlannedKey{k}, r.store.fail("deleteplanned", k.Key, ErrKeyNotFound, nil))
		case uint64(found[0].ModRevision) != k.Index:
			r.keep([]PlannedKey{k}, r.store.fail("deleteplanned", k.Key, ErrKeyModified, nil))
		default:
			same = append(same, k)
		}
	}
	return same
}

// keep notes keys that were tried and not deleted.
func (r *v3PlanRun) keep(keys []PlannedKey, err error) {
	for _, k := range keys {
		r.report.Kept = append(r.report.Kept, Outcome{k.Key, err})
	}
	r.step(len(keys))
}

// step tells the progress.
func (r *v3PlanRun) step(tried int) {
	r.tried += tried
	if r.progress != nil {
		r.progress(r.tried)
	}
}

// appeared are the keys below the prefix that were not planned.
func (r *v3PlanRun) appeared(ctx context.Context) ([]string, error) {
	now, err := r.state(ctx, 0)
	if err != nil && !(errors.Is(err, ErrDenied) && r.plan.Unseen != nil) { // which the plan says already
		return nil, err
	}
	for _, k := range r.plan.Keys {
		delete(now.keys, k.Key)
	}
	dir := v3Dir(r.plan.Prefix)
	var keys []string
	for key := range now.keys {
		if strings.HasPrefix(key, dir) && v3Shown(dir, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}
