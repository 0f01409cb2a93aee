package kv

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"
)

// The TTL of a session that Consul takes. An agent's session_ttl_min may ask
// for more.
const (
	consulLeastTTL = 10 * time.Second
	consulMostTTL  = 24 * time.Hour
)

// consulNoDelay is the least lock-delay that can be told apart from none
// told. Consul holds a lock back for 15 s, unless told otherwise, after its
// session broke off, for holders who do not notice; ours notice a TTL after
// their last renewal at the latest, and the server waits for longer.
const consulNoDelay = time.Millisecond

// What our sessions are named, before host and process. Locks are told by it.
const (
	consulLockName      = recipeOwn
	consulEphemeralName = "kvist ephemeral key"
)

// consulSession is a session of this store.
type consulSession struct {
	store *Consul
	id    string
	ttl   time.Duration
	kept  context.Context // ends when it is no longer renewed, or is gone
	stop  context.CancelFunc

	mu    sync.Mutex
	asked time.Time // when the last renewal that came through was sent
	beats bool      // keep was started
}

// until is when the session ends at the earliest.
func (c *consulSession) until() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked.Add(c.ttl)
}

// checkConsulTTL refuses what the server would.
func checkConsulTTL(ttl time.Duration) error {
	if ttl < consulLeastTTL || ttl > consulMostTTL {
		return errTTL(ttl, consulLeastTTL, consulMostTTL)
	}
	return nil
}

// newSession makes a session without health checks: it lives by its TTL, also
// where the agent's node is not known to be well.
func (s *Consul) newSession(ctx context.Context, name, behavior string, ttl time.Duration) (*consulSession, error) {
	if err := checkConsulTTL(ttl); err != nil {
		return nil, err
	}
	asked := time.Now()
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	id, _, err := s.client.Session().CreateNoChecks(&api.SessionEntry{
		Name:      signature(name),
		Behavior:  behavior,
		TTL:       ttl.String(),
		LockDelay: consulNoDelay,
	}, new(api.WriteOptions).WithContext(ctx))
	if err != nil {
		return nil, err
	}
	session := &consulSession{store: s, id: id, ttl: ttl, asked: asked}
	session.kept, session.stop = context.WithCancel(s.ctx)
	return session, nil
}

// errSessionGone says that the server knows a session no more.
var errSessionGone = errors.New("session is gone")

// renew gives the session another TTL.
func (c *consulSession) renew(ctx context.Context) error {
	asked := time.Now()
	ctx, cancel := c.store.bounded(ctx)
	defer cancel()
	entry, _, err := c.store.client.Session().Renew(c.id, new(api.WriteOptions).WithContext(ctx))
	switch {
	case err != nil:
		return err
	case entry == nil:
		return errSessionGone
	}
	c.mu.Lock()
	c.asked = asked
	c.mu.Unlock()
	return nil
}

// keep renews the session at a pace until it is stopped or gone, which ends
// c.kept: when the server says so, or when no renewal has come through for a
// TTL. Too slow a pace is made faster.
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
		case errors.Is(err, errSessionGone), !time.Now().Before(c.until()):
			return
		default:
			next.Reset(min(pace, backoffMost/6))
		}
	}
}

// end stops renewing and destroys the session.
func (c *consulSession) end(ctx context.Context) error {
	c.stop()
	_, err := c.store.client.Session().Destroy(c.id, new(api.WriteOptions).WithContext(ctx))
	return err
}

// drop is end for a session that nobody will ask about: it ends by itself
// where the server cannot be reached.
func (c *consulSession) drop() {
	ctx, cancel := context.WithTimeout(context.Background(), c.store.timeout)
	defer cancel()
	_ = c.end(ctx)
}

// consulExpected is what AtomicPut expects to replace.
type consulExpected struct{ old *api.KVPair }

// putEphemeral puts a key that ends with a session of its own. expected is
// nil for a plain put.
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
		if try == putTries || !conflicts(err) {
			return pair, err
		}
	}
}

// ephemeral is the session of an ephemeral key: the one it has, with another
// TTL, or a new one. With a heartbeat it is renewed until Close.
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
	if heartbeat > 0 && session.beat() {
		if err := s.start(func(context.Context) { session.keep(heartbeat) }); err != nil {
			return nil, false, err
		}
	}
	return session, isNew, nil
}

// beat tells, once, that nobody keeps the session yet.
func (c *consulSession) beat() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.beats
	c.beats = true
	return first
}

// remember leaves the session of an ephemeral key to Close; false after it.
func (s *Consul) remember(name string, session *consulSession) bool {
	s.Lock()
	defer s.Unlock()
	if !s.closed {
		s.ephemerals[name] = session
	}
	return !s.closed
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

// isKvistLock tells by its name whether a session is that of a lock of this
// package.
func isKvistLock(sessionName string) bool { return strings.HasPrefix(sessionName, consulLockName) }
