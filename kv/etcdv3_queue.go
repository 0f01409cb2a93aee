package kv

import (
	"context"
	"errors"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/wait"
)

// v3Claim is one try to get a lock, and then the hold of it.
type v3Claim struct {
	store    *EtcdV3
	lock     *v3Lock
	lease    clientv3.LeaseID
	queue    string // what the keys of all who want the lock begin with
	key      string // ours
	revision int64  // of our key's creation: the place in the queue

	ctx      context.Context // ends with the claim
	end      context.CancelCauseFunc
	lost     chan struct{} // closed when the lock is no longer held
	gone     chan struct{} // closed when the lease was given back
	released error         // what became of that; read after gone
}

// held reports whether the claim holds the lock; a nil claim does not.
func (c *v3Claim) held() bool {
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

// enqueue makes our key. Its value tells people who queues.
func (c *v3Claim) enqueue(ctx context.Context) error {
	ctx, cancel := c.store.request(ctx)
	defer cancel()
	put := clientv3.OpPut(c.key, signature("kvist"), clientv3.WithLease(c.lease))
	resp, err := c.store.commitIn(ctx, "lock", c.lock.key, nil, []clientv3.Op{put}, nil)
	if err == nil {
		c.revision = resp.Header.Revision
	}
	return err
}

// wait returns when nobody is before us in the queue.
func (c *v3Claim) wait(ctx context.Context) error {
	var pause wait.Backoff
	for {
		before, revision, err := c.before(ctx)
		switch {
		case errors.Is(err, ErrNotReachable): // the lease says how long that is bearable
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

// before is the key right before ours in the queue, if there is one.
func (c *v3Claim) before(ctx context.Context) (key string, revision int64, err error) {
	ctx, cancel := c.store.request(ctx)
	defer cancel()
	options := append(clientv3.WithLastCreate(), clientv3.WithMaxCreateRev(c.revision-1), clientv3.WithKeysOnly())
	resp, err := c.store.client.Txn(ctx).Then(
		clientv3.OpGet(c.key, clientv3.WithKeysOnly()),
		clientv3.OpGet(c.queue, options...),
	).Commit()
	if err != nil {
		return "", 0, c.store.explain("lock", c.lock.key, err)
	}
	if own := resp.Responses[0].GetResponseRange().GetKvs(); len(own) == 0 || own[0].CreateRevision != c.revision {
		return "", 0, errClaimGone
	}
	if kvs := resp.Responses[1].GetResponseRange().GetKvs(); len(kvs) > 0 {
		key = string(kvs[0].Key)
	}
	return key, resp.Header.Revision, nil
}

// untilGone waits until a key that was there at some revision is deleted; the
// error is ctx's.
func (s *EtcdV3) untilGone(ctx context.Context, key string, revision int64) error {
	ctx, cancel := context.WithCancel(ctx)
	states := make(chan *KVPair, 1)
	tail := v3Tail{
		store: s, span: etcdlist.Span{Start: key}, op: "lock", prefix: key,
		sink: &v3KeySink{key: key, out: states, sent: &KVPair{Value: []byte{}, LastIndex: uint64(revision)}},
	}
	var wg sync.WaitGroup
	wg.Go(func() { untilEnded(ctx, func() { tail.run(ctx) }) })
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

// write puts the lock's value at its key, as long as the lock is ours: a key
// that is there keeps its lease. A lock without a value makes an empty key
// where there is none.
func (c *v3Claim) write(ctx context.Context) error {
	key, value := c.lock.key, string(c.lock.value)
	ours := clientv3.Compare(clientv3.CreateRevision(c.key), "=", c.revision)
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
			written, err := c.commit(ctx, []clientv3.Cmp{ours, try.state}, try.then)
			if written || err != nil {
				return err
			}
		}
	}
	return errClaimGone
}

// v3WriteTries is how often the lock's value is put while others create and
// delete its key.
const v3WriteTries = 5

// commit reports whether the conditions held.
func (c *v3Claim) commit(ctx context.Context, conditions []clientv3.Cmp, then []clientv3.Op) (bool, error) {
	ctx, cancel := c.store.request(ctx)
	defer cancel()
	resp, err := c.store.commitIn(ctx, "lock", c.lock.key, conditions, then, nil)
	return err == nil && resp.Succeeded, err
}

// hold waits until the lock is given up or lost, and clears up. That it is no
// longer held is told before the server may know, since another may have it
// right after.
func (c *v3Claim) hold() {
	defer close(c.gone)
	_ = recovered(func() error { return c.store.untilGone(c.ctx, c.key, c.revision) }) // after a panic it is not known to be held
	c.end(errClaimGone)
	close(c.lost)
	if err := contained(c.release); err != nil {
		c.released = c.store.explain("unlock", c.lock.key, err)
	}
}

// release gives the lease back, and with it the place in the queue; also when
// the store is being closed. Where that fails the lease ends by itself, since
// nobody renews it.
func (c *v3Claim) release() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), c.store.timeout)
	defer cancel()
	if errors.Is(context.Cause(c.ctx), errLeaseEnded) {
		return
	}
	if _, err := c.store.client.Revoke(ctx, c.lease); err != nil {
		c.released = c.store.explain("unlock", c.lock.key, err)
	}
}
