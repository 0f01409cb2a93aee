package kv

import (
	"context"
	"encoding/base64"
	"errors"
	"sync"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
)

// Identity implements Identifier by the datacenter and the trust domain of the cluster's mesh.
// Without a mesh a cluster has no ID.
func (s *Consul) Identity(ctx context.Context) (string, error) { return s.http.Cluster(ctx), nil }

// ReadNodes implements NodeReader by transactions, as ReadValues reads. A session is looked up
// once, however many keys it holds.
func (s *Consul) ReadNodes(ctx context.Context, keys []string, see func(*Node)) (int, error) {
	var held []*api.KVPair
	denied, err := s.readPairs(ctx, OpReadNodes, keys, func(pair *api.KVPair) {
		if pair.Session != "" {
			held = append(held, pair)
			return
		}
		see(consulNode(pair))
	})
	if err != nil {
		return denied, err
	}
	sessions := map[string]*api.SessionEntry{}
	for _, pair := range held {
		entry, asked := sessions[pair.Session]
		if !asked {
			entry, _ = s.http.Session(ctx, pair.Session) // nil where it may not be read
			sessions[pair.Session] = entry
		}
		n := consulNode(pair)
		n.Owner, n.Left = pair.Session, -1
		if entry != nil {
			n.TTL = consulSessionTTL(entry)
			if entry.Behavior == api.SessionBehaviorDelete {
				n.Type = EphemeralNode
			}
		}
		see(n)
	}
	return denied, ctx.Err()
}

// consulNode returns a key without its session.
func consulNode(pair *api.KVPair) *Node {
	p := consulPair(pair)
	return &Node{Key: p.Key, Value: p.Value, Index: p.LastIndex, Flags: pair.Flags}
}

// consulWriteTakes is how many operations each write of a transaction takes: a check, and the
// write.
const consulWriteTakes = 2

// WriteNodes implements NodeWriter by transactions, some at a time. One that fails is sent again
// without the writes that something stood against. Sessions are not given back: nobody would hold
// the lock.
func (s *Consul) WriteNodes(ctx context.Context, writes []Write, done func(int, Written)) error {
	run := consulWrites{store: s, done: done}
	parts := make(chan []consulWrite)
	var wg sync.WaitGroup
	for range consulPlanTxns {
		wg.Go(func() {
			for part := range parts {
				if err := contained(func() { run.send(part) }); err != nil {
					run.failAll(part, withKind(ErrOutcomeUnknown, err))
				}
			}
		})
	}
	for rest := run.all(writes); len(rest) > 0 && ctx.Err() == nil && run.stopped() == nil; {
		n := s.writesFit(rest)
		parts <- rest[:n]
		rest = rest[n:]
	}
	close(parts)
	wg.Wait()
	return errors.Join(run.stopped(), ctx.Err())
}

// consulWrite is a write and its place among those that were asked for.
type consulWrite struct {
	*Write
	place int
}

// consulWrites carries writes out.
type consulWrites struct {
	store *Consul

	mu   sync.Mutex // held while done is called
	done func(int, Written)
	err  error // why nothing more is tried
}

// all returns the writes that can be sent, and ends the others.
func (r *consulWrites) all(writes []Write) []consulWrite {
	list := make([]consulWrite, 0, len(writes))
	for i := range writes {
		w := consulWrite{&writes[i], i}
		name := consulKey(w.Key)
		err := consulCheckKey(name)
		if err == nil && w.After != nil {
			err = r.store.checkSize(name, w.After.Value)
		}
		if err != nil {
			r.ended(w, Written{Err: r.store.fail(OpWriteNodes, w.Key, err)})
			continue
		}
		list = append(list, w)
	}
	return list
}

// writesFit returns how many of the writes, from the first on, fit into a transaction; the least is
// 1.
func (s *Consul) writesFit(writes []consulWrite) int {
	most := s.http.TxnFits(len(writes), consulWriteTakes, func(i int) string { return writes[i].Key })
	_, maxTxn, known := s.http.Sizes()
	bytes := 0
	for i, w := range writes[:most] {
		if w.After != nil {
			bytes += base64.StdEncoding.EncodedLen(len(w.After.Value))
		}
		if i > 0 && (!known || bytes > maxTxn/2) {
			return i
		}
	}
	return most
}

