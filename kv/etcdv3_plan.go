package kv

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
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
	read, at, err := s.readEntries(ctx, dir, &plan.read)
	plan.read.stands = func(ctx context.Context) bool { return s.goesOn(ctx, dir, at) }
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
	if plan.alone || !run.sealed(ctx) && !run.whole(ctx) {
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
			r.deleted(keys...)
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

// v3State is which keys a prefix has, with their revisions, at one revision.
type v3State struct {
	keys     map[string]int64
	revision int64
}

// state reads which keys there are at the prefix and below it at a revision, 0 for now. It includes
// the queues of locks, which are in no plan.
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
		return v3State{}, r.store.fail(OpDeletePlanned, r.plan.Prefix, etcdclient.LostContact(ctx, err))
	}
	state := v3State{keys: map[string]int64{}, revision: resp.Header.Revision}
	for _, one := range resp.Responses {
		for _, kv := range one.GetResponseRange().GetKvs() {
			state.keys[string(kv.Key)] = kv.ModRevision
		}
	}
	return state, nil
}

// span returns what is below the prefix, and the key at it if that is planned. One that is not
// planned does not matter, and the user may not be allowed to read it.
func (r *v3PlanRun) span() (below etcdlist.Span, bare string) {
	dir := v3Dir(r.plan.Prefix)
	bare = strings.TrimSuffix(dir, "/")
	if !slices.ContainsFunc(r.plan.Keys, func(k PlannedKey) bool { return k.Key == bare }) {
		bare = ""
	}
	return etcdlist.DirSpan(dir), bare
}

// whole deletes the range at once if that means only planned keys, and reports whether the run is
// done.
func (r *v3PlanRun) whole(ctx context.Context) (done bool) {
	now, err := r.state(ctx, 0)
	switch {
	case ctx.Err() != nil:
		return true
	case errors.Is(err, ErrDenied): // perhaps only a part is denied
		return false
	case err != nil:
		r.stop(err)
		return true
	case !r.isPlanned(now):
		return false
	}
	_, bare := r.span()
	return r.deleteRange(ctx, now.revision, now.keys[bare])
}

// sealed deletes the range at once if the plan is everything that there was in it when it was made,
// and nothing was put into it since. It reports whether the run is done.
func (r *v3PlanRun) sealed(ctx context.Context) (done bool) {
	if !r.plan.isWhole() {
		return false
	}
	seal := r.plan.seal
	if !r.store.goesOn(ctx, v3Dir(r.plan.Prefix), etcdlist.Point{Revision: seal.revision, Cluster: seal.cluster}) {
		return false
	}
	_, bare := r.span()
	bareAt := r.indexOf(bare)
	if bare != "" && bareAt == 0 {
		return false
	}
	return r.deleteRange(ctx, r.plan.seal.revision, bareAt)
}

// goesOn reports whether the data of a moment is still that of the store, a part of whose history
// it is: else revisions do not compare. start is a key that the user may read. An error will meet
// whatever comes next.
func (s *EtcdV3) goesOn(ctx context.Context, start string, then etcdlist.Point) bool {
	at, err := s.reader.Now(ctx, start)
	return err == nil && at.Cluster == then.Cluster && at.Revision >= then.Revision
}

// indexOf returns the planned revision of the key at the prefix, 0 if that is not planned.
func (r *v3PlanRun) indexOf(bare string) int64 {
	i := slices.IndexFunc(r.plan.Keys, func(k PlannedKey) bool { return k.Key == bare })
	if bare == "" || i < 0 || !v3IsRevision(r.plan.Keys[i].Index) {
		return 0
	}
	return int64(r.plan.Keys[i].Index)
}

// deleteRange deletes what is below the prefix on the condition that nothing was put there after a
// revision, and with it the key at the prefix if that still has the revision bareAt; 0 means that
// there is none. It reports whether the run is done, which it is not if a condition did not hold.
func (r *v3PlanRun) deleteRange(ctx context.Context, revision, bareAt int64) (done bool) {
	if ctx.Err() != nil {
		return true
	}
	span, bare := r.span()
	conditions := []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(span.Start), "<", revision+1).WithRange(span.End)}
	deletes := []clientv3.Op{clientv3.OpDelete(span.Start, span.Options()...)}
	if bareAt != 0 {
		conditions = append(conditions, clientv3.Compare(clientv3.ModRevision(bare), "=", bareAt))
		deletes = append(deletes, clientv3.OpDelete(bare))
	}
	sending, cancel := r.store.long(context.WithoutCancel(ctx))
	defer cancel()
	resp, err := r.store.commitIn(sending, OpDeletePlanned, r.plan.Prefix, conditions, deletes, nil)
	switch {
	case errors.Is(err, ErrDenied):
		return false
	case err != nil:
		r.keepAll(r.plan.Keys, err)
		return true
	case !resp.Succeeded:
		return false
	}
	r.count(ctx, resp)
	return true
}

// isPlanned reports whether everything that there is now is planned as it is.
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

// count notes which planned keys a transaction deleted: all of them if it deleted that many, else
// those that were there right before it. The others had gone before.
func (r *v3PlanRun) count(ctx context.Context, resp *clientv3.TxnResponse) {
	deleted := 0
	for _, one := range resp.Responses {
		deleted += int(one.GetResponseDeleteRange().GetDeleted())
	}
	r.deletedOf(deleted)
	if deleted == len(r.plan.Keys) {
		return
	}
	state, err := r.state(ctx, resp.Header.Revision-1)
	if err != nil {
		r.stop(err)
		return
	}
	for _, k := range r.plan.Keys {
		if _, there := state.keys[k.Key]; !there {
			r.keep(Outcome{k.Key, r.store.fail(OpDeletePlanned, k.Key, ErrKeyNotFound)})
		}
	}
}
