package kv

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
)

// A key in a lock's queue that is bound to no lease does not end by itself,
// whoever made it: left over by a client that died, or put by hand. The
// recipes take their turn by age alone, so that it holds the lock when it is
// the oldest. It is told as a claim where it has the name of one and stands in
// a queue with a true claim: a key that is only called like a lease is none.

const (
	// v3NoLease is what is told in place of the lease.
	v3NoLease = "no lease"
	v3Endures = "it has no lease, and does not end by itself"

	// v3StrayName is how long a name is at least that is taken for a lease's:
	// those that servers grant have 14 digits and more.
	v3StrayName = 12
	// v3QueueMost is how many of the oldest keys of a queue are read.
	v3QueueMost = 256
)

// isV3Stray reports whether a key is named like a claim in that directory and
// has no lease.
func isV3Stray(kv *mvccpb.KeyValue, dir string) bool {
	queue, name, ok := cutLast(string(kv.Key))
	return ok && queue == dir && kv.Lease == 0 && len(name) >= v3StrayName && isLeaseName(name)
}

// withStrays adds the claims without a lease to queues.
func (s *EtcdV3) withStrays(ctx context.Context, queues map[string][]*mvccpb.KeyValue) error {
	for dir := range queues {
		strays, err := s.strays(ctx, dir)
		if err != nil && !etcdclient.IsForbidden(err) { // only its keys may be read
			return err
		}
		queues[dir] = append(queues[dir], strays...)
	}
	return nil
}

// strays are the claims without a lease among the oldest keys of a queue.
func (s *EtcdV3) strays(ctx context.Context, dir string) ([]*mvccpb.KeyValue, error) {
	ctx, cancel := s.long(ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, dir+"/", clientv3.WithPrefix(), clientv3.WithLimit(v3QueueMost),
		clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend))
	if err != nil {
		return nil, etcdclient.LostContact(ctx, err)
	}
	var strays []*mvccpb.KeyValue
	for _, kv := range resp.Kvs {
		if isV3Stray(kv, dir) {
			strays = append(strays, kv)
		}
	}
	return strays, nil
}

// breakStray deletes a claim that has no lease, if it is what was shown.
func (s *EtcdV3) breakStray(lock LockInfo, holder Contender) error {
	_, err := s.AtomicDelete(holder.Key, &KVPair{Key: holder.Key, LastIndex: holder.Index})
	switch {
	case errors.Is(err, ErrKeyNotFound):
		return s.fail("break", lock.Key, ErrKeyModified, errClaimAway)
	case err != nil:
		var said *Error
		if errors.As(err, &said) {
			return s.fail("break", lock.Key, said.Kind, said.Err)
		}
	}
	return err
}
