package kv

import (
	"context"
	"errors"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/wait"
)

// v3WriteTries is how often a claim puts the lock's value while others create and delete its key.
const v3WriteTries = 5

// v3Claim is one attempt at a lock and, if it succeeded, the holding.
type v3Claim struct {
	store    *EtcdV3
	lock     *v3Lock
	lease    clientv3.LeaseID
	queue    string // what the keys of all contenders begin with
	key      string // the claim's own
	revision int64  // at which the key was created: the place in the queue

	ctx      context.Context //nolint:containedctx // it ends with the claim
	end      context.CancelCauseFunc
	lost     chan struct{} // closed when the lock is no longer held
	gone     chan struct{} // closed when the lease was given back
	released error         // of giving the lease back; read after gone
}

// isHeld reports whether the claim holds the lock. A nil claim does not.
func (c *v3Claim) isHeld() bool {
	if c == nil {
		return false
	}
	select {
	case <-c.lost:
		return false
	default:
		return true
	}
}

// take queues, waits for its turn and writes the lock's value.
func (c *v3Claim) take(stop <-chan struct{}) error {
	ctx, done := wait.UntilStopped(c.ctx, stop)
	defer done()
	err := c.enqueue(ctx)
	if err == nil {
		err = c.wait(ctx)
	}
	if err == nil {
		err = c.write(ctx)
	}
	switch {
	case err == nil || c.store.ctx.Err() != nil && errors.Is(err, ErrClosed):
		return err
	case c.store.ctx.Err() != nil:
		return ErrClosed
	case c.ctx.Err() != nil:
		return context.Cause(c.ctx)
	case ctx.Err() != nil:
		return errLockGivenUp
	}
	return err
}

// enqueue makes the claim's key. Its value names the contender.
func (c *v3Claim) enqueue(ctx context.Context) error {
	ctx, cancel := c.store.request(ctx)
	defer cancel()
	put := clientv3.OpPut(c.key, signature("kvist"), clientv3.WithLease(c.lease))
	resp, err := c.store.commitIn(ctx, OpLock, c.lock.key, nil, []clientv3.Op{put}, nil)
	if err == nil {
		c.revision = resp.Header.Revision
	}
	return err
}

// wait returns when the claim is the first in the queue.
func (c *v3Claim) wait(ctx context.Context) error {
	var pause wait.Backoff
	for {
		before, revision, err := c.before(ctx)
		switch {
		case errors.Is(err, ErrNotReachable): // bearable until the lease ends
			err = pause.Wait(ctx)
		case err == nil && before == "":
			return nil
		case err == nil:
			pause.Reset()
			err = c.store.untilGone(ctx, before, revision)
		}
		if err != nil {
			return err
		}
	}
}

// before returns the key right before the claim's in the queue, or "", and the revision of the
// answer.
func (c *v3Claim) before(ctx context.Context) (key string, revision int64, err error) {
	ctx, cancel := c.store.request(ctx)
	defer cancel()
	options := append(clientv3.WithLastCreate(), clientv3.WithMaxCreateRev(c.revision-1), clientv3.WithKeysOnly())
	resp, err := c.store.client.Txn(ctx).Then(
		clientv3.OpGet(c.key, clientv3.WithKeysOnly()),
		clientv3.OpGet(c.queue, options...),
	).Commit()
	if err != nil {
		return "", 0, c.store.fail(OpLock, c.lock.key, err)
	}
	if own := resp.Responses[0].GetResponseRange().GetKvs(); len(own) == 0 || own[0].CreateRevision != c.revision {
		return "", 0, errV3ClaimGone
	}
	if kvs := resp.Responses[1].GetResponseRange().GetKvs(); len(kvs) > 0 {
		key = string(kvs[0].Key)
	}
	return key, resp.Header.Revision, nil
}

// untilGone waits until a key that was there at a revision is deleted. The error is ctx's.
func (s *EtcdV3) untilGone(ctx context.Context, key string, revision int64) error {
	ctx, cancel := context.WithCancel(ctx)
	states := make(chan *KVPair, 1)
	tail := s.tail(etcdlist.Span{Start: key}, &v3KeySink{
		key: key, out: states, sent: &KVPair{Value: []byte{}, LastIndex: uint64(revision)},
	})
	var wg sync.WaitGroup
	wg.Go(func() { untilEnded(ctx, func() { tail.Run(ctx) }) })
	defer wg.Wait()
	defer cancel()
	for {
		select {
		case pair := <-states:
			if pair.Value == nil {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// write puts the lock's value at its key, on the condition that the lock is held. A key that is
// there keeps its lease. A lock without a value makes an empty key if there is none.
func (c *v3Claim) write(ctx context.Context) error {
	key, value := c.lock.key, string(c.lock.value)
	held := clientv3.Compare(clientv3.CreateRevision(c.key), "=", c.revision)
	missing := clientv3.Compare(clientv3.CreateRevision(key), "=", 0)
	there := clientv3.Compare(clientv3.CreateRevision(key), ">", 0)
	replace := []clientv3.Op{clientv3.OpPut(key, value, clientv3.WithIgnoreLease())}
	if c.lock.value == nil {
		replace = nil
	}
	for range v3WriteTries {
		for _, try := range []struct {
			state clientv3.Cmp
			then  []clientv3.Op
		}{{missing, []clientv3.Op{clientv3.OpPut(key, value)}}, {there, replace}} {
			written, err := c.commit(ctx, []clientv3.Cmp{held, try.state}, try.then)
			if written || err != nil {
				return err
			}
		}
	}
	return errV3ClaimGone
}

// commit sends a transaction and reports whether the conditions held.
func (c *v3Claim) commit(ctx context.Context, conditions []clientv3.Cmp, then []clientv3.Op) (bool, error) {
	ctx, cancel := c.store.request(ctx)
	defer cancel()
	resp, err := c.store.commitIn(ctx, OpLock, c.lock.key, conditions, then, nil)
	return err == nil && resp.Succeeded, err
}

// hold waits until the lock is given up or lost, and clears up. It reports the loss before it gives
// the lease back, since another may hold the lock right after.
func (c *v3Claim) hold() {
	defer close(c.gone)
	_ = recovered(func() error { return c.store.untilGone(c.ctx, c.key, c.revision) }) // after a panic it may be lost
	c.end(errV3ClaimGone)
	close(c.lost)
	if err := contained(c.release); err != nil {
		c.released = c.store.fail(OpUnlock, c.lock.key, err)
	}
}

// release gives the lease back, and with it the place in the queue, also while the store is being
// closed. If that fails the lease ends by itself, since nothing renews it.
func (c *v3Claim) release() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), c.store.timeout)
	defer cancel()
	if errors.Is(context.Cause(c.ctx), errV3LeaseEnded) {
		return
	}
	if _, err := c.store.client.Revoke(ctx, c.lease); err != nil {
		c.released = c.store.fail(OpUnlock, c.lock.key, err)
	}
}
