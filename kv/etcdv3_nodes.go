package kv

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlocks"
)

// Identity implements Identifier by the ID of the cluster.
func (s *EtcdV3) Identity(ctx context.Context) (string, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	status, err := s.client.ServerStatus(ctx)
	if err != nil {
		return "", s.fail(OpHealth, "", err)
	}
	return strconv.FormatUint(status.Header.ClusterId, 16), nil
}

// ReadNodes implements NodeReader by ranges. A lease is looked up once, however many keys have it.
func (s *EtcdV3) ReadNodes(ctx context.Context, keys []string, see func(*Node)) (int, error) {
	if err := s.alive(OpReadNodes, ""); err != nil {
		return 0, err
	}
	var leased []*mvccpb.KeyValue
	denied, err := s.readSorted(ctx, slices.Sorted(slices.Values(keys)), func(kv *mvccpb.KeyValue) {
		if kv.Lease != 0 {
			leased = append(leased, kv)
			return
		}
		see(v3Node(kv))
	})
	if err != nil || len(leased) == 0 {
		return denied, err
	}
	leases := make([]int64, len(leased))
	for i, kv := range leased {
		leases[i] = kv.Lease
	}
	lives := s.client.LivesOf(ctx, leases)
	for _, kv := range leased {
		n := v3Node(kv)
		n.Owner = etcdlocks.LeaseID(kv.Lease)
		n.TTL, n.Left = lives[kv.Lease].TTL, lives[kv.Lease].Left
		see(n)
	}
	return denied, nil
}

// v3Node returns a key without its lease.
func v3Node(kv *mvccpb.KeyValue) *Node {
	return &Node{Key: string(kv.Key), Value: v3NotNil(kv.Value), Index: uint64(kv.ModRevision)}
}

// v3Batch bounds the writes of one transaction. A server takes 128 operations; each write is one,
// with a condition of its own that counts on top of them.
const (
	v3BatchOps   = 120
	v3BatchBytes = 1 << 20 // of keys and values; a server takes 1.5 MiB
)

