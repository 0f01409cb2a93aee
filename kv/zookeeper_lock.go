package kv

import (
	"context"
	"errors"
	"path"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/wait"
	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zklock"
)

// zkLock is a lock on a key. Its queue is a znode beside the key's, so that it is no part of the
// tree of keys, and is deleted with the last contender.
type zkLock struct {
	store *Zookeeper
	key   string
	path  string
	value []byte // nil: the key's value is left as it is
	queue zklock.Queue

	mu   sync.Mutex
	busy bool    // waiting for the lock or holding it
	held *zkHeld // nil while it is not held
}

// zkHeld is a lock while it is held.
type zkHeld struct {
	claim    string        // our znode in the queue
	released chan struct{} // closed by Unlock
	lost     chan struct{} // closed when it is no longer held
}

var _ StopLocker = (*zkLock)(nil)

// NewLock implements Store. A lock whose holder was killed is free after options.TTL. The server
// must grant that TTL (2 to 20 of its ticks by default), else the error is ErrInvalidTTL. Without
// a Value the key keeps the value that it has, or gets an empty one.
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
	if l.path, err = zkWritable(key, l.value, zkValueMax); err != nil {
		return nil, s.fail(OpNewLock, key, err)
	}
	ctx, cancel := s.request(context.Background())
	defer cancel()
	z, err := s.session(ctx, ttl, exact)
	if err != nil {
		return nil, s.fail(OpNewLock, key, err)
	}
	l.queue = zklock.Queue{
		Path: zkQueuePath(l.path), Session: z, Watches: s.watches, Timeout: s.timeout, Create: s.withParents,
	}
	return l, nil
}

// Lock implements Locker.
func (l *zkLock) Lock() (<-chan struct{}, error) { return l.LockStop(nil) }

// LockStop implements StopLocker.
func (l *zkLock) LockStop(stop <-chan struct{}) (<-chan struct{}, error) {
	if !l.take() {
		return nil, l.store.fail(OpLock, l.key, withKind(ErrCannotLock, errLockBusy))
	}
	leave, err := l.store.enter()
	if err != nil {
		l.free()
		return nil, l.store.fail(OpLock, l.key, err)
	}
	ctx, cancel := wait.UntilStopped(l.store.ctx, stop)
	defer cancel()
	claim, err := l.acquire(ctx)
	if err != nil {
		leave()
		l.free()
		return nil, l.failed(stop, err)
	}
	h := &zkHeld{claim: claim, released: make(chan struct{}), lost: make(chan struct{})}
	l.mu.Lock()
	l.held = h
	l.mu.Unlock()
	go func() {
		defer leave()
		if contained(func() { l.keep(h) }) != nil {
			l.lose(h) // whether it is still held is not known
		}
	}()
	return h.lost, nil
}

// take notes that the lock is being taken, or returns false if it is already.
func (l *zkLock) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return false
	}
	l.busy = true
	return true
}

// free notes that the lock is neither held nor waited for.
func (l *zkLock) free() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy, l.held = false, nil
}

// failed returns the error of a lock that was not taken.
func (l *zkLock) failed(stop <-chan struct{}, err error) error {
	select {
	case <-stop:
		err = withKind(ErrCannotLock, errLockGivenUp)
	case <-l.store.ctx.Done():
		err = withKind(ErrCannotLock, ErrClosed)
	default:
	}
	return l.store.fail(OpLock, l.key, err)
}

// acquire enters the queue and waits until the lock is ours and the value is written. A place that
// was lost, with its session or because somebody deleted it, is taken again at the end of the
// queue. After an error no trace is left.
func (l *zkLock) acquire(ctx context.Context) (claim string, err error) {
	for {
		id := zklock.NewID()
		ended := l.queue.Session.Ended()
		claim, err = l.queue.Enter(ctx, id, []byte(signature("kvist")))
		if err == nil {
			err = l.queue.Await(ctx, claim, ended)
		}
		if err == nil {
			err = l.write(ctx, claim)
		}
		if err == nil {
			return claim, nil
		}
		l.withdraw(id)
		if !errors.Is(err, zklock.ErrClaimGone) {
			return "", err
		}
	}
}

// write writes the lock's value to the key, in one transaction with the check that the claim still
// stands. So a client that has lost the lock writes nothing.
func (l *zkLock) write(ctx context.Context, claim string) error {
	ctx, cancel := l.store.request(ctx)
	defer cancel()
	for range zkTries {
		_, err := l.store.main.Stat(ctx, l.path)
		switch {
		case err == nil && l.value == nil:
			return nil
		case err == nil:
			err = l.transact(ctx, claim, &zk.SetDataRequest{Path: l.path, Data: l.value, Version: zkclient.AnyVersion})
		case errors.Is(err, zk.ErrNoNode):
			err = l.store.withParents(ctx, l.path, func(acl []zk.ACL) error {
				return l.transact(ctx, claim, &zk.CreateRequest{Path: l.path, Data: l.value, Acl: acl})
			})
		}
		if !errors.Is(err, zk.ErrNoNode) && !errors.Is(err, zk.ErrNodeExists) {
			return err
		}
	}
	return errZkBusy
}

// transact carries out an operation if the claim still stands.
func (l *zkLock) transact(ctx context.Context, claim string, op any) error {
	check := &zk.CheckVersionRequest{Path: claim, Version: zkclient.AnyVersion}
	answers, err := l.queue.Session.Multi(ctx, check, op)
	if err != nil && len(answers) > 0 && answers[0].Error != nil {
		return zklock.ErrClaimGone
	}
	return err
}

// keep watches the lock's claim while the lock is held.
func (l *zkLock) keep(h *zkHeld) {
	var pause wait.Backoff
	living, cancel := wait.UntilStopped(l.store.ctx, l.queue.Session.Ended())
	defer cancel()
	defer l.store.watches.Enter()()
	for living.Err() == nil {
		w, there, err := l.queue.Watch(living, h.claim)
		if err == nil && !there {
			break
		}
		if w == nil {
			_ = pause.Wait(living)
			select {
			case <-h.released: // Unlock does the rest
				return
			default:
			}
			continue
		}
		pause.Reset()
		select {
		case <-h.released:
			l.store.watches.Remove(w)
			return
		case <-living.Done():
		case <-w.Fired:
		}
		l.store.watches.Remove(w)
	}
	l.lose(h)
}

// lose reports that the lock is no longer held, and leaves no claim behind: the claim may still
// stand when contact was lost and is made again.
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
		return l.store.fail(OpUnlock, l.key, withKind(ErrCannotLock, errLockNotHeld))
	}
	close(h.released)
	close(h.lost)
	defer l.free()
	ctx, cancel := l.store.request(context.Background())
	defer cancel()
	err := l.queue.Leave(ctx, h.claim)
	if err != nil {
		l.withdraw(path.Base(h.claim))
	}
	return l.store.failWrite(OpUnlock, l.key, err)
}

// withdraw removes the claim that was made with id from the queue, if there is one. If that fails,
// it goes on in the background until it succeeds or the session is over, which removes the claim
// too.
func (l *zkLock) withdraw(id string) {
	if l.queue.Withdraw(id, min(l.store.timeout, time.Second)) == nil {
		return
	}
	ended := l.queue.Session.Ended()
	_ = l.store.start(func(ctx context.Context) { // after Close the session ends anyway
		untilEnded(ctx, func() {
			var pause wait.Backoff
			for pause.Wait(ctx) == nil && l.queue.Withdraw(id, l.store.timeout) != nil {
				select {
				case <-ended:
					return
				default:
				}
			}
		})
	})
}
