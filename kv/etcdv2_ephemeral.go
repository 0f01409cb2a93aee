package kv

import (
	"context"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// v2LeastTTL is the shortest TTL: the API counts whole seconds.
const v2LeastTTL = time.Second

// v2Ephemeral is a key that ends with this store. Its identity is the index of its creation, which
// edits and refreshes keep: a key that somebody else set in its place is not renewed or deleted.
type v2Ephemeral struct {
	created uint64
	ttl     time.Duration
	stop    context.CancelFunc // ends the heartbeat
}

// v2Seconds rounds a TTL up to whole seconds, since the client cuts off what is below a second.
func v2Seconds(ttl time.Duration) time.Duration {
	return (ttl + time.Second - 1).Truncate(time.Second)
}

// ephemeralSeconds returns the TTL of ephemeral keys. Below a second it is ErrInvalidTTL.
func (s *Etcd) ephemeralSeconds(op Op, key string) (time.Duration, error) {
	if s.ephemeralTTL < v2LeastTTL {
		return 0, s.fail(op, key, errTTL(s.ephemeralTTL, v2LeastTTL, 0))
	}
	return v2Seconds(s.ephemeralTTL), nil
}

// keepEphemeral notes a key that was put with a TTL. It renews the key at the pace of heartbeat,
// at least twice in its TTL, unless heartbeat is 0.
func (s *Etcd) keepEphemeral(path string, created uint64, ttl, heartbeat time.Duration) {
	ctx, cancel := context.WithCancel(s.ctx)
	e := &v2Ephemeral{created: created, ttl: ttl, stop: cancel}
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
		// If the store was closed meanwhile, there is nothing to renew.
		_ = s.start(func(context.Context) { s.beat(ctx, path, e, min(heartbeat, ttl/2)) })
	}
}

// isEphemeral reports whether a node is an ephemeral key of this store.
func (s *Etcd) isEphemeral(path string, created uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ephemerals[path]
	return e != nil && e.created == created
}

// beat renews a key until it is no longer ours.
func (s *Etcd) beat(ctx context.Context, path string, e *v2Ephemeral, pace time.Duration) {
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

// renew renews the TTL of a key, and reports whether the key may still be ours. After lost contact
// it may: the next beat tries again.
func (s *Etcd) renew(ctx context.Context, path string, e *v2Ephemeral) bool {
	ctx, cancel := s.request(ctx)
	defer cancel()
	node, _, err := s.cluster.Get(ctx, path)
	if err != nil {
		return !etcdv2.IsMissing(err)
	}
	if node.CreatedIndex != e.created || node.Expiration == nil {
		return false
	}
	// An edit at this moment makes it fail, and the next beat is early enough.
	_ = s.cluster.Refresh(ctx, path, node.ModifiedIndex, e.ttl)
	return true
}

// forgetEphemeral drops e, unless another was put in its place.
func (s *Etcd) forgetEphemeral(path string, e *v2Ephemeral) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.stop()
	if s.ephemerals[path] == e {
		delete(s.ephemerals, path)
	}
}

// endEphemerals deletes the ephemeral keys that are still ours. A key that it cannot delete ends
// by its TTL.
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
		node, _, err := s.cluster.Get(ctx, path)
		if err != nil || node.CreatedIndex != e.created || node.Expiration == nil {
			continue
		}
		_ = s.cluster.Delete(ctx, path, &client.DeleteOptions{PrevIndex: node.ModifiedIndex})
	}
}
