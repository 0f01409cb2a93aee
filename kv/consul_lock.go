package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
	"kvist/kv/internal/wait"
)

// consulLockRetry is how often a lock that is free but held back by a lock-delay is tried: the end
// of the delay wakes no blocking query.
const consulLockRetry = 250 * time.Millisecond

// NewLock implements Store.
//
// The key itself is locked, by a session, with the flags of the lock of Consul's own client
// (api.LockFlagValue) unless it has others. So the two exclude each other, and `consul lock PREFIX`
// excludes the lock on PREFIX/.lock. A key that is there keeps its value unless options give one.
func (s *Consul) NewLock(key string, options *LockOptions) (Locker, error) {
	name := consulKey(key)
	lock := &consulLock{store: s, given: key, key: name, ttl: DefaultLockTTL}
	err := consulCheckKey(name)
	if err == nil && options != nil {
		lock.value = options.Value
		if options.TTL != 0 {
			lock.ttl = options.TTL
		}
		err = s.checkSize(name, options.Value)
	}
	if err == nil {
		err = consulCheckTTL(lock.ttl)
	}
	if err == nil && s.isClosing() {
		err = ErrClosed
	}
	if err != nil {
		return nil, s.fail(OpNewLock, key, err)
	}
	return lock, nil
}

// consulLock is a lock on one key.
type consulLock struct {
	store *Consul
	given string // the key as the caller gave it
	key   string
	value []byte // nil: what is there
	ttl   time.Duration

	mu      sync.Mutex
	busy    bool // waited for or held
	session *consulSession
	lost    chan struct{} // closed when the lock is not held any more
}

var _ StopLocker = (*consulLock)(nil)

// Lock implements Locker.
func (l *consulLock) Lock() (<-chan struct{}, error) { return l.LockStop(nil) }

// LockStop implements StopLocker.
func (l *consulLock) LockStop(stop <-chan struct{}) (<-chan struct{}, error) {
	l.mu.Lock()
	busy := l.busy
	l.busy = true
	l.mu.Unlock()
	if busy {
		return nil, l.store.fail(OpLock, l.given, withKind(ErrCannotLock, errLockBusy))
	}
	lost, err := l.acquire(stop)
	if err != nil {
		l.mu.Lock()
		l.busy = false
		l.mu.Unlock()
		return nil, l.store.failWrite(OpLock, l.given, err)
	}
	return lost, nil
}

// acquire makes a session and waits until it has the lock. A failed attempt leaves nothing behind.
func (l *consulLock) acquire(stop <-chan struct{}) (<-chan struct{}, error) {
	s := l.store
	leave, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	session, err := s.newSession(s.ctx, consulLockName, api.SessionBehaviorRelease, l.ttl)
	if err != nil {
		return nil, err
	}
	if err := s.start(func(context.Context) { session.keep(l.ttl / 3) }); err != nil {
		session.drop()
		return nil, err
	}
	ctx, cancel := wait.UntilStopped(session.kept, stop)
	defer cancel()
	err = l.wait(ctx, session)
	switch {
	case err == nil:
		return l.hold(session)
	case s.isClosing():
		err = ErrClosed
	case session.kept.Err() != nil:
		err = withKind(ErrNotReachable, errConsulSessionGone)
	case ctx.Err() != nil:
		err = withKind(ErrCannotLock, errLockGivenUp)
	}
	session.drop()
	return nil, err
}

// wait tries to lock the key until session has it. Its error is that of ctx, or one that trying
// again does not mend.
func (l *consulLock) wait(ctx context.Context, session *consulSession) error {
	var pause wait.Backoff
	var index uint64
	for {
		old, got, err := l.store.await(ctx, l.key, index)
		if err == nil {
			index = consulhttp.NextIndex(index, got)
			err = l.try(ctx, old, session)
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errConsulHeld):
			pause.Reset()
			continue
		case consulConflicts(err):
			index = 0
			continue
		case errors.Is(err, ErrCannotLock): // a lock-delay
			if wait.Sleep(ctx, consulLockRetry) != nil {
				return ctx.Err()
			}
		case l.isHopeless(err):
			return err
		default:
			if pause.Wait(ctx) != nil {
				return ctx.Err()
			}
		}
		index = 0
	}
}

