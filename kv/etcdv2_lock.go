package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// etcdLock is a lock on a key: who wants it stands in a queue beside the key,
// in order of arrival, and the first holds it. Each place in the queue has a
// TTL and is renewed. The value of the key is put by the one who got the lock.
type etcdLock struct {
	store *Etcd
	key   string
	path  string
	value []byte // nil leaves the value of a key that is there
	ttl   time.Duration

	mu    sync.Mutex
	claim *etcdClaim // that is held or waited for; nil when there is none
}

var _ StopLocker = (*etcdLock)(nil)

// NewLock implements Store. A TTL below a second is ErrInvalidTTL. Without a
// value, that of a key that is there stays.
func (s *Etcd) NewLock(key string, options *LockOptions) (Locker, error) {
	l := &etcdLock{store: s, key: key, ttl: DefaultLockTTL}
	if options != nil {
		l.value = options.Value
		if options.TTL != 0 {
			l.ttl = options.TTL
		}
	}
	var err error
	if l.path, err = s.checkWrite("newlock", key, l.value); err != nil {
		return nil, err
	}
	if l.ttl < leastEtcdTTL {
		return nil, s.failAs("newlock", key, ErrInvalidTTL, errTTL(l.ttl, leastEtcdTTL, 0))
	}
	l.ttl = wholeSeconds(l.ttl)
	return l, nil
}

// Lock implements Locker.
func (l *etcdLock) Lock() (<-chan struct{}, error) { return l.LockStop(nil) }

// LockStop implements StopLocker.
func (l *etcdLock) LockStop(stop <-chan struct{}) (<-chan struct{}, error) {
	c := &etcdClaim{lock: l, lost: make(chan struct{}), ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(l.store.ctx)
	c.cancel = cancel
	if err := l.begin(c); err != nil {
		cancel()
		return nil, err
	}
	acquired := make(chan error, 1)
	if err := l.store.start(func() { c.live(ctx, stop, acquired) }); err != nil {
		l.end(c)
		return nil, l.store.fail("lock", l.key, err)
	}
	switch err := <-acquired; {
	case errors.Is(err, errLockGivenUp):
		return nil, l.store.failAs("lock", l.key, ErrCannotLock, err)
	case err != nil:
		return nil, l.store.fail("lock", l.key, err)
	}
	return c.lost, nil
}

// begin makes c the lock's claim, unless it has one.
func (l *etcdLock) begin(c *etcdClaim) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.claim != nil {
		return l.store.failAs("lock", l.key, ErrCannotLock, errLockBusy)
	}
	l.claim = c
	return nil
}

// end leaves the lock free to be claimed again.
func (l *etcdLock) end(c *etcdClaim) {
	c.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.claim == c {
		l.claim = nil
	}
}

// Unlock implements Locker.
func (l *etcdLock) Unlock() error {
	l.mu.Lock()
	c := l.claim
	held := c != nil && c.held
	l.mu.Unlock()
	if !held {
		return l.store.failAs("unlock", l.key, ErrCannotLock, errLockNotHeld)
	}
	c.cancel()
	<-c.ended
	if etcdMissing(c.err) {
		return l.store.failAs("unlock", l.key, ErrCannotLock, c.err) // it was lost a moment before
	}
	if c.err != nil {
		return l.store.fail("unlock", l.key, c.err)
	}
	return nil
}

// etcdClaim is one attempt at a lock and, when it succeeded, the holding.
type etcdClaim struct {
	lock   *etcdLock
	cancel context.CancelFunc // gives it up
	place  *etcdPlace

	held  bool          // guarded by lock.mu
	lost  chan struct{} // closed when it is not held any more
	ended chan struct{} // closed when it has left the queue
	err   error         // why it could not leave the queue; after ended
}

// live queues up, says on acquired what came of it, holds the lock until it
// is lost or ctx ends, with Unlock or Close, and leaves the queue.
func (c *etcdClaim) live(ctx context.Context, stop <-chan struct{}, acquired chan<- error) {
	defer close(c.ended)
	if err := recovered(func() error { return c.acquire(ctx, stop) }); err != nil {
		c.lock.end(c)
		if isPanic(err) && c.place != nil {
			_ = recovered(c.place.leave)
		}
		acquired <- err
		return
	}
	c.lock.mu.Lock()
	c.held = true
	c.lock.mu.Unlock()
	acquired <- nil
	select {
	case <-ctx.Done():
	case <-c.place.gone:
	}
	c.lock.end(c)
	close(c.lost)
	c.err = recovered(c.place.leave)
}

// acquire queues up until the claim is the first, and puts the key's value.
// Who was thrown out of the queue, for example because contact was lost for
// longer than the TTL, queues up again.
func (c *etcdClaim) acquire(ctx context.Context, stop <-chan struct{}) error {
	for {
		place, err := c.lock.store.enqueue(ctx, etcdQueue(c.lock.path), c.lock.ttl)
		if err != nil {
			return err
		}
		c.place = place
		select {
		case <-place.first:
			if err = c.putValue(ctx); err == nil {
				return nil
			}
		case <-stop:
			err = errLockGivenUp
		case <-ctx.Done():
			err = ErrClosed
		case <-place.gone:
		}
		_ = place.leave() // what cannot be deleted ends by its TTL
		if err != nil {
			return err
		}
	}
}

// putValue gives the key the lock's value.
func (c *etcdClaim) putValue(ctx context.Context) error {
	ctx, cancel := c.lock.store.small(ctx)
	defer cancel()
	if c.lock.value != nil {
		return c.lock.store.putKeeping(ctx, c.lock.path, c.lock.value)
	}
	_, err := c.lock.store.set(ctx, c.lock.path, nil, &client.SetOptions{PrevExist: client.PrevNoExist})
	if etcdCode(err) == client.ErrorCodeNodeExist {
		return nil
	}
	return err
}
