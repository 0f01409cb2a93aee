package kv

import (
	"context"
	"errors"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
)

// v3State is which keys a prefix has, with their revisions, at one revision.
type v3State struct {
	keys     map[string]int64
	revision int64
}

// state reads which keys there are at the prefix and below it, as of a revision;
// 0 is now. It shows lock queues too, which are no part of any plan.
func (r *v3PlanRun) state(ctx context.Context, revision int64) (v3State, error) {
	ctx, cancel := r.store.long(ctx)
	defer cancel()
	options := []clientv3.OpOption{clientv3.WithKeysOnly(), clientv3.WithRev(revision)}
	span, bare := r.span()
	ops := []clientv3.Op{clientv3.OpGet(span.Start, span.Options(options...)...)}
	if bare != "" {
		ops = append(ops, clientv3.OpGet(bare, options...))
	}
	resp, err := r.store.client.Txn(ctx).Then(ops...).Commit()
	if err != nil {
		return v3State{}, r.store.explain("deleteplanned", r.plan.Prefix, etcdclient.LostContact(ctx, err))
	}
	state := v3State{keys: map[string]int64{}, revision: resp.Header.Revision}
	for _, one := range resp.Responses {
		for _, kv := range one.GetResponseRange().GetKvs() {
			state.keys[string(kv.Key)] = kv.ModRevision
		}
	}
	return state, nil
}

// span is what is below the prefix, and the key at it if that is planned: one
// that is not does not concern us, and perhaps may not be read.
func (r *v3PlanRun) span() (below etcdlist.Span, bare string) {
	dir := v3Dir(r.plan.Prefix)
	bare = strings.TrimSuffix(dir, "/")
	if !slices.ContainsFunc(r.plan.Keys, func(k PlannedKey) bool { return k.Key == bare }) {
		bare = ""
	}
	return etcdlist.DirSpan(dir), bare
}

// whole deletes the range at once, where that means just the planned keys.
func (r *v3PlanRun) whole(ctx context.Context) (done bool, err error) {
	now, err := r.state(ctx, 0)
	if ctx.Err() != nil {
		return true, nil //nolint:nilerr // it was stopped, which is no failure
	}
	if errors.Is(err, ErrDenied) { // perhaps not all of it
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !r.isPlanned(now) {
		return false, nil
	}
	_, bare := r.span()
	return r.rangeDelete(ctx, now.revision, now.keys[bare])
}

// sealed deletes the range at once, where the plan is all there was in it when
// it was made, and nothing was put into it since.
func (r *v3PlanRun) sealed(ctx context.Context) (done bool, err error) {
	if !r.plan.isWhole() {
		return false, nil
	}
	asking, cancel := r.store.request(ctx)
	defer cancel()
	_, bare := r.span()
	resp, err := r.store.client.Get(asking, v3Dir(r.plan.Prefix), clientv3.WithKeysOnly())
	switch seal := r.plan.seal; {
	case err != nil: // who is refused this is told of each key
		return false, nil
	case resp.Header.ClusterId != seal.cluster || resp.Header.Revision < seal.revision:
		return false, nil // other data: revisions do not compare
	}
	bareAt := r.indexOf(bare)
	if bare != "" && bareAt == 0 {
		return false, nil
	}
	return r.rangeDelete(ctx, r.plan.seal.revision, bareAt)
}

// indexOf is the planned revision of the key at the prefix; 0 without one.
func (r *v3PlanRun) indexOf(bare string) int64 {
	i := slices.IndexFunc(r.plan.Keys, func(k PlannedKey) bool { return k.Key == bare })
	if bare == "" || i < 0 || !isRevision(r.plan.Keys[i].Index) {
		return 0
	}
	return int64(r.plan.Keys[i].Index)
}

// rangeDelete deletes what is below the prefix on the condition that nothing
// was put there after a revision, and with it the key at the prefix if that is
// still of the revision bareAt (0: there is none). Not done when a condition
// did not hold.
func (r *v3PlanRun) rangeDelete(ctx context.Context, revision, bareAt int64) (done bool, err error) {
	span, bare := r.span()
	conditions := []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(span.Start), "<", revision+1).WithRange(span.End)}
	deletes := []clientv3.Op{clientv3.OpDelete(span.Start, span.Options()...)}
	if bareAt != 0 {
		conditions = append(conditions, clientv3.Compare(clientv3.ModRevision(bare), "=", bareAt))
		deletes = append(deletes, clientv3.OpDelete(bare))
	}
	if ctx.Err() != nil {
		return true, nil
	}
	sending, cancel := r.store.long(context.WithoutCancel(ctx))
	defer cancel()
	resp, err := r.store.commitIn(sending, "deleteplanned", r.plan.Prefix, conditions, deletes, nil)
	switch {
	case errors.Is(err, ErrDenied):
		return false, nil
	case err != nil:
		r.keep(r.plan.Keys, err)
		return true, err
	case !resp.Succeeded:
		return false, nil
	}
	return true, r.count(ctx, resp)
}

// isPlanned reports whether all there is now is planned as it is.
func (r *v3PlanRun) isPlanned(now v3State) bool {
	planned := make(map[string]uint64, len(r.plan.Keys))
	for _, k := range r.plan.Keys {
		planned[k.Key] = k.Index
	}
	for key, revision := range now.keys {
		if planned[key] != uint64(revision) {
			return false
		}
	}
	return true
}

// count notes which planned keys a transaction deleted: all, if it was so many
// as are planned, else those that were there right before it. Others had gone
// already, after the plan or just now.
func (r *v3PlanRun) count(ctx context.Context, resp *clientv3.TxnResponse) error {
	deleted := 0
	for _, one := range resp.Responses {
		deleted += int(one.GetResponseDeleteRange().GetDeleted())
	}
	r.report.Deleted += deleted
	if deleted != len(r.plan.Keys) {
		state, err := r.state(ctx, resp.Header.Revision-1)
		if err != nil {
			return err
		}
		for _, k := range r.plan.Keys {
			if _, there := state.keys[k.Key]; !there {
				r.report.Kept = append(r.report.Kept, Outcome{k.Key, r.store.fail("deleteplanned", k.Key, ErrKeyNotFound, nil)})
			}
		}
	}
	r.step(len(r.plan.Keys))
	return nil
}
