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
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/etcdlocks"
)

// The recipes of locks in etcd, as package etcdlocks finds them.
const (
	v3RecipeMutex    = "etcd mutex"    // etcdctl lock, concurrency.Mutex: no values
	v3RecipeElection = "etcd election" // etcdctl elect, concurrency.Election: the value is the candidate
	v3RecipePatroni  = "patroni leader"
	v3RecipePython   = "python-etcd3 lock"
	v3RecipeVitess   = "vitess lock"
)

const (
	// v3NoLease is reported in place of a claim's lease, v3Endures why such a claim stays.
	v3NoLease = "no lease"
	v3Endures = "it has no lease, and does not end by itself"
	// v3NoQueue is why no waiters of a lock of one key are known.
	v3NoQueue = "nobody queues; who wants it tries again"
)

var errV3ClaimAway = errors.New("the claim is no longer there")

// Locks implements LockInspector. If the user may not read the whole prefix, it looks in the parts
// that the user may read.
func (s *EtcdV3) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	dir := v3Dir(prefix)
	claims, err := s.finder.Claims(ctx, dir)
	var unseen error
	if etcdclient.IsForbidden(err) {
		claims, unseen, err = s.claimsReadable(ctx, prefix, err)
	}
	if err != nil {
		return nil, s.failRange(ctx, OpLocks, prefix, err)
	}
	queues := map[string][]*mvccpb.KeyValue{}
	var single []*mvccpb.KeyValue
	for _, claim := range claims {
		if !etcdlocks.IsPlace(string(claim.Key), claim.Lease) {
			single = append(single, claim)
			continue
		}
		dir, _, _ := etcdlocks.CutLast(string(claim.Key))
		queues[dir] = append(queues[dir], claim)
	}
	lives := s.lives(ctx, claims)
	locks, err := s.singles(ctx, single, lives)
	if err == nil {
		err = s.finder.AddStrays(ctx, queues)
	}
	if err != nil {
		return nil, s.fail(OpLocks, prefix, err)
	}
	for dir, queue := range queues {
		locks = append(locks, v3LockInfo(dir, queue, lives))
	}
	slices.SortFunc(locks, func(a, b LockInfo) int { return strings.Compare(a.Key, b.Key) })
	return locks, cmp.Or(ctx.Err(), unseen)
}

// claimsReadable returns the claims in the parts of a directory that the user may read, and unseen,
// which names these parts. If there are none or they are not known, err is refused.
func (s *EtcdV3) claimsReadable(ctx context.Context, prefix string, refused error) (claims []*mvccpb.KeyValue, unseen, err error) {
	spans, _ := s.rights.Readable(ctx)
	parts := etcdlist.Overlap(spans, etcdlist.DirSpan(v3Dir(prefix)))
	if len(parts) == 0 {
		return nil, nil, refused
	}
	claims, err = s.finder.ClaimsIn(ctx, parts)
	if err != nil {
		return nil, nil, err
	}
	return claims, s.fail(OpLocks, prefix, withKind(ErrIncomplete, s.mayRead(parts, refused))), nil
}

// lives returns how long the leases of claims have to live.
func (s *EtcdV3) lives(ctx context.Context, claims []*mvccpb.KeyValue) map[int64]etcdclient.Life {
	leases := make([]int64, len(claims))
	for i, claim := range claims {
		leases[i] = claim.Lease
	}
	return s.livesOf(ctx, leases)
}

// livesOf returns how long leases have to live, which of the past is not known.
func (s *EtcdV3) livesOf(ctx context.Context, leases []int64) map[int64]etcdclient.Life {
	if s.past == 0 {
		return s.client.LivesOf(ctx, leases)
	}
	lives := make(map[int64]etcdclient.Life, len(leases))
	for _, lease := range leases {
		lives[lease] = etcdclient.Life{Left: -1}
	}
	return lives
}

// singles returns the locks of one key among some keys. Any leased key may be meant as one; these
// are the kinds that nothing else looks like.
func (s *EtcdV3) singles(ctx context.Context, kvs []*mvccpb.KeyValue, lives map[int64]etcdclient.Life) ([]LockInfo, error) {
	var locks []LockInfo
	for _, kv := range kvs {
		recipe, name := "", contenderName(kv.Value)
		switch id, ok := etcdlocks.PythonLock(kv); {
		case ok:
			recipe, name = v3RecipePython, id
		case etcdlocks.IsLeader(string(kv.Key)):
			leads, err := s.finder.Leads(ctx, kv)
			if err != nil {
				return nil, err
			}
			if leads {
				recipe = v3RecipePatroni
			}
		}
		if recipe == "" {
			continue
		}
		holder := v3Contender(kv, lives)
		holder.Name = name
		locks = append(locks, LockInfo{
			Key: string(kv.Key), Recipe: recipe, Limit: 1, Holders: []Contender{holder}, WaitersHidden: v3NoQueue,
		})
	}
	return locks, nil
}

