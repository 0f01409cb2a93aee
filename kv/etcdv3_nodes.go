package kv

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
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
	lives := s.livesOf(ctx, leases)
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

// A batch of writes is one transaction of groups, each of which is a transaction of its own. For a
// transaction, a server copies all that it has not yet brought to its disk: after many deletions,
// that costs it more than the writes. It takes 128 operations (--max-txn-ops), of which those of
// one group and the number of all groups must be less.
//
// Servers before 3.7 check no rights in a transaction within another. So a client with a login,
// which may lack some, sends batches of one group, which is the transaction itself.
const (
	v3GroupOps   = 50
	v3BatchOps   = 50 * v3GroupOps
	v3AloneOps   = 120     // of a batch of one group
	v3BatchBytes = 1 << 20 // of keys, which are in a condition, too, and values; a server takes 1.5 MiB
	v3WriteBytes = 64      // that a write takes besides
)

// WriteNodes implements NodeWriter by large transactions, in which one write that fails leaves the
// others alone. A key gets its lease back where that still lives, else a fresh one of the same TTL.
func (s *EtcdV3) WriteNodes(ctx context.Context, writes []Write, done func(int, Written)) error {
	run := v3WriteRun{store: s, leases: v3Revived{store: s, leases: map[string]clientv3.LeaseID{}}, done: done}
	run.groups = s.client.IsAnonymous()
	most, atOnce := v3BatchOps, v3BatchesAtOnce
	if !run.groups {
		most, atOnce = v3AloneOps, v3AloneAtOnce
	}
	if v3WritesTwice(writes) {
		atOnce = 1 // the order matters
	}
	batches := make(chan v3Writes)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for b := range batches {
				if err := recovered(func() error { return b.send(context.WithoutCancel(ctx)) }); err != nil {
					run.stop(err)
				}
			}
		})
	}
	for from := 0; from < len(writes) && ctx.Err() == nil && run.stopped() == nil; {
		to := v3BatchEnd(writes, from, most)
		batches <- v3Writes{&run, writes[from:to], from}
		from = to
	}
	close(batches)
	wg.Wait()
	return errors.Join(run.stopped(), ctx.Err())
}

// v3BatchesAtOnce is how many transactions of one WriteNodes are under way at a time, v3AloneAtOnce
// how many of one group each.
const (
	v3BatchesAtOnce = 2
	v3AloneAtOnce   = 4
)

// v3WritesTwice reports whether a key is written more than once.
func v3WritesTwice(writes []Write) bool {
	seen := make(map[string]struct{}, len(writes))
	for i := range writes {
		seen[writes[i].Key] = struct{}{}
	}
	return len(seen) < len(writes)
}

// v3WriteRun is what the batches of one WriteNodes share.
type v3WriteRun struct {
	store  *EtcdV3
	leases v3Revived
	groups bool        // a batch is several groups
	apart  atomic.Bool // each new key has a condition of its own: others are among them

	mu   sync.Mutex // held while done is called
	done func(int, Written)
	err  error // why nothing more is tried
}

func (r *v3WriteRun) ended(place int, w Written) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done(place, w)
}

func (r *v3WriteRun) stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

func (r *v3WriteRun) stopped() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// v3BatchEnd returns the end of the batch that begins at from; it has at most so many writes.
func v3BatchEnd(writes []Write, from, most int) int {
	bytes, seen := 0, map[string]bool{}
	for i := from; i < len(writes); i++ {
		w := &writes[i]
		bytes += 2*len(w.Key) + v3WriteBytes
		if w.After != nil {
			bytes += len(w.After.Value)
		}
		// A transaction changes no key twice.
		if i > from && (bytes > v3BatchBytes || i-from == most || seen[w.Key]) {
			return i
		}
		seen[w.Key] = true
	}
	return len(writes)
}

// v3Writes is a batch of writes.
type v3Writes struct {
	*v3WriteRun
	writes []Write
	from   int // the place of the first one
}

