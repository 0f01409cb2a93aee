package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvist/kv/internal/wait"
)

// v3Lock is a lock in the manner of etcd's concurrency package: who wants it
// queues with a key bound to a lease, and the oldest such key holds it. The
// queue stands beside the locked key, whose value is the lock's.
type v3Lock struct {
	store *EtcdV3
	key   string
	value []byte // nil: what is there stays
	ttl   time.Duration

	mu    sync.Mutex
	busy  bool     // somebody waits for it through this Locker
	claim *v3Claim // the last one that held it
}

var _ StopLocker = (*v3Lock)(nil)

// NewLock returns a handle to a lock struct which can be used to acquire and
// release the mutex.
func (s *EtcdV3) NewLock(key string, options *LockOptions) (Locker, error) {
	lock := &v3Lock{store: s, key: key, ttl: DefaultLockTTL}
	if options != nil {
		lock.value = options.Value
		if options.TTL != 0 {
			lock.ttl = options.TTL
		}
	}
	if lock.ttl < 0 {
		return nil, s.fail("newlock", key, ErrInvalidTTL, errTTL(lock.ttl, leastV3TTL, mostV3TTL))
	}
	if err := s.CheckWrite(key, lock.value); err != nil {
		return nil, err
	}
	return lock, s.alive("newlock", key)
}

// Lock implements Locker.
func (l *v3Lock) Lock() (<-chan struct{}, error) { return l.LockStop(nil) }

// LockStop implements StopLocker.
func (l *v3Lock) LockStop(stop <-chan struct{}) (<-chan struct{}, error) {
	if !l.begin() {
		return nil, l.cannot(errLockBusy)
	}
	claim, err := l.acquire(stop)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy, l.claim = false, claim
	if err != nil {
		return nil, l.cannot(err)
	}
	return claim.lost, nil
}

// begin is false when the lock is held or waited for.
func (l *v3Lock) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy || l.claim.held() {
		return false
	}
	l.busy = true
	return true
}

// cannot is ErrCannotLock, and why, unless the store has said it better.
func (l *v3Lock) cannot(err error) error {
	var said *Error
	if errors.As(err, &said) {
		return err
	}
	return l.store.fail("lock", l.key, ErrCannotLock, err)
}

// Unlock implements Locker.
func (l *v3Lock) Unlock() error {
	l.mu.Lock()
	claim := l.claim
	l.claim = nil
	l.mu.Unlock()
	if !claim.held() {
		return l.store.fail("unlock", l.key, ErrCannotLock, errLockNotHeld)
	}
	claim.end(errUnlocked)
	<-claim.gone
	return claim.released
}

var (
	errUnlocked   = errors.New("unlocked")
	errLeaseEnded = errors.New("its lease has ended")
	errClaimGone  = errors.New("the place in the queue was taken away")
)

// acquire waits until the lock is held; what it leaves behind on the way it
// takes back when that fails.
func (l *v3Lock) acquire(stop <-chan struct{}) (*v3Claim, error) {
	s := l.store
	if !s.enter() {
		return nil, ErrClosed
	}
	defer s.running.Done() // Close waits until the attempt left no trace
	granting, done := wait.UntilStopped(s.ctx, stop)
	defer done()
	lease, err := s.grant(granting, "lock", l.key, l.ttl)
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancelCause(s.ctx)
	claim := &v3Claim{store: s, lock: l, lease: lease, ctx: ctx, end: end, lost: make(chan struct{}), gone: make(chan struct{})}
	claim.queue = l.key + queueSuffix + "/"
	claim.key = claim.queue + leaseName(int64(lease))
	s.running.Go(func() {
		defer end(errLeaseEnded)
		_ = contained(func() { s.keep(ctx, lease, l.ttl, func() time.Duration { return l.ttl }, nil) })
	})
	if err := claim.take(stop); err != nil {
		end(err)
		claim.release()
		return nil, err
	}
	s.running.Go(func() { _ = contained(claim.hold) })
	return claim, nil
}
