package kv

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/hashicorp/consul/api"
)

var _ ValueReader = (*Consul)(nil)

const (
	// consulReads is how many transactions that read are under way at a time.
	consulReads = 4
	// consulReadKeys is how many keys one of them reads: servers before 1.14
	// take so many operations.
	consulReadKeys = 64
)

// ReadValues implements ValueReader by transactions that only read, of as many
// keys as every agent takes.
func (s *Consul) ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (int, error) {
	if err := s.enter(); err != nil {
		return 0, s.fail("search", "", err)
	}
	defer s.wg.Done()
	r := consulValues{store: s, see: see}
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	turn := make(chan struct{}, consulReads)
	var wg sync.WaitGroup
	for lot := range s.readLots(keys) {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if err := recovered(func() error { return r.read(reading, lot) }); err != nil {
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

// readLots are the keys in lots that fit into a transaction.
func (s *Consul) readLots(keys []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for len(keys) > 0 {
			bytes, n := 0, 0
			for n < min(consulReadKeys, len(keys)) {
				bytes += 6*len(keys[n]) + 128 // JSON makes a byte six at worst
				if n > 0 && bytes > s.maxTxn {
					break
				}
				n++
			}
			if !yield(keys[:n]) {
				return
			}
			keys = keys[n:]
		}
	}
}

// consulValues gathers what the transactions of one ReadValues bring.
type consulValues struct {
	store *Consul

	mu     sync.Mutex // held while see is called
	see    func(*KVPair)
	denied int
	err    error // the first
}

// read reads some keys in one transaction. One that names a key which is gone
// fails, and tells which; it is made again without those.
func (r *consulValues) read(ctx context.Context, keys []string) error {
	var ops []*api.KVTxnOp
	for _, key := range keys {
		ops = append(ops, &api.KVTxnOp{Verb: api.KVGet, Key: consulKey(key)})
	}
	for len(ops) > 0 && ctx.Err() == nil {
		pairs, err := r.store.txn(ctx, ops...)
		var refused consulTxnError
		switch {
		case err == nil:
			r.saw(pairs, len(ops))
			return nil
		case !errors.As(err, &refused):
			return r.store.fail("search", keys[0], err)
		}
		left, denied := refused.without(ops)
		if len(left) == len(ops) {
			return r.store.fail("search", keys[0], err)
		}
		ops = left
		r.refuse(denied)
	}
	return ctx.Err()
}

// saw hands on what came. What may not be read is left out of it without a
// word.
func (r *consulValues) saw(pairs []*api.KVPair, asked int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denied += asked - len(pairs)
	for _, pair := range pairs {
		r.see(consulPair(pair))
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

// without are the operations of a transaction that it did not fail for, and
// how many of the others were denied.
func (c consulTxnError) without(ops []*api.KVTxnOp) (left []*api.KVTxnOp, denied int) {
	out := make(map[int]bool, len(c))
	for _, e := range c {
		switch kind := txnKind(e.What); {
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