// send carries the batch out. Most often all conditions of a group hold, and one transaction on all
// of them costs the server least; else each write of the group gets one of its own. If the server
// refuses the batch as a whole, its halves are tried: the right may be missing for one key only, or
// one value be too large. The error is why nothing more can be tried.
func (b *v3Writes) send(ctx context.Context) error {
	ops, err := b.ops(ctx)
	if err != nil {
		return b.failed(ctx, err)
	}
	if !b.groups {
		conditions, ranged := b.conditions()
		resp, err := b.commit(ctx, conditions, ops)
		if err != nil {
			return b.refused(ctx, ranged, err)
		}
		return b.sent(ctx, resp.Succeeded, resp, ops)
	}
	// Without a login, rights are none or all: whether the first key may be read.
	txns := []clientv3.Op{clientv3.OpGet(b.writes[0].Key, clientv3.WithCountOnly())}
	var groups []*v3Writes
	ranged := false
	for from := 0; from < len(ops); from += v3GroupOps {
		to := min(from+v3GroupOps, len(ops))
		group := b.part(from, to)
		conditions, whole := group.conditions()
		ranged = ranged || whole
		txns, groups = append(txns, clientv3.OpTxn(conditions, ops[from:to], nil)), append(groups, group)
	}
	resp, err := b.commit(ctx, nil, txns)
	if err != nil {
		return b.refused(ctx, ranged, err)
	}
	for i, group := range groups {
		if err := group.sent(ctx, resp.Responses[i+1].GetResponseTxn().Succeeded, resp, ops[i*v3GroupOps:]); err != nil {
			return err
		}
	}
	return nil
}

// refused handles the error of a transaction.
func (b *v3Writes) refused(ctx context.Context, ranged bool, err error) error {
	if errors.Is(err, ErrDenied) && ranged { // perhaps it is about what is between the keys
		b.apart.Store(true)
		return b.send(ctx)
	}
	return b.failed(ctx, err)
}

// sent goes on with a group that was sent by itself or with others.
func (b *v3Writes) sent(ctx context.Context, succeeded bool, resp *clientv3.TxnResponse, ops []clientv3.Op) error {
	conditions, ranged := b.conditions()
	switch {
	case succeeded:
		for i := range b.writes {
			b.wrote(i, resp)
		}
		return nil
	case ranged:
		b.apart.Store(true)
		return b.send(ctx)
	}
	return b.each(ctx, conditions, ops)
}

// conditions returns the conditions of the writes: that there is nothing from the first of many new
// keys to the last, or one for each write.
func (b *v3Writes) conditions() (conditions []clientv3.Cmp, ranged bool) {
	if first, last, ok := b.allNew(); ok {
		return []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(first), "=", 0).WithRange(last + "\x00")}, true
	}
	for i := range b.writes {
		w := &b.writes[i]
		index := int64(0)
		if w.Before != nil {
			index = -1 // matches no key
			if v3IsRevision(w.Before.Index) {
				index = int64(w.Before.Index)
			}
		}
		conditions = append(conditions, clientv3.Compare(clientv3.ModRevision(w.Key), "=", index))
	}
	return conditions, false
}

// allNew returns the first and the last key, if all are to be created, in order.
func (b *v3Writes) allNew() (first, last string, ok bool) {
	if len(b.writes) == 1 || b.apart.Load() {
		return "", "", false
	}
	for i := range b.writes {
		w := &b.writes[i]
		if w.Before != nil || w.After == nil || i > 0 && w.Key <= last {
			return "", "", false
		}
		last = w.Key
	}
	return b.writes[0].Key, last, true
}

// part returns some of the writes as a batch.
func (b *v3Writes) part(from, to int) *v3Writes {
	return &v3Writes{b.v3WriteRun, b.writes[from:to], b.from + from}
}

// each carries out each write on its own condition.
func (b *v3Writes) each(ctx context.Context, conditions []clientv3.Cmp, ops []clientv3.Op) error {
	resp, err := b.commit(ctx, nil, v3EachAlone(conditions, ops, b.writes))
	if err != nil {
		return b.failed(ctx, err)
	}
	for i, r := range resp.Responses {
		if txn := r.GetResponseTxn(); txn.Succeeded {
			b.wrote(i, resp)
		} else {
			there := len(txn.Responses[0].GetResponseRange().Kvs) > 0
			key := b.writes[i].Key
			b.ended(b.from+i, Written{Err: b.store.fail(OpWriteNodes, key, v3Refusal(&b.writes[i], there))})
		}
	}
	return nil
}

// commit sends a transaction of the batch.
func (b *v3Writes) commit(ctx context.Context, conditions []clientv3.Cmp, ops []clientv3.Op) (*clientv3.TxnResponse, error) {
	ctx, cancel := b.store.request(ctx)
	defer cancel()
	var otherwise []clientv3.Op
	if conditions == nil { // transactions within it
		otherwise = v3Weight(b.writes)
	}
	return b.store.commitIn(ctx, OpWriteNodes, b.writes[0].Key, conditions, ops, otherwise)
}

// v3Weight is what is never done in a transaction that always succeeds. The server does not look
// into transactions within another one when it checks whether there is space for what they put:
// without this, a full one would take them.
func v3Weight(writes []Write) []clientv3.Op {
	for i := range writes {
		if writes[i].After != nil {
			return []clientv3.Op{clientv3.OpPut(writes[i].Key, "")}
		}
	}
	return nil
}