// v3LockInfo returns a lock from its queue.
func v3LockInfo(dir string, queue []*mvccpb.KeyValue, lives map[int64]etcdclient.Life) LockInfo {
	slices.SortFunc(queue, func(a, b *mvccpb.KeyValue) int { return int(a.CreateRevision - b.CreateRevision) })
	lock := LockInfo{Key: dir, Recipe: v3RecipeMutex, Limit: 1}
	if slices.ContainsFunc(queue, func(kv *mvccpb.KeyValue) bool { return kv.Lease != 0 && len(kv.Value) > 0 }) {
		lock.Recipe = v3RecipeElection
	}
	if own, ok := strings.CutSuffix(dir, queueSuffix); ok {
		lock.Key, lock.Recipe = own, recipeOwn
	}
	for i, kv := range queue {
		if etcdlocks.IsVitess(string(kv.Key), kv.Lease) {
			lock.Recipe = v3RecipeVitess
		}
		if i == 0 {
			lock.Holders = append(lock.Holders, v3Contender(kv, lives))
			continue
		}
		lock.Waiters = append(lock.Waiters, v3Contender(kv, lives))
	}
	return lock
}

// v3Contender returns the contender of a claim.
func v3Contender(kv *mvccpb.KeyValue, lives map[int64]etcdclient.Life) Contender {
	c := Contender{ID: v3NoLease, Key: string(kv.Key), Index: uint64(kv.ModRevision), Name: contenderName(kv.Value), Left: -1, Note: v3Endures}
	if kv.Lease == 0 {
		return c
	}
	life := lives[kv.Lease]
	c.ID, c.TTL, c.Left, c.Note = etcdlocks.LeaseID(kv.Lease), life.TTL, life.Left, ""
	if life.Ended {
		c.Note = "its lease has ended"
	}
	return c
}

// BreakPlan implements LockInspector. All keys of the claim's lease end with it.
func (s *EtcdV3) BreakPlan(ctx context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	lease, err := s.recheck(ctx, OpBreakPlan, lock, holder)
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
		return BreakPlan{}, s.fail(OpBreakPlan, lock.Key, err)
	}
	plan := BreakPlan{Action: "revoke lease " + holder.ID, Note: nextHolder(lock, holder)}
	for _, key := range resp.Keys {
		plan.Deleted = append(plan.Deleted, string(key))
		if locked, ok := v3Queues.Locked(string(key)); ok {
			plan.Freed = append(plan.Freed, locked)
		}
	}
	slices.Sort(plan.Deleted)
	slices.Sort(plan.Freed)
	return plan, nil
}

// Break implements LockInspector. A lease is never granted twice, so it revokes the claim that was
// shown or nothing.
func (s *EtcdV3) Break(ctx context.Context, lock LockInfo, holder Contender) error {
	lease, err := s.recheck(ctx, OpBreak, lock, holder)
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
		return s.fail(OpBreak, lock.Key, withKind(ErrKeyModified, err))
	case err != nil:
		return s.failSent(OpBreak, lock.Key, err, sent)
	}
	return nil
}

// breakStray deletes a claim that has no lease, if it is what was shown.
func (s *EtcdV3) breakStray(lock LockInfo, holder Contender) error {
	_, err := s.AtomicDelete(holder.Key, &KVPair{Key: holder.Key, LastIndex: holder.Index})
	var said *Error
	switch {
	case errors.Is(err, ErrKeyNotFound):
		return s.fail(OpBreak, lock.Key, withKind(ErrKeyModified, errV3ClaimAway))
	case errors.As(err, &said):
		return &Error{Op: OpBreak, Key: lock.Key, Server: said.Server, Kind: said.Kind, Err: said.Err}
	}
	return err
}

// recheck returns the lease of a claim that still is what was shown: it is there, and first in its
// queue if it was shown to hold the lock. If it is not, that is ErrKeyModified.
func (s *EtcdV3) recheck(ctx context.Context, op Op, lock LockInfo, holder Contender) (clientv3.LeaseID, error) {
	dir, _, ok := etcdlocks.CutLast(holder.Key)
	if !ok {
		return 0, s.fail(op, lock.Key, ErrInvalidKey)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.Txn(ctx).Then(
		clientv3.OpGet(holder.Key),
		clientv3.OpGet(dir+"/", clientv3.WithPrefix()),
	).Commit()
	if err != nil {
		return 0, s.fail(op, lock.Key, err)
	}
	claim := resp.Responses[0].GetResponseRange().GetKvs()
	if len(claim) == 0 || !v3IsShownClaim(claim[0], holder) {
		return 0, s.fail(op, lock.Key, withKind(ErrKeyModified, errV3ClaimAway))
	}
	held := slices.ContainsFunc(lock.Holders, func(c Contender) bool { return c.Key == holder.Key })
	if held && !etcdlocks.IsFirst(claim[0], resp.Responses[1].GetResponseRange().GetKvs()) {
		return 0, s.fail(op, lock.Key, withKind(ErrKeyModified, errors.New("another holds it now")))
	}
	return clientv3.LeaseID(claim[0].Lease), nil
}

// v3IsShownClaim reports whether a claim is the one that was shown. One without a lease may have
// been made anew under the same name.
func v3IsShownClaim(claim *mvccpb.KeyValue, holder Contender) bool {
	if claim.Lease == 0 {
		return holder.ID == v3NoLease && uint64(claim.ModRevision) == holder.Index
	}
	return etcdlocks.LeaseID(claim.Lease) == holder.ID
}