// isHopeless reports whether trying again does not mend an error.
func (l *consulLock) isHopeless(err error) bool {
	return isAnyOf(l.store.fail(OpLock, l.given, err), ErrDenied, ErrInvalidKey, ErrTooLarge, ErrWrongServer)
}

var (
	errConsulHeld      = errors.New("held by another session")
	errConsulSemaphore = withKind(ErrInvalidKey, errors.New("the key belongs to a semaphore"))
)

// try locks the key if nobody holds it.
func (l *consulLock) try(ctx context.Context, old *api.KVPair, session *consulSession) error {
	claim := &api.KVPair{Key: l.key, Value: l.value, Session: session.id, Flags: api.LockFlagValue}
	if old != nil {
		switch {
		case old.Session == session.id: // an attempt that was never answered succeeded
			return nil
		case old.Session != "":
			return errConsulHeld
		case old.Flags == api.SemaphoreFlagValue:
			return errConsulSemaphore
		case old.Flags != 0:
			claim.Flags = old.Flags
		}
		if l.value == nil {
			claim.Value = old.Value
		}
	}
	_, err := l.store.swap(ctx, old, claim)
	return err
}

// hold notes the lock as held and watches over it.
func (l *consulLock) hold(session *consulSession) (<-chan struct{}, error) {
	s := l.store
	lost := make(chan struct{})
	l.mu.Lock()
	l.session, l.lost = session, lost
	l.mu.Unlock()
	err := s.start(func(context.Context) { l.guard(session, lost) })
	if err != nil {
		session.drop()
		close(lost)
		return nil, err
	}
	s.Lock()
	defer s.Unlock()
	if s.locks != nil {
		s.locks[l] = struct{}{}
	}
	return lost, nil
}

// guard closes lost when the session ends or no longer holds the key.
func (l *consulLock) guard(session *consulSession, lost chan struct{}) {
	_ = contained(func() { // after a panic it is not known to be held
		l.store.poll(session.kept, func(ctx context.Context, index uint64) (uint64, error) {
			pair, got, err := l.store.await(ctx, l.key, index)
			if err == nil && (pair == nil || pair.Session != session.id) {
				session.stop()
			}
			return got, err
		})
	})
	s := l.store
	s.Lock()
	delete(s.locks, l)
	s.Unlock()
	l.mu.Lock()
	released := l.session != session
	if !released {
		l.session, l.busy = nil, false
	}
	l.mu.Unlock()
	close(lost)
	if !released {
		session.drop()
	}
}

// Unlock implements Locker.
func (l *consulLock) Unlock() error {
	ctx, cancel := context.WithTimeout(context.Background(), l.store.timeout)
	defer cancel()
	return l.release(ctx)
}

// release gives the lock up. It closes the lost channel before it sends anything: once the server
// has the request, nobody may believe that the lock is still held, however long the answer takes.
// Then it frees the key, so that no lock-delay holds back those who wait for it, and then it ends
// the session.
func (l *consulLock) release(ctx context.Context) error {
	l.mu.Lock()
	session, lost := l.session, l.lost
	l.session = nil
	l.mu.Unlock()
	if session == nil {
		return l.store.fail(OpUnlock, l.given, withKind(ErrCannotLock, errLockNotHeld))
	}
	session.stop()
	<-lost
	// If this fails, the end of the session frees the key as well, after the lock-delay.
	_ = l.free(ctx, session)
	err := session.end(ctx)
	l.mu.Lock()
	l.busy = false
	l.mu.Unlock()
	return l.store.failWrite(OpUnlock, l.given, err)
}

// free unlocks the key and keeps its value, which the operation would otherwise replace.
func (l *consulLock) free(ctx context.Context, session *consulSession) error {
	for {
		pair, err := l.store.read(ctx, l.key)
		if err != nil || pair == nil || pair.Session != session.id || !l.store.http.FitsTxn(pair.Key, pair.Value) {
			return err
		}
		_, err = l.store.txn(
			ctx,
			&api.KVTxnOp{Verb: api.KVCheckIndex, Key: pair.Key, Index: pair.ModifyIndex},
			&api.KVTxnOp{Verb: api.KVUnlock, Key: pair.Key, Value: pair.Value, Flags: pair.Flags, Session: session.id},
		)
		if !consulConflicts(err) {
			return err
		}
	}
}