// wrote reports that a write was carried out.
func (b *v3Writes) wrote(i int, resp *clientv3.TxnResponse) {
	w := Written{}
	if b.writes[i].After != nil {
		w.Index = uint64(resp.Header.Revision)
	}
	b.ended(b.from+i, w)
}

// v3EachAlone returns transactions for one transaction, each with its own condition. One that fails
// reads whether its key is there.
func v3EachAlone(conditions []clientv3.Cmp, ops []clientv3.Op, writes []Write) []clientv3.Op {
	alone := make([]clientv3.Op, len(writes))
	for i := range writes {
		alone[i] = clientv3.OpTxn(conditions[i:i+1], ops[i:i+1],
			[]clientv3.Op{clientv3.OpGet(writes[i].Key, clientv3.WithKeysOnly())})
	}
	return alone
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
			b.ended(b.from+i, Written{Err: err})
		}
		return err
	}
	if len(b.writes) == 1 {
		b.ended(b.from, Written{Err: err})
		return nil
	}
	if errors.Is(err, ErrNoSpace) {
		return b.withoutSpace(ctx, err)
	}
	half := len(b.writes) / 2
	if err := b.part(0, half).send(ctx); err != nil {
		return err
	}
	return b.part(half, len(b.writes)).send(ctx)
}

// withoutSpace goes on with what is deleted, which a full server takes.
func (b *v3Writes) withoutSpace(ctx context.Context, err error) error {
	for i := 0; i < len(b.writes); {
		from := i
		for i < len(b.writes) && b.writes[i].After == nil {
			i++
		}
		if from == i {
			b.ended(b.from+i, Written{Err: err})
			i++
			continue
		}
		if err := b.part(from, i).send(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ops returns the operation of each write.
func (b *v3Writes) ops(ctx context.Context) ([]clientv3.Op, error) {
	ops := make([]clientv3.Op, len(b.writes))
	for i := range b.writes {
		w := &b.writes[i]
		if w.After == nil {
			ops[i] = clientv3.OpDelete(w.Key)
			continue
		}
		lease, err := b.leases.of(ctx, w.After)
		if err != nil {
			return nil, err
		}
		ops[i] = clientv3.OpPut(w.Key, string(w.After.Value), clientv3.WithLease(lease))
	}
	return ops, nil
}

// v3Revived are the leases that keys get back: their own where they still live, else fresh ones,
// one for all keys that shared one.
type v3Revived struct {
	store *EtcdV3

	mu     sync.Mutex
	leases map[string]clientv3.LeaseID // by the node's owner
	tries  int
}

// of returns the lease for a node; none for a node without one.
func (r *v3Revived) of(ctx context.Context, n *Node) (clientv3.LeaseID, error) {
	if n.TTL <= 0 {
		return clientv3.NoLease, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
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
	r.mu.Lock()
	defer r.mu.Unlock()
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

// Unkept implements NodeWriter. Leases that ended do not come back; those that live do not begin
// anew.
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
		switch {
		case n.TTL <= 0:
		case lives[v3LeaseOf(n.Owner)].Ended:
			lost[i] = append(lost[i], "lease, which ended; a fresh one of "+n.TTL.Round(time.Second).String()+" begins, which nobody keeps alive")
		default:
			lost[i] = append(lost[i], "time that has passed of the lease, which goes on")
		}
	}
	return lost, ctx.Err()
}

// v3Unquestioned is the size in bytes, of a key and its value, that any server is taken to accept.
const v3Unquestioned = 128 << 10

// CheckNodes implements NodeChecker. No answer reports how large a value the server takes, so a
// large one is sent in a transaction whose condition never holds: it writes nothing, and the server
// refuses it as it would refuse the write. Of several large ones the largest that is taken speaks
// for the smaller ones.
func (s *EtcdV3) CheckNodes(ctx context.Context, nodes []*Node) ([]error, error) {
	return checkNodes(nodes, v3Unquestioned, s.CheckWrite, func(n *Node) error { return s.probe(ctx, n) })
}

// probe returns the error with which the server refuses a write of that size, and writes nothing.
func (s *EtcdV3) probe(ctx context.Context, n *Node) error {
	ctx, cancel := s.request(ctx)
	defer cancel()
	never := clientv3.Compare(clientv3.ModRevision(n.Key), "=", -1)
	_, err := s.commitIn(ctx, OpPut, n.Key, []clientv3.Cmp{never}, []clientv3.Op{clientv3.OpPut(n.Key, string(n.Value))}, nil)
	return err
}
