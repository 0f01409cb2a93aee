package kv

import (
	"context"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// leastEtcdTTL is the shortest TTL: the API counts whole seconds.
const leastEtcdTTL = time.Second

// etcdEphemeral is a key that is to end with this store. It is known by the
// index of its creation, which edits and refreshes keep: a key that somebody
// else set in its place is not ours to renew or delete.
type etcdEphemeral struct {
	created uint64
	ttl     time.Duration
	stop    context.CancelFunc // ends the heartbeat
}

// wholeSeconds rounds up, for the client cuts off what is below a second.
func wholeSeconds(ttl time.Duration) time.Duration {
	return (ttl + time.Second - 1).Truncate(time.Second)
}

// ephemeralSeconds is the TTL of ephemeral keys; ErrInvalidTTL below a second.
func (s *Etcd) ephemeralSeconds(op Op, key string) (time.Duration, error) {
	if s.ephemeralTTL < leastEtcdTTL {
		return 0, s.failAs(op, key, ErrInvalidTTL, errTTL(s.ephemeralTTL, leastEtcdTTL, 0))
	}
	return wholeSeconds(s.ephemeralTTL), nil
}

// keepEphemeral notes a key that was put with a TTL, and renews it at the
// pace of heartbeat, if that is not 0; twice in its TTL at the least.
func (s *Etcd) keepEphemeral(path string, created uint64, ttl, heartbeat time.Duration) {
	ctx, cancel := context.WithCancel(s.ctx)
	e := &etcdEphemeral{created: created, ttl: ttl, stop: cancel}
	s.mu.Lock()
	if s.ephemerals == nil { // closed meanwhile: it ends by its TTL
		s.mu.Unlock()
		cancel()
		return
	}
	if old := s.ephemerals[path]; old != nil {
		old.stop()
	}
	s.ephemerals[path] = e
	s.mu.Unlock()
	if heartbeat > 0 {
		// Where the store was closed meanwhile, there is nothing to renew.
		_ = s.start(func() { s.beat(ctx, path, e, min(heartbeat, ttl/2)) })
	}
}

// isEphemeral reports whether a node is an ephemeral key of this store.
func (s *Etcd) isEphemeral(path string, created uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ephemerals[path]
	return e != nil && e.created == created
}

// beat renews a key until it is not ours any more.
func (s *Etcd) beat(ctx context.Context, path string, e *etcdEphemeral, pace time.Duration) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		ours := true // after a panic as well: the next beat tries again
		_ = contained(func() { ours = s.renew(ctx, path, e) })
		if !ours {
			s.forgetEphemeral(path, e)
			return
		}
	}
}

// renew gives a key its TTL anew; false when it is not ours any more. Lost
// contact is not that: the next beat tries again.
func (s *Etcd) renew(ctx context.Context, path string, e *etcdEphemeral) bool {
	ctx, cancel := s.small(ctx)
	defer cancel()
	node, _, err := s.node(ctx, path, false)
	if err != nil {
		return !etcdMissing(err)
	}
	if node.CreatedIndex != e.created || node.Expiration == nil {
		return false
	}
	// An edit at this moment makes it fail, and the next beat is early enough.
	_, _ = s.refresh(ctx, path, node.ModifiedIndex, e.ttl)
	return true
}

// refresh renews a node's TTL without an event and without touching its
// value, if it has that index; with index 0 whatever it has.
func (s *Etcd) refresh(ctx context.Context, path string, index uint64, ttl time.Duration) (*client.Node, error) {
	return s.set(ctx, path, nil, &client.SetOptions{PrevExist: client.PrevExist, PrevIndex: index, TTL: ttl, Refresh: true})
}

// forgetEphemeral drops e, unless another was put in its place.
func (s *Etcd) forgetEphemeral(path string, e *etcdEphemeral) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.stop()
	if s.ephemerals[path] == e {
		delete(s.ephemerals, path)
	}
}

// endEphemerals deletes the ephemeral keys that are still ours. What fails
// ends by its TTL.
func (s *Etcd) endEphemerals() {
	s.mu.Lock()
	ephemerals := s.ephemerals
	s.ephemerals = nil
	s.mu.Unlock()
	if len(ephemerals) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	for path, e := range ephemerals {
		e.stop()
		node, _, err := s.node(ctx, path, false)
		if err != nil || node.CreatedIndex != e.created || node.Expiration == nil {
			continue
		}
		_ = s.remove(ctx, path, &client.DeleteOptions{PrevIndex: node.ModifiedIndex})
	}
}
