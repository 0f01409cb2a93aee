package kv

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-zookeeper/zk"
)

const (
	// zkBatchNodes and zkBatchBytes bound one transaction, which must fit
	// into the server's packet limit: by bytes, since paths can be long.
	zkBatchNodes = 200
	zkBatchBytes = 480 << 10

	// zkBatchesAtOnce are the transactions under way at a time.
	zkBatchesAtOnce = 4
)

// zkRemoval is one node to be deleted.
type zkRemoval struct {
	path    string
	version int32 // -1 is any
}

// removeBare deletes a node which has nothing below it, or nothing but the
// empty queues that lockers who died have left.
func (s *Zookeeper) removeBare(ctx context.Context, path string, version int32) error {
	remove := func() error {
		_, err := zkAskOnce(ctx, s.main, func(c *zk.Conn) (struct{}, error) { return struct{}{}, c.Delete(path, version) })
		return err
	}
	err := remove()
	if errors.Is(err, zk.ErrNotEmpty) && s.sweepQueues(ctx, path) {
		err = remove()
	}
	return err
}

// sweepQueues deletes empty lock queues below a node, and reports whether there
// were any.
func (s *Zookeeper) sweepQueues(ctx context.Context, node string) bool {
	children, err := s.children(ctx, node)
	if err != nil || !slices.ContainsFunc(children, zkHidden) {
		return false
	}
	swept := false
	for _, child := range children {
		if strings.HasSuffix(child, queueSuffix) {
			_, err := zkAskOnce(ctx, s.main, func(c *zk.Conn) (struct{}, error) {
				return struct{}{}, c.Delete(zkJoin(node, child), -1)
			})
			swept = swept || err == nil
		}
	}
	return swept
}

// children are the names of the nodes right below one.
func (s *Zookeeper) children(ctx context.Context, node string) ([]string, error) {
	return zkAskAgain(ctx, s.main, func(c *zk.Conn) ([]string, error) {
		names, _, err := c.Children(node)
		return names, err
	})
}

// removeAll deletes nodes, none of which is below another, in transactions,
// and tells what became of each, from one goroutine at a time. After a
// transaction without an answer no other is begun: each would wait as long.
func (s *Zookeeper) removeAll(ctx context.Context, removals []zkRemoval, done func(zkRemoval, error)) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var lost atomic.Bool
	batches := make(chan []zkRemoval)
	for range zkBatchesAtOnce {
		wg.Go(func() {
			for batch := range batches {
				errs := s.removeUnless(ctx, &lost, batch)
				if slices.ContainsFunc(errs, zkIsLost) {
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
		n := zkBatch(removals)
		batches <- removals[:n]
		removals = removals[n:]
	}
	close(batches)
	wg.Wait()
}

// removeUnless deletes the nodes of a batch unless contact was lost, and returns
// what became of each.
func (s *Zookeeper) removeUnless(ctx context.Context, lost *atomic.Bool, batch []zkRemoval) []error {
	if lost.Load() {
		return slices.Repeat([]error{errZkNotConnected}, len(batch))
	}
	var errs []error
	if err := contained(func() { errs = s.removeBatch(ctx, batch) }); err != nil {
		return slices.Repeat([]error{err}, len(batch))
	}
	return errs
}

// zkIsLost reports whether contact was lost before or after something was sent.
func zkIsLost(err error) bool {
	return isAnyOf(err, errZkNotConnected, errZkUnanswered, zk.ErrConnectionClosed)
}

// zkBatch is how many of the first removals make one transaction.
func zkBatch(removals []zkRemoval) int {
	bytes := 0
	for n, r := range removals {
		bytes += len(r.path) + 32 // what else the packet holds for it
		if n == zkBatchNodes || n > 0 && bytes > zkBatchBytes {
			return n
		}
	}
	return len(removals)
}

// removeBatch deletes nodes in one transaction. It fails as a whole because
// of the first node that cannot be deleted: that one is left out, and the
// rest tried again. The errors are the nodes', in their order.
func (s *Zookeeper) removeBatch(ctx context.Context, batch []zkRemoval) []error {
	errs := make([]error, len(batch))
	left := make([]int, len(batch))
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		culprit, err := s.removeTogether(ctx, batch, left)
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

// removeTogether deletes the nodes of batch that which lists; when that
// fails because of one of them, it tells its place in which, else -1.
func (s *Zookeeper) removeTogether(ctx context.Context, batch []zkRemoval, which []int) (culprit int, err error) {
	ops := make([]any, len(which))
	for n, i := range which {
		ops[n] = &zk.DeleteRequest{Path: batch[i].path, Version: batch[i].version}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	answers, err := zkAskOnce(ctx, s.main, func(c *zk.Conn) ([]zk.MultiResponse, error) { return c.Multi(ops...) })
	if err == nil {
		return -1, nil
	}
	for n, answer := range answers {
		if answer.Error != nil { // what follows it was not looked at
			return n, answer.Error
		}
	}
	return -1, err
}

// zkTreeRounds bounds how often DeleteTree looks again for nodes that were
// created while it went.
const zkTreeRounds = 5

// DeleteTree implements Store. It is not one transaction: ZooKeeper has none
// for a subtree. What is created below prefix meanwhile goes too, as far as a
// few rounds reach.
func (s *Zookeeper) DeleteTree(prefix string) error {
	root, err := zkPath(prefix)
	if err == nil && zkIsReserved(root) {
		err = zkInvalid("it is the server's own")
	}
	if err != nil {
		return s.fail("deletetree", prefix, err)
	}
	found := false
	for range zkTreeRounds {
		var paths []string
		paths, err = s.paths(s.ctx, root)
		if errors.Is(err, zk.ErrNoNode) && found {
			return nil
		}
		if err != nil {
			break
		}
		found = true
		if err = s.removePaths(paths); err == nil {
			return nil
		}
		if !errors.Is(err, zk.ErrNotEmpty) && !errors.Is(err, zk.ErrConnectionClosed) {
			break
		}
	}
	return s.failWrite("deletetree", prefix, err)
}

// paths are root and all nodes below it, also those that listings hide;
// zk.ErrNoNode when there is no root.
func (s *Zookeeper) paths(ctx context.Context, root string) ([]string, error) {
	var all []string
	err := s.withPipe(ctx, func(p *zkPipe) error {
		all = nil
		return p.walk(ctx, root, false, func(n zkNode) ([]string, error) {
			if n.stat == nil {
				if n.path == root {
					return nil, zk.ErrNoNode
				}
				return nil, nil
			}
			all = append(all, n.path)
			return n.children, nil
		})
	})
	return all, err
}

// removePaths deletes nodes, the deepest first. The error is the first that
// is not that a node is gone already.
func (s *Zookeeper) removePaths(paths []string) error {
	byDepth := map[int][]zkRemoval{}
	deepest := 0
	for _, p := range paths {
		depth := strings.Count(p, "/")
		byDepth[depth] = append(byDepth[depth], zkRemoval{p, -1})
		deepest = max(deepest, depth)
	}
	var first error
	for depth := deepest; depth > 0; depth-- {
		s.removeAll(s.ctx, byDepth[depth], func(_ zkRemoval, err error) {
			if first == nil && !errors.Is(err, zk.ErrNoNode) {
				first = err
			}
		})
	}
	return first
}
