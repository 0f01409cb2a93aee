package kv

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"sync"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// v2Lock is a lock on a key. Those who want it stand in a queue beside the key, in the order in
// which they came, and the first holds it. Each place in the queue has a TTL and is renewed. The
// holder puts the value of the key.
type v2Lock struct {
	store *Etcd
	key   string
	path  string
	value []byte // nil leaves the value of a key that is there
	ttl   time.Duration

	mu    sync.Mutex
	claim *v2Claim // that is held or waited for, or nil
}

var _ StopLocker = (*v2Lock)(nil)

// NewLock implements Store. A TTL below a second is ErrInvalidTTL. Without a value, that of a key
// that is there stays.
func (s *Etcd) NewLock(key string, options *LockOptions) (Locker, error) {
	l := &v2Lock{store: s, key: key, ttl: DefaultLockTTL}
	if options != nil {
		l.value = options.Value
		if options.TTL != 0 {
			l.ttl = options.TTL
		}
	}
	var err error
	if l.path, err = s.checkWrite(OpNewLock, key, l.value); err != nil {
		return nil, err
	}
	if l.ttl < v2LeastTTL {
		return nil, s.fail(OpNewLock, key, errTTL(l.ttl, v2LeastTTL, 0))
	}
	l.ttl = v2Seconds(l.ttl)
	return l, nil
}

// Lock implements Locker.
func (l *v2Lock) Lock() (<-chan struct{}, error) { return l.LockStop(nil) }

// LockStop implements StopLocker.
func (l *v2Lock) LockStop(stop <-chan struct{}) (<-chan struct{}, error) {
	c := &v2Claim{lock: l, lost: make(chan struct{}), ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(l.store.ctx)
	c.cancel = cancel
	if err := l.begin(c); err != nil {
		cancel()
		return nil, err
	}
	acquired := make(chan error, 1)
	if err := l.store.start(func(context.Context) { c.live(ctx, stop, acquired) }); err != nil {
		l.end(c)
		return nil, l.store.failWrite(OpLock, l.key, err)
	}
	if err := <-acquired; err != nil {
		return nil, l.store.failWrite(OpLock, l.key, err)
	}
	return c.lost, nil
}

// begin makes c the lock's claim, unless it has one.
func (l *v2Lock) begin(c *v2Claim) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.claim != nil {
		return l.store.fail(OpLock, l.key, withKind(ErrCannotLock, errLockBusy))
	}
	l.claim = c
	return nil
}

// end leaves the lock free for the next claim.
func (l *v2Lock) end(c *v2Claim) {
	c.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.claim == c {
		l.claim = nil
	}
}

// Unlock implements Locker.
func (l *v2Lock) Unlock() error {
	l.mu.Lock()
	c := l.claim
	held := c != nil && c.held
	l.mu.Unlock()
	if !held {
		return l.store.fail(OpUnlock, l.key, withKind(ErrCannotLock, errLockNotHeld))
	}
	c.cancel()
	<-c.ended
	if etcdv2.IsMissing(c.err) {
		return l.store.fail(OpUnlock, l.key, withKind(ErrCannotLock, c.err)) // it was lost a moment before
	}
	return l.store.failWrite(OpUnlock, l.key, c.err)
}

// v2Claim is one attempt at a lock and, if it succeeded, the holding.
type v2Claim struct {
	lock   *v2Lock
	cancel context.CancelFunc // gives it up
	place  *etcdv2.Place

	held  bool          // guarded by lock.mu
	lost  chan struct{} // closed when it is no longer held
	ended chan struct{} // closed when it has left the queue
	err   error         // why it could not leave the queue; set before ended is closed
}

// live queues up, sends the outcome to acquired, holds the lock until it is lost or ctx ends, which
// Unlock and Close do, and leaves the queue.
func (c *v2Claim) live(ctx context.Context, stop <-chan struct{}, acquired chan<- error) {
	defer close(c.ended)
	if err := recovered(func() error { return c.acquire(ctx, stop) }); err != nil {
		c.lock.end(c)
		if isPanic(err) && c.place != nil {
			_ = recovered(c.place.Leave)
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
	case <-c.place.Gone:
	}
	c.lock.end(c)
	close(c.lost)
	c.err = recovered(c.place.Leave)
}

// acquire queues up until the claim is the first, and puts the key's value. If the place is lost,
// such as by lost contact for longer than the TTL, it queues up again.
func (c *v2Claim) acquire(ctx context.Context, stop <-chan struct{}) error {
	for {
		ticket, err := v2NewTicket(c.lock.ttl)
		if err != nil {
			return err
		}
		place, err := c.lock.store.cluster.Enqueue(ctx, v2Queue(c.lock.path), ticket, c.lock.ttl)
		if err != nil {
			return err
		}
		c.place = place
		select {
		case <-place.First:
			if err = c.putValue(ctx); err == nil {
				return nil
			}
		case <-stop:
			err = withKind(ErrCannotLock, errLockGivenUp)
		case <-ctx.Done():
			err = ErrClosed
		case <-place.Gone:
		}
		_ = place.Leave() // a place that cannot be deleted ends by its TTL
		if err != nil {
			return err
		}
	}
}

// putValue gives the key the lock's value.
func (c *v2Claim) putValue(ctx context.Context) error {
	ctx, cancel := c.lock.store.request(ctx)
	defer cancel()
	if c.lock.value != nil {
		return c.lock.store.putKeeping(ctx, c.lock.path, c.lock.value)
	}
	_, err := c.lock.store.cluster.Set(ctx, c.lock.path, nil, &client.SetOptions{PrevExist: client.PrevNoExist})
	if etcdv2.Code(err) == client.ErrorCodeNodeExist {
		return nil
	}
	return err
}

// v2Ticket is the value of a place in a queue: who stands there, for people to read. Its ID makes
// it differ from every other.
type v2Ticket struct {
	Host string `json:"host"`
	PID  int    `json:"pid"`
	TTL  int    `json:"ttl"` // seconds
	ID   string `json:"id"`
}

// v2NewTicket returns a new ticket of this process as JSON.
func v2NewTicket(ttl time.Duration) (string, error) {
	text, err := json.Marshal(v2Ticket{Host: hostName(), PID: os.Getpid(), TTL: int(ttl / time.Second), ID: rand.Text()})
	return string(text), err
}
