package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvist/kv/internal/etcdlocks"
	"kvist/kv/internal/wait"
)

// v3Lock is a lock on a key, as etcd's concurrency package makes them: each contender queues with a
// key that is bound to a lease, and the oldest holds the lock. The queue stands beside the locked
// key, whose value is the lock's.
type v3Lock struct {
	store *EtcdV3
	key   string
	value []byte // nil leaves the value of a key that is there
	ttl   time.Duration

	mu    sync.Mutex
	busy  bool     // a call of Lock is waiting
	claim *v3Claim // the last one that held it
}

var _ StopLocker = (*v3Lock)(nil)

// Why a claim ends.
var (
	errV3Unlocked   = errors.New("unlocked")
	errV3LeaseEnded = errors.New("its lease has ended")
	errV3ClaimGone  = errors.New("the place in the queue was taken away")
)

// NewLock implements Store. Without a value, that of a key that is there stays.
func (s *EtcdV3) NewLock(key string, options *LockOptions) (Locker, error) {
	lock := &v3Lock{store: s, key: key, ttl: DefaultLockTTL}
	if options != nil {
		lock.value = options.Value
		if options.TTL != 0 {
			lock.ttl = options.TTL
		}
	}
	if lock.ttl < 0 {
		return nil, s.fail(OpNewLock, key, errTTL(lock.ttl, v3LeastTTL, v3MostTTL))
	}
	if err := s.CheckWrite(key, lock.value); err != nil {
		return nil, err
	}
	return lock, s.alive(OpNewLock, key)
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

// begin returns false if the lock is held or waited for.
func (l *v3Lock) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy || l.claim.isHeld() {
		return false
	}
	l.busy = true
	return true
}

// cannot returns err as ErrCannotLock, unless it is an error of the store already.
func (l *v3Lock) cannot(err error) error {
	return l.store.fail(OpLock, l.key, v3CannotLock(err))
}

func v3CannotLock(err error) error {
	if isExplained(err) {
		return err
	}
	return withKind(ErrCannotLock, err)
}

// Unlock implements Locker.
func (l *v3Lock) Unlock() error {
	l.mu.Lock()
	claim := l.claim
	l.claim = nil
	l.mu.Unlock()
	if !claim.isHeld() {
		return l.store.fail(OpUnlock, l.key, withKind(ErrCannotLock, errLockNotHeld))
	}
	claim.end(errV3Unlocked)
	<-claim.gone
	return claim.released
}

// acquire waits until the lock is held. If that fails, it takes back what it has left in the store.
func (l *v3Lock) acquire(stop <-chan struct{}) (*v3Claim, error) {
	s := l.store
	leave, err := s.enter() // Close waits until the attempt has left no trace
	if err != nil {
		return nil, err
	}
	defer leave()
	granting, done := wait.UntilStopped(s.ctx, stop)
	defer done()
	lease, err := s.grant(granting, OpLock, l.key, l.ttl)
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancelCause(s.ctx)
	claim := &v3Claim{store: s, lock: l, lease: lease, ctx: ctx, end: end, lost: make(chan struct{}), gone: make(chan struct{})}
	claim.queue = v3Queues.Of(l.key)
	claim.key = claim.queue + etcdlocks.LeaseName(int64(lease))
	err = s.start(func(context.Context) {
		defer end(errV3LeaseEnded)
		s.client.Keep(ctx, lease, l.ttl, func() time.Duration { return l.ttl }, nil)
	})
	if err == nil {
		err = claim.take(stop)
	}
	if err == nil {
		err = s.start(func(context.Context) { claim.hold() })
	}
	if err != nil {
		end(err)
		claim.release()
		return nil, err
	}
	return claim, nil
}
