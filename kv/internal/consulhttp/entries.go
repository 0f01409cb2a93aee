package consulhttp

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/panics"
)

// entryTxns is how many transactions of one call are under way at a time. There are few because
// their answers may hold values.
const entryTxns = 4

// KeyIndex is a key with the index that it is expected to have.
type KeyIndex struct {
	Key   string
	Index uint64
}

// Changed reports of each key whether its index is not the expected one any more. It asks by
// transactions, which move no values.
func (c *Client) Changed(ctx context.Context, keys []KeyIndex) ([]bool, error) {
	changed := make([]bool, len(keys))
	err := inTxns(ctx, len(keys), func(ctx context.Context, from, to int) error {
		ops := make([]*api.KVTxnOp, 0, to-from)
		for _, k := range keys[from:to] {
			ops = append(ops, &api.KVTxnOp{Verb: api.KVCheckIndex, Key: k.Key, Index: k.Index})
		}
		_, err := c.Txn(ctx, ops...)
		var conflict TxnError
		if !errors.As(err, &conflict) {
			return err
		}
		for i := range ops {
			changed[from+i] = conflict.failed(i)
		}
		return nil
	})
	return changed, err
}

// Entries reads keys by transactions, and calls each with the number of every key that is there and
// its entry. Several goroutines call it at once, each with other keys.
func (c *Client) Entries(ctx context.Context, keys []string, each func(i int, e *Entry)) error {
	return inTxns(ctx, len(keys), func(ctx context.Context, from, to int) error {
		numbers := make([]int, 0, to-from)
		for i := from; i < to; i++ {
			numbers = append(numbers, i)
		}
		return c.entriesOf(ctx, keys, numbers, each)
	})
}

// entriesOf is Entries for some of the keys, in one transaction. One that names a key which is gone
// fails, and is sent again without it.
func (c *Client) entriesOf(ctx context.Context, keys []string, numbers []int, each func(i int, e *Entry)) error {
	for len(numbers) > 0 {
		ops := make([]*api.KVTxnOp, len(numbers))
		number := make(map[string]int, len(numbers))
		for i, n := range numbers {
			ops[i] = &api.KVTxnOp{Verb: api.KVGet, Key: keys[n]}
			number[keys[n]] = n
		}
		err := c.txnEntries(ctx, func(e *Entry) {
			if n, asked := number[string(e.Key)]; asked {
				each(n, e)
			}
		}, ops)
		var conflict TxnError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &conflict):
			return err
		}
		left := numbers[:0:0]
		for i, n := range numbers {
			if !conflict.failed(i) {
				left = append(left, n)
			}
		}
		if len(left) == len(numbers) {
			return err
		}
		numbers = left
	}
	return nil
}

// inTxns calls do with ranges of n elements, as many as one transaction takes at a time, some at
// once. The first error ends it.
func inTxns(ctx context.Context, n int, do func(ctx context.Context, from, to int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	starts := make(chan int)
	var wg sync.WaitGroup
	for range min(entryTxns, (n+TxnOps-1)/TxnOps) {
		wg.Go(func() {
			for from := range starts {
				if ctx.Err() != nil {
					continue
				}
				if err := panics.Recovered(func() error { return do(ctx, from, min(from+TxnOps, n)) }); err != nil {
					cancel(err)
				}
			}
		})
	}
	for from := 0; from < n; from += TxnOps {
		starts <- from
	}
	close(starts)
	wg.Wait()
	return context.Cause(ctx)
}
