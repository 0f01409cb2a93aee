package kv

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
)

// The recipes of locks in etcd. Those of etcdctl and of the concurrency
// package (go.etcd.io/etcd/client/v3/concurrency) have one layout: a key
// "name/lease", bound to that lease, for each who wants it; the oldest holds.
const (
	recipeMutex    = "etcd mutex"    // etcdctl lock, concurrency.Mutex: no values
	recipeElection = "etcd election" // etcdctl elect, concurrency.Election: the value is the candidate
)

// Locks implements LockInspector. It asks for the leases and what is bound to
// each, since these are few where keys are many. Where a user may not know
// them all, or they are too many, it lists all keys below prefix. Either way it
// reads only those that are named like a lock's, and where the prefix is refused,
// what our user may read of it.
func (s *EtcdV3) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	claims, err := s.claims(ctx, prefix)
	var unseen error
	if etcdclient.IsForbidden(err) {
		claims, unseen, err = s.claimsReadable(ctx, prefix, err)
	}
	if err != nil {
		return nil, s.denied(ctx, "locks", prefix, err)
	}
	queues := map[string][]*mvccpb.KeyValue{}
	var single []*mvccpb.KeyValue
	for _, claim := range claims {
		if !isV3Place(string(claim.Key), claim.Lease) {
			single = append(single, claim)
			continue
		}
		dir, _, _ := cutLast(string(claim.Key))
		queues[dir] = append(queues[dir], claim)
	}
	lives := s.lives(ctx, claims)
	locks, err := s.singles(ctx, single, lives)
	if err == nil {
		err = s.withStrays(ctx, queues)
	}
	if err != nil {
		return nil, s.explain("locks", prefix, err)
	}
	for dir, queue := range queues {
		locks = append(locks, v3LockInfo(dir, queue, lives))
	}
	slices.SortFunc(locks, func(a, b LockInfo) int { return strings.Compare(a.Key, b.Key) })
	return locks, cmp.Or(ctx.Err(), unseen)
}

// lives asks how long the leases of claims have to live.
func (s *EtcdV3) lives(ctx context.Context, claims []*mvccpb.KeyValue) map[int64]etcdclient.Life {
	leases := make([]int64, len(claims))
	for i, claim := range claims {
		leases[i] = claim.Lease
	}
	return s.client.LivesOf(ctx, leases)
}

// v3LockInfo makes a lock of its queue.
func v3LockInfo(dir string, queue []*mvccpb.KeyValue, lives map[int64]etcdclient.Life) LockInfo {
	slices.SortFunc(queue, func(a, b *mvccpb.KeyValue) int { return int(a.CreateRevision - b.CreateRevision) })
	lock := LockInfo{Key: dir, Recipe: recipeMutex, Limit: 1}
	if slices.ContainsFunc(queue, func(kv *mvccpb.KeyValue) bool { return kv.Lease != 0 && len(kv.Value) > 0 }) {
		lock.Recipe = recipeElection
	}
	if own, ok := strings.CutSuffix(dir, queueSuffix); ok {
		lock.Key, lock.Recipe = own, recipeOwn
	}
	for i, kv := range queue {
		if isV3Decimal(string(kv.Key), kv.Lease) {
			lock.Recipe = recipeVitess
		}
		if i == 0 {
			lock.Holders = append(lock.Holders, v3Contender(kv, lives))
			continue
		}
		lock.Waiters = append(lock.Waiters, v3Contender(kv, lives))
	}
	return lock
}

// v3Contender is one claim.
func v3Contender(kv *mvccpb.KeyValue, lives map[int64]etcdclient.Life) Contender {
	c := Contender{ID: v3NoLease, Key: string(kv.Key), Index: uint64(kv.ModRevision), Name: contenderName(kv.Value), Left: -1, Note: v3Endures}
	if kv.Lease == 0 {
		return c
	}
	life := lives[kv.Lease]
	c.ID, c.TTL, c.Left, c.Note = leaseID(kv.Lease), life.TTL, life.Left, ""
	if life.Ended {
		c.Note = "its lease has ended"
	}
	return c
}

