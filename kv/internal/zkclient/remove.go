package zkclient

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/zkwire"
)

const (
	// BatchNodes and batchBytes bound one transaction, which must fit into the server's packet
	// limit. It is counted in bytes too, since paths can be long.
	BatchNodes = 200
	batchBytes = 480 << 10

	// batchesAtOnce is how many transactions are under way at a time.
	batchesAtOnce = 4
)

// Removal is one node to be deleted.
type Removal struct {
	Path    string
	Version int32
}

// RemoveAll deletes nodes, none of which is below another, in transactions that may take as long
// as timeout each. It calls done with the outcome of each node, from one goroutine at a time. No
// transaction is begun after one without an answer: each would wait as long.
func (z *Session) RemoveAll(ctx context.Context, timeout time.Duration, removals []Removal, done func(Removal, error)) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var lost atomic.Bool
	batches := make(chan []Removal)
	for range batchesAtOnce {
		wg.Go(func() {
			for batch := range batches {
				errs := z.removeUnless(ctx, timeout, &lost, batch)
				if slices.ContainsFunc(errs, IsLost) {
					lost.Store(true)
				}
				mu.Lock()
				for i, r := range batch {
					done(r, errs[i])
				}
				mu.Unlock()
			}
		})
	}
	for len(removals) > 0 {
		n := batchOf(removals)
		batches <- removals[:n]
		removals = removals[n:]
	}
	close(batches)
	wg.Wait()
}

// removeUnless deletes the nodes of a batch unless contact was lost, and returns the outcome of
// each.
func (z *Session) removeUnless(ctx context.Context, timeout time.Duration, lost *atomic.Bool, batch []Removal) []error {
	if lost.Load() {
		return slices.Repeat([]error{zkwire.ErrNotConnected}, len(batch))
	}
	var errs []error
	if err := panics.Contained(func() { errs = z.removeBatch(ctx, timeout, batch) }); err != nil {
		return slices.Repeat([]error{err}, len(batch))
	}
	return errs
}

// batchOf returns how many of the first removals make one transaction.
func batchOf(removals []Removal) int {
	bytes := 0
	for n, r := range removals {
		bytes += len(r.Path) + 32 // what else the packet holds for it
		if n == BatchNodes || n > 0 && bytes > batchBytes {
			return n
		}
	}
	return len(removals)
}

// removeBatch deletes nodes in one transaction. A transaction fails as a whole because of the
// first node that cannot be deleted: that node is left out, and the rest tried again. The errors
// stand in the order of the nodes.
func (z *Session) removeBatch(ctx context.Context, timeout time.Duration, batch []Removal) []error {
	errs := make([]error, len(batch))
	left := make([]int, len(batch))
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		culprit, err := z.removeTogether(ctx, timeout, batch, left)
		if err == nil {
			break
		}
		if culprit < 0 {
			for _, i := range left {
				errs[i] = err
			}
			break
		}
		errs[left[culprit]] = err
		left = slices.Delete(left, culprit, culprit+1)
	}
	return errs
}

// removeTogether deletes the nodes of batch whose places are in which. If that fails because of
// one of them, it returns its index in which, else -1.
func (z *Session) removeTogether(ctx context.Context, timeout time.Duration, batch []Removal, which []int) (culprit int, err error) {
	ops := make([]any, len(which))
	for n, i := range which {
		ops[n] = &zk.DeleteRequest{Path: batch[i].Path, Version: batch[i].Version}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answers, err := z.Multi(ctx, ops...)
	if err == nil {
		return -1, nil
	}
	for n, answer := range answers {
		if answer.Error != nil { // the server did not look at those behind it
			return n, answer.Error
		}
	}
	return -1, err
}
