package kv

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/hashicorp/consul/api"
)

// consulReads is how many transactions of one ReadValues are under way at a time.
const consulReads = 4

// ReadValues implements ValueReader by transactions that only read, each of as many keys as every
// agent accepts.
func (s *Consul) ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (int, error) {
	return s.readPairs(ctx, OpSearch, keys, func(pair *api.KVPair) { see(consulPair(pair)) })
}

// readPairs is ReadValues for pairs as Consul has them.
func (s *Consul) readPairs(ctx context.Context, op Op, keys []string, see func(*api.KVPair)) (int, error) {
	leave, err := s.enter()
	if err != nil {
		return 0, s.fail(op, "", err)
	}
	defer leave()
	r := consulValues{store: s, op: op, see: see}
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	turn := make(chan struct{}, consulReads)
	var wg sync.WaitGroup
	for some := range s.perTxn(keys) {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if err := recovered(func() error { return r.read(reading, some) }); err != nil {
				r.fail(err)
				cancel()
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return r.denied, err
	}
	return r.denied, r.err
}

// perTxn returns the keys in parts that fit into a transaction.
func (s *Consul) perTxn(keys []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for len(keys) > 0 {
			n := s.http.TxnFits(len(keys), 1, func(i int) string { return keys[i] })
			if !yield(keys[:n]) {
				return
			}
			keys = keys[n:]
		}
	}
}

// consulValues gathers what the transactions of one readPairs bring.
type consulValues struct {
	store *Consul
	op    Op

	mu     sync.Mutex // held while see is called
	see    func(*api.KVPair)
	denied int
	err    error // the first
}

// read reads some keys in one transaction. One that names a key which is gone fails, and says which
// key it is; it is sent again without it.
func (r *consulValues) read(ctx context.Context, keys []string) error {
	var ops []*api.KVTxnOp
	for _, key := range keys {
		ops = append(ops, &api.KVTxnOp{Verb: api.KVGet, Key: consulKey(key)})
	}
	for len(ops) > 0 && ctx.Err() == nil {
		pairs, err := r.store.txn(ctx, ops...)
		var conflict consulTxnError
		switch {
		case err == nil:
			r.saw(pairs, len(ops))
			return nil
		case !errors.As(err, &conflict):
			return r.store.fail(r.op, keys[0], err)
		}
		left, denied := conflict.without(ops)
		if len(left) == len(ops) {
			return r.store.fail(r.op, keys[0], err)
		}
		ops = left
		r.refuse(denied)
	}
	return ctx.Err()
}

// saw hands on what came. A transaction leaves out what may not be read, without an error.
func (r *consulValues) saw(pairs []*api.KVPair, asked int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denied += asked - len(pairs)
	for _, pair := range pairs {
		r.see(pair)
	}
}

func (r *consulValues) refuse(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denied += n
}

func (r *consulValues) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// without returns the operations of a transaction that did not make it fail, and how many of the
// others were denied.
func (c consulTxnError) without(ops []*api.KVTxnOp) (left []*api.KVTxnOp, denied int) {
	out := make(map[int]bool, len(c.TxnError))
	for _, e := range c.TxnError {
		switch kind := consulOperationKind(e.What); {
		case out[e.OpIndex]:
			continue
		case errors.Is(kind, ErrDenied):
			denied++
		case !errors.Is(kind, ErrKeyNotFound):
			continue
		}
		out[e.OpIndex] = true
	}
	for i, op := range ops {
		if !out[i] {
			left = append(left, op)
		}
	}
	return left, denied
}