// WriteNodes implements NodeWriter by transactions, in which each write has a condition of its own:
// one that fails leaves the others alone. A key gets its lease back where that still lives, else a
// fresh one of the same TTL.
func (s *EtcdV3) WriteNodes(ctx context.Context, writes []Write, done func(int, Written)) error {
	leases := v3Revived{store: s, leases: map[string]clientv3.LeaseID{}}
	for from := 0; from < len(writes); {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		to := v3BatchEnd(writes, from)
		batch := v3Writes{s, &leases, writes[from:to], from, done}
		if err := batch.send(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// v3BatchEnd returns the end of the batch that begins at from.
func v3BatchEnd(writes []Write, from int) int {
	bytes, seen := 0, map[string]bool{}
	for i := from; i < len(writes); i++ {
		w := &writes[i]
		bytes += len(w.Key)
		if w.After != nil {
			bytes += len(w.After.Value)
		}
		// A transaction changes no key twice.
		if i > from && (bytes > v3BatchBytes || i-from == v3BatchOps || seen[w.Key]) {
			return i
		}
		seen[w.Key] = true
	}
	return len(writes)
}

// v3Writes is a batch of writes.
type v3Writes struct {
	store  *EtcdV3
	leases *v3Revived
	writes []Write
	from   int // the place of the first one
	done   func(int, Written)
}

// send carries the batch out. If the server refuses it as a whole, it tries the halves: the right
// may be missing for one key only, or one value be too large. The error is why nothing more can be
// tried.
func (b *v3Writes) send(ctx context.Context) error {
	ops, err := b.ops(ctx)
	if err != nil {
		return b.failed(ctx, err)
	}
	ctx, cancel := b.store.request(ctx)
	defer cancel()
	resp, err := b.store.commitIn(ctx, OpWriteNodes, b.writes[0].Key, nil, ops, nil)
	if err != nil {
		return b.failed(context.WithoutCancel(ctx), err)
	}
	for i, r := range resp.Responses {
		txn := r.GetResponseTxn()
		w := Written{}
		switch {
		case !txn.Succeeded:
			w.Err = b.store.fail(OpWriteNodes, b.writes[i].Key, v3Refusal(&b.writes[i], len(txn.Responses[0].GetResponseRange().Kvs) > 0))
		case b.writes[i].After != nil:
			w.Index = uint64(resp.Header.Revision)
		}
		b.done(b.from+i, w)
	}
	return nil
}

// v3Refusal returns why a write was not carried out; there reports whether the key is there.
func v3Refusal(w *Write, there bool) error {
	switch {
	case w.Before == nil:
		return ErrKeyExists
	case !there:
		return ErrKeyNotFound
	}
	return ErrKeyModified
}

// failed handles an error of the whole batch.
func (b *v3Writes) failed(ctx context.Context, err error) error {
	if errors.Is(err, rpctypes.ErrLeaseNotFound) && b.leases.forget() {
		return b.send(ctx) // one ended since it was looked up
	}
	if stopsPlan(err) {
		for i := range b.writes {
			b.done(b.from+i, Written{Err: err})
		}
		return err
	}
	if len(b.writes) == 1 {
		b.done(b.from, Written{Err: err})
		return nil
	}
	half := len(b.writes) / 2
	first, second := *b, *b
	first.writes, second.writes, second.from = b.writes[:half], b.writes[half:], b.from+half
	if err := first.send(ctx); err != nil {
		return err
	}
	return second.send(ctx)
}

// ops returns the operations of the batch, one for each write.
func (b *v3Writes) ops(ctx context.Context) ([]clientv3.Op, error) {
	ops := make([]clientv3.Op, len(b.writes))
	for i := range b.writes {
		w := &b.writes[i]
		index := int64(0)
		if w.Before != nil {
			index = -1 // matches no key
			if v3IsRevision(w.Before.Index) {
				index = int64(w.Before.Index)
			}
		}
		op := clientv3.OpDelete(w.Key)
		if w.After != nil {
			lease, err := b.leases.of(ctx, w.After)
			if err != nil {
				return nil, err
			}
			op = clientv3.OpPut(w.Key, string(w.After.Value), clientv3.WithLease(lease))
		}
		ops[i] = clientv3.OpTxn(
			[]clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(w.Key), "=", index)},
			[]clientv3.Op{op},
			[]clientv3.Op{clientv3.OpGet(w.Key, clientv3.WithKeysOnly())},
		)
	}
	return ops, nil
}

// v3Revived are the leases that keys get back: their own where they still live, else fresh ones,
// one for all keys that shared one.
type v3Revived struct {
	store  *EtcdV3
	leases map[string]clientv3.LeaseID // by the node's owner
	tries  int
}

// of returns the lease for a node; none for a node without one.
func (r *v3Revived) of(ctx context.Context, n *Node) (clientv3.LeaseID, error) {
	if n.TTL <= 0 {
		return clientv3.NoLease, nil
	}
	if lease, ok := r.leases[n.Owner]; ok && n.Owner != "" {
		return lease, nil
	}
	lease := clientv3.LeaseID(v3LeaseOf(n.Owner))
	if lease == clientv3.NoLease || r.store.client.LifeOf(ctx, int64(lease)).Ended {
		fresh, err := r.store.grant(ctx, OpWriteNodes, n.Key, n.TTL)
		if err != nil {
			return clientv3.NoLease, err
		}
		lease = fresh
	}
	r.leases[n.Owner] = lease
	return lease, nil
}

// forget forgets all leases, so that they are looked up again; false when that has not helped.
func (r *v3Revived) forget() bool {
	clear(r.leases)
	r.tries++
	return r.tries <= 3
}

// v3LeaseOf returns the lease of that ID, 0 if it is none.
func v3LeaseOf(id string) int64 {
	lease, err := strconv.ParseUint(id, 16, 64)
	if err != nil {
		return 0
	}
	return int64(lease)
}

// Unkept implements NodeWriter. Leases that ended do not come back.
func (s *EtcdV3) Unkept(ctx context.Context, nodes []*Node) ([][]string, error) {
	var leases []int64
	for _, n := range nodes {
		if n.TTL > 0 {
			leases = append(leases, v3LeaseOf(n.Owner))
		}
	}
	lives := s.client.LivesOf(ctx, leases)
	lost := make([][]string, len(nodes))
	for i, n := range nodes {
		plain := *n
		plain.Owner, plain.TTL = "", 0
		lost[i] = plain.metadata()
		if n.TTL > 0 && lives[v3LeaseOf(n.Owner)].Ended {
			lost[i] = append(lost[i], "lease, for which a fresh one of "+n.TTL.Round(time.Second).String()+" begins")
		}
	}
	return lost, ctx.Err()
}