// send carries out writes in one transaction.
func (r *consulWrites) send(part []consulWrite) {
	if len(part) == 1 && part[0].After != nil {
		r.sendOne(part[0])
		return
	}
	for len(part) > 0 {
		var ops []*api.KVTxnOp
		for _, w := range part {
			ops = append(ops, consulWriteOps(w.Write)...)
		}
		pairs, err := r.store.txn(r.store.ctx, ops...)
		var conflict consulTxnError
		switch {
		case err == nil:
			r.wrote(part, pairs)
			return
		case !errors.As(err, &conflict):
			r.failAll(part, err)
			return
		}
		left := r.withoutConflicts(part, conflict)
		if len(left) == len(part) {
			r.failAll(part, err)
			return
		}
		part = left
	}
}

// sendOne carries out a write whose value may be too large for a transaction.
func (r *consulWrites) sendOne(w consulWrite) {
	pair := &api.KVPair{Key: consulKey(w.Key), Value: w.After.Value, Flags: w.After.Flags}
	var old *api.KVPair
	if w.Before != nil {
		old = &api.KVPair{Key: pair.Key, ModifyIndex: w.Before.Index, Flags: w.After.Flags}
	}
	written, err := r.store.swap(r.store.ctx, old, pair)
	if err != nil {
		r.ended(w, Written{Err: r.store.failWrite(OpWriteNodes, w.Key, err)})
		return
	}
	r.ended(w, Written{Index: written.ModifyIndex})
}

// consulWriteOps returns the operations of a write.
func consulWriteOps(w *Write) []*api.KVTxnOp {
	name := consulKey(w.Key)
	check := &api.KVTxnOp{Verb: api.KVCheckNotExists, Key: name}
	if w.Before != nil {
		check.Verb, check.Index = api.KVCheckIndex, w.Before.Index
	}
	if w.After == nil {
		return []*api.KVTxnOp{check, {Verb: api.KVDelete, Key: name}}
	}
	return []*api.KVTxnOp{check, {Verb: api.KVSet, Key: name, Value: w.After.Value, Flags: w.After.Flags}}
}

// wrote ends the writes of a transaction that was carried out.
func (r *consulWrites) wrote(part []consulWrite, pairs []*api.KVPair) {
	indexes := make(map[string]uint64, len(pairs))
	for _, pair := range pairs {
		indexes[pair.Key] = pair.ModifyIndex // the last one is what the write left
	}
	for _, w := range part {
		end := Written{}
		if w.After != nil {
			end.Index = indexes[consulKey(w.Key)]
		}
		r.ended(w, end)
	}
}

// withoutConflicts returns the writes that nothing stood against, and ends the others.
func (r *consulWrites) withoutConflicts(part []consulWrite, conflict consulTxnError) []consulWrite {
	against := map[int]consulhttp.TxnError{}
	for _, e := range conflict.TxnError {
		i := e.OpIndex / consulWriteTakes
		against[i] = append(against[i], e)
	}
	var left []consulWrite
	for i, w := range part {
		if why, found := against[i]; found {
			r.ended(w, Written{Err: r.store.failWrite(OpWriteNodes, w.Key, consulTxnError{why})})
		} else {
			left = append(left, w)
		}
	}
	return left
}

// failAll ends writes that failed together.
func (r *consulWrites) failAll(part []consulWrite, err error) {
	for _, w := range part {
		r.ended(w, Written{Err: r.store.failWrite(OpWriteNodes, w.Key, err)})
	}
}

// ended reports how a write ended.
func (r *consulWrites) ended(w consulWrite, end Written) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil && stopsPlan(end.Err) {
		r.err = end.Err
	}
	r.done(w.place, end)
}

// stopped returns why nothing more is tried; nil as long as more is.
func (r *consulWrites) stopped() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Unkept implements NodeWriter.
func (s *Consul) Unkept(_ context.Context, nodes []*Node) ([][]string, error) {
	lost := make([][]string, len(nodes))
	for i, n := range nodes {
		plain := *n
		plain.Flags, plain.Owner, plain.TTL = 0, "", 0
		if lost[i] = plain.metadata(); n.Owner != "" {
			lost[i] = append(lost[i], LostSession)
		}
	}
	return lost, nil
}
