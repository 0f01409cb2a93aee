package kv

import (
	"context"
	"errors"
	"path"
	"sync"
)

// zkLock is a lock on a key by the recipe of ZooKeeper's documentation: each
// contender has an ephemeral sequential node in a queue; the lowest holds the
// lock, the others each watch the one before them. The queue is a node beside
// the key's, so that it is no part of the tree of keys; it is removed with
// the last contender.
type zkLock struct {
	store *Zookeeper
	key   string
	path  string
	value []byte // nil: the key's value is left as it is
	z     *zkSession

	mu   sync.Mutex
	busy bool    // waiting for the lock or holding it
	held *zkHeld // nil while it is not held
}

// zkHeld is a lock while it is held.
type zkHeld struct {
	claim    string        // our node in the queue
	released chan struct{} // closed by Unlock
	lost     chan struct{} // closed when it is no longer held
}

var _ StopLocker = (*zkLock)(nil)

// NewLock implements Store. A lock whose holder was killed is free after
// options.TTL, which must be one that the server grants (2 to 20 of its
// ticks unless it is set up otherwise): else ErrInvalidTTL. Without a Value
// the key keeps the one it has, or gets an empty one.
func (s *Zookeeper) NewLock(key string, options *LockOptions) (Locker, error) {
	l := &zkLock{store: s, key: key}
	ttl := DefaultLockTTL
	exact := false
	if options != nil {
		l.value = options.Value
		if options.TTL != 0 {
			ttl, exact = options.TTL, true
		}
	}
	var err error
	if l.path, err = zkWritable(key, l.value, false); err != nil {
		return nil, s.fail("newlock", key, err)
	}
	ctx, cancel := s.bounded()
	defer cancel()
	if l.z, err = s.session(ctx, ttl, exact); err != nil {
		return nil, s.fail("newlock", key, err)
	}
	return l, nil
}

// Lock implements Locker.
func (l *zkLock) Lock() (<-chan struct{}, error) { return l.LockStop(nil) }

// LockStop implements StopLocker.
func (l *zkLock) LockStop(stop <-chan struct{}) (<-chan struct{}, error) {
	if !l.start() {
		return nil, l.store.fail("lock", l.key, &Error{Kind: ErrCannotLock, Err: errLockBusy})
	}
	if err := l.store.enter(); err != nil {
		l.stop()
		return nil, l.store.fail("lock", l.key, err)
	}
	ctx, cancel := untilStopped(l.store.ctx, stop)
	defer cancel()
	claim, err := l.acquire(ctx)
	if err != nil {
		l.store.wg.Done()
		l.stop()
		return nil, l.failed(stop, err)
	}
	h := &zkHeld{claim: claim, released: make(chan struct{}), lost: make(chan struct{})}
	l.mu.Lock()
	l.held = h
	l.mu.Unlock()
	go func() {
		defer l.store.wg.Done()
		if contained(func() { l.keep(h) }) != nil {
			l.lose(h) // whether it is still held is not known
		}
	}()
	return h.lost, nil
}

// start says that the lock is being taken; false when it is already.
func (l *zkLock) start() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return false
	}
	l.busy = true
	return true
}

// stop says that the lock is neither held nor waited for.
func (l *zkLock) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy, l.held = false, nil
}

// failed is the error of a lock that was not taken.
func (l *zkLock) failed(stop <-chan struct{}, err error) error {
	select {
	case <-stop:
		return l.store.fail("lock", l.key, &Error{Kind: ErrCannotLock, Err: errLockGivenUp})
	case <-l.store.ctx.Done():
		return l.store.fail("lock", l.key, &Error{Kind: ErrCannotLock, Err: ErrClosed})
	default:
		return l.store.fail("lock", l.key, err)
	}
}

// acquire queues up and waits until the lock is ours and the value written. A
// place that was lost, with its session or because someone deleted it, is
// taken anew at the end of the queue. On an error no trace is left.
func (l *zkLock) acquire(ctx context.Context) (claim string, err error) {
	for {
		id := zkLockID()
		ended := l.z.ended()
		claim, err = l.enqueue(ctx, id)
		if err == nil {
			err = l.await(ctx, claim, ended)
		}
		if err == nil {
			err = l.write(ctx, claim)
		}
		if err == nil {
			return claim, nil
		}
		l.withdraw(id)
		if !errors.Is(err, errZkClaimGone) {
			return "", err
		}
	}
}

// keep watches over the lock while it is held.
func (l *zkLock) keep(h *zkHeld) {
	var b backoff
	living, cancel := untilStopped(l.store.ctx, l.z.ended())
	defer cancel()
	l.store.bells.join()
	defer l.store.bells.leave()
	for living.Err() == nil {
		ctx, cancel := context.WithTimeout(living, l.store.timeout)
		bell, there, err := l.armed(ctx, h.claim)
		cancel()
		if err == nil && !there {
			break
		}
		var rung <-chan struct{}
		if bell == nil {
			rung = closedChannel()
			_ = b.wait(living)
		} else {
			rung = bell.rung
			b.reset()
		}
		select {
		case <-h.released: // Unlock does the rest
			l.disarm(bell)
			return
		case <-living.Done():
		case <-rung:
		}
		l.disarm(bell)
	}
	l.lose(h)
}

// lose says that the lock is not held any more, and leaves no claim behind:
// it may still stand when contact was lost and comes back.
func (l *zkLock) lose(h *zkHeld) {
	l.mu.Lock()
	if l.held != h { // Unlock came first
		l.mu.Unlock()
		return
	}
	l.busy, l.held = false, nil
	l.mu.Unlock()
	close(h.lost)
	l.withdraw(path.Base(h.claim))
}

// Unlock implements Locker.
func (l *zkLock) Unlock() error {
	l.mu.Lock()
	h := l.held
	l.held = nil
	l.mu.Unlock()
	if h == nil {
		return l.store.fail("unlock", l.key, &Error{Kind: ErrCannotLock, Err: errLockNotHeld})
	}
	close(h.released)
	close(h.lost)
	defer l.stop()
	ctx, cancel := l.store.bounded()
	defer cancel()
	err := l.remove(ctx, h.claim)
	if err != nil {
		l.withdraw(path.Base(h.claim))
	}
	return l.store.failWrite("unlock", l.key, err)
}