// BreakPlan implements LockInspector: all keys of the lease go with it.
func (s *EtcdV3) BreakPlan(ctx context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	lease, err := s.recheck(ctx, "breakplan", lock, holder)
	if err != nil {
		return BreakPlan{}, err
	}
	if lease == clientv3.NoLease {
		return BreakPlan{Action: "delete key " + holder.Key, Deleted: []string{holder.Key}, Note: nextHolder(lock, holder)}, nil
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.TimeToLive(ctx, lease, clientv3.WithAttachedKeys())
	if err != nil {
		return BreakPlan{}, s.explain("breakplan", lock.Key, err)
	}
	plan := BreakPlan{Action: "revoke lease " + holder.ID, Note: nextHolder(lock, holder)}
	for _, key := range resp.Keys {
		plan.Deleted = append(plan.Deleted, string(key))
		if locked, ok := v3Locked(string(key)); ok {
			plan.Freed = append(plan.Freed, locked)
		}
	}
	slices.Sort(plan.Deleted)
	slices.Sort(plan.Freed)
	return plan, nil
}

// Break implements LockInspector. A lease is never granted twice, so what is
// revoked is the claim that was shown or nothing.
func (s *EtcdV3) Break(ctx context.Context, lock LockInfo, holder Contender) error {
	lease, err := s.recheck(ctx, "break", lock, holder)
	if err != nil {
		return err
	}
	if lease == clientv3.NoLease {
		return s.breakStray(lock, holder)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	ctx, sent := etcdclient.CountSent(ctx)
	_, err = s.client.Revoke(ctx, lease)
	switch {
	case errors.Is(err, rpctypes.ErrLeaseNotFound):
		return s.fail("break", lock.Key, ErrKeyModified, err)
	case err != nil:
		return s.explainWrite("break", lock.Key, err, sent)
	}
	return nil
}

// recheck is the lease of a claim that still is what was shown: there, and
// first in its queue if it was shown to hold the lock. Else ErrKeyModified.
func (s *EtcdV3) recheck(ctx context.Context, op Op, lock LockInfo, holder Contender) (clientv3.LeaseID, error) {
	dir, _, ok := cutLast(holder.Key)
	if !ok {
		return 0, s.fail(op, lock.Key, ErrInvalidKey, nil)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.Txn(ctx).Then(
		clientv3.OpGet(holder.Key),
		clientv3.OpGet(dir+"/", clientv3.WithPrefix()),
	).Commit()
	if err != nil {
		return 0, s.explain(op, lock.Key, err)
	}
	claim := resp.Responses[0].GetResponseRange().GetKvs()
	if len(claim) == 0 || !v3IsHolder(claim[0], holder) {
		return 0, s.fail(op, lock.Key, ErrKeyModified, errClaimAway)
	}
	held := slices.ContainsFunc(lock.Holders, func(c Contender) bool { return c.Key == holder.Key })
	if held && !isFirst(claim[0], resp.Responses[1].GetResponseRange().GetKvs()) {
		return 0, s.fail(op, lock.Key, ErrKeyModified, errors.New("another holds it now"))
	}
	return clientv3.LeaseID(claim[0].Lease), nil
}

var errClaimAway = errors.New("the claim is no longer there")

// v3IsHolder reports whether a claim is the one that was shown. One without a
// lease may have been made anew, under the same name.
func v3IsHolder(claim *mvccpb.KeyValue, holder Contender) bool {
	if claim.Lease == 0 {
		return holder.ID == v3NoLease && uint64(claim.ModRevision) == holder.Index
	}
	return leaseID(claim.Lease) == holder.ID
}

// isFirst reports whether claim is the oldest of the claims in its queue.
func isFirst(claim *mvccpb.KeyValue, queue []*mvccpb.KeyValue) bool {
	dir, _, _ := cutLast(string(claim.Key))
	return !slices.ContainsFunc(queue, func(kv *mvccpb.KeyValue) bool {
		return (isV3Claim(kv, dir) || isV3Stray(kv, dir)) && kv.CreateRevision < claim.CreateRevision
	})
}
