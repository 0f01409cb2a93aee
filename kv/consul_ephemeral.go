package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/wait"
)

// The TTLs of a session that Consul accepts. An agent's session_ttl_min may require more.
const (
	consulLeastTTL = 10 * time.Second
	consulMostTTL  = 24 * time.Hour
)

// consulNoDelay is the least lock-delay that a server does not take for none given. By default
// Consul delays a lock by 15 s after its session broke off, for holders that do not notice; ours
// notice a TTL after their last renewal at the latest, and the server waits longer than that.
const consulNoDelay = time.Millisecond

// The names of our sessions, before host and process. Locks are recognized by them.
const (
	consulLockName      = recipeOwn
	consulEphemeralName = "kvist ephemeral key"
)

// consulSession is a session of this store.
type consulSession struct {
	store *Consul
	id    string
	ttl   time.Duration
	kept  context.Context //nolint:containedctx // it ends when the session is gone or no longer renewed
	stop  context.CancelFunc

	mu      sync.Mutex
	renewed time.Time // when the last renewal that succeeded was sent
	isKept  bool      // keep was started
}

// until returns when the session ends at the earliest.
func (c *consulSession) until() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.renewed.Add(c.ttl)
}

// consulCheckTTL refuses what the server would refuse.
func consulCheckTTL(ttl time.Duration) error {
	if ttl < consulLeastTTL || ttl > consulMostTTL {
		return errTTL(ttl, consulLeastTTL, consulMostTTL)
	}
	return nil
}

// newSession makes a session without health checks: it lives by its TTL, even if the agent's node
// is not known to be well.
func (s *Consul) newSession(ctx context.Context, name, behavior string, ttl time.Duration) (*consulSession, error) {
	if err := consulCheckTTL(ttl); err != nil {
		return nil, err
	}
	sent := time.Now()
	id, err := s.http.CreateSession(ctx, &api.SessionEntry{
		Name:      signature(name),
		Behavior:  behavior,
		TTL:       ttl.String(),
		LockDelay: consulNoDelay,
	})
	if err != nil {
		return nil, err
	}
	session := &consulSession{store: s, id: id, ttl: ttl, renewed: sent}
	session.kept, session.stop = context.WithCancel(s.ctx)
	return session, nil
}

// errConsulSessionGone says that the server no longer knows a session.
var errConsulSessionGone = errors.New("session is gone")

// renew gives the session another TTL.
func (c *consulSession) renew(ctx context.Context) error {
	sent := time.Now()
	known, err := c.store.http.RenewSession(ctx, c.id)
	switch {
	case err != nil:
		return err
	case !known:
		return errConsulSessionGone
	}
	c.mu.Lock()
	c.renewed = sent
	c.mu.Unlock()
	return nil
}

// keep renews the session at a pace until it is stopped or gone: the server says so, or no renewal
// has succeeded for a TTL. Then it ends c.kept. Too slow a pace is made faster.
func (c *consulSession) keep(pace time.Duration) {
	defer c.stop()
	pace = min(pace, c.ttl/2)
	next := time.NewTimer(pace)
	defer next.Stop()
	for {
		select {
		case <-c.kept.Done():
			return
		case <-next.C:
		}
		ctx, cancel := context.WithDeadline(c.kept, c.until())
		err := c.renew(ctx)
		cancel()
		switch {
		case err == nil:
			next.Reset(pace)
		case errors.Is(err, errConsulSessionGone), !time.Now().Before(c.until()):
			return
		default:
			next.Reset(min(pace, wait.Longest/6))
		}
	}
}

// end stops renewing and destroys the session.
func (c *consulSession) end(ctx context.Context) error {
	c.stop()
	return c.store.http.DestroySession(ctx, c.id)
}

// drop is end for a session whose error nobody needs: it ends by itself if the server cannot be
// reached.
func (c *consulSession) drop() {
	ctx, cancel := context.WithTimeout(context.Background(), c.store.timeout)
	defer cancel()
	_ = c.end(ctx)
}

// startKeeping reports whether the caller is the first, and so has to call keep.
func (c *consulSession) startKeeping() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.isKept
	c.isKept = true
	return first
}

// consulExpected is what AtomicPut expects to replace.
type consulExpected struct{ old *api.KVPair }

// putEphemeral puts a key that ends with a session of its own. expected is nil for a plain put.
func (s *Consul) putEphemeral(op Op, key string, value []byte, heartbeat time.Duration, expected *consulExpected) (*KVPair, error) {
	name := consulKey(key)
	session, isNew, err := s.ephemeral(name, heartbeat)
	if err != nil {
		return nil, s.failWrite(op, key, err)
	}
	pair, err := s.putHeld(name, value, session, expected)
	if err != nil {
		if isNew {
			s.forget(name, session)
		}
		return nil, s.failWrite(op, key, err)
	}
	return consulPair(pair), nil
}

// putHeld puts a key locked by session.
func (s *Consul) putHeld(name string, value []byte, session *consulSession, expected *consulExpected) (*api.KVPair, error) {
	if expected != nil {
		return s.swap(s.ctx, expected.old, &api.KVPair{Key: name, Value: value, Session: session.id})
	}
	for try := 1; ; try++ {
		old, err := s.read(s.ctx, name)
		if err != nil {
			return nil, err
		}
		pair, err := s.swap(s.ctx, old, &api.KVPair{Key: name, Value: value, Session: session.id})
		if try == consulPutTries || !consulConflicts(err) {
			return pair, err
		}
	}
}

// ephemeral returns the session of an ephemeral key: the one that it has, renewed, or a new one.
// With a heartbeat it is renewed until Close.
func (s *Consul) ephemeral(name string, heartbeat time.Duration) (*consulSession, bool, error) {
	s.Lock()
	session, ok := s.ephemerals[name]
	s.Unlock()
	isNew := !ok || session.kept.Err() != nil || session.renew(s.ctx) != nil
	if isNew {
		var err error
		session, err = s.newSession(s.ctx, consulEphemeralName, api.SessionBehaviorDelete, s.ttl)
		if err != nil {
			return nil, false, err
		}
		if !s.remember(name, session) {
			session.drop()
			return nil, false, ErrClosed
		}
	}
	if heartbeat > 0 && session.startKeeping() {
		if err := s.start(func(context.Context) { session.keep(heartbeat) }); err != nil {
			return nil, false, err
		}
	}
	return session, isNew, nil
}

// remember leaves the session of an ephemeral key to Close. It reports false after Close.
func (s *Consul) remember(name string, session *consulSession) bool {
	s.Lock()
	defer s.Unlock()
	if s.ephemerals == nil {
		return false
	}
	s.ephemerals[name] = session
	return true
}

// forget ends the session of an ephemeral key that could not be put.
func (s *Consul) forget(name string, session *consulSession) {
	s.Lock()
	if s.ephemerals[name] == session {
		delete(s.ephemerals, name)
	}
	s.Unlock()
	session.drop()
}
