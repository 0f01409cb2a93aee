package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/wait"
)

const (
	// v3LeastTTL is the least that a server with the default election timeout grants. Another
	// server reports its own least when it grants a lease.
	v3LeastTTL = 2 * time.Second
	// v3MostTTL is lease.MaxLeaseTTL of the server.
	v3MostTTL = 9_000_000_000 * time.Second
)

// v3Leases are the leases of ephemeral keys, which a store gives back when it is closed.
type v3Leases struct {
	mu sync.Mutex
	// ends is when each lease ends by itself; renewed ones have the zero time.
	ends map[clientv3.LeaseID]time.Time

	// kept is the lease that all ephemeral keys with a heartbeat share; it is renewed at pace.
	kept clientv3.LeaseID
	pace time.Duration
	// hurry has an element when pace has become shorter.
	hurry chan struct{}
}

// withLease writes with the lease that options ask for. If somebody has revoked the shared lease,
// it writes once more, with a new one.
func (s *EtcdV3) withLease(op Op, key string, options *WriteOptions, write func(clientv3.LeaseID) error) error {
	for again := true; ; again = false {
		lease, err := s.ephemeral(op, key, options)
		if err != nil {
			return err
		}
		err = write(lease)
		if !again || lease == clientv3.NoLease || !errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return err
		}
		s.leases.drop(lease)
	}
}

// ephemeral returns the lease for a key to be written, NoLease unless options make it ephemeral. A
// key without a heartbeat has a lease of its own, since it ends a TTL after this very write.
func (s *EtcdV3) ephemeral(op Op, key string, options *WriteOptions) (clientv3.LeaseID, error) {
	if options == nil || !options.Ephemeral {
		return clientv3.NoLease, nil
	}
	if err := s.alive(op, key); err != nil {
		return clientv3.NoLease, err
	}
	if options.Heartbeat > 0 {
		return s.keptLease(op, key, options.Heartbeat)
	}
	lease, err := s.grant(s.ctx, op, key, s.ephemeralTTL)
	if err == nil {
		s.leases.add(lease, time.Now().Add(s.ephemeralTTL+time.Second))
	}
	return lease, err
}

// keptLease returns the shared lease, and grants it if there is none.
func (s *EtcdV3) keptLease(op Op, key string, pace time.Duration) (clientv3.LeaseID, error) {
	l := &s.leases
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept != clientv3.NoLease {
		if pace < l.pace {
			l.pace = pace
			wait.Signal(l.hurry)
		}
		return l.kept, nil
	}
	lease, err := s.grant(s.ctx, op, key, s.ephemeralTTL)
	if err != nil {
		return clientv3.NoLease, err
	}
	hurry := make(chan struct{}, 1)
	l.kept, l.pace, l.hurry = lease, pace, hurry
	l.note(lease, time.Time{})
	err = s.start(func(ctx context.Context) {
		defer l.drop(lease)
		s.client.Keep(ctx, lease, s.ephemeralTTL, l.currentPace, hurry)
	})
	if err != nil {
		return clientv3.NoLease, s.fail(op, key, err)
	}
	return lease, nil
}

// grant grants a lease of at least ttl, in whole seconds, as etcd counts. If the server's least is
// more than that, it is ErrInvalidTTL.
func (s *EtcdV3) grant(ctx context.Context, op Op, key string, ttl time.Duration) (clientv3.LeaseID, error) {
	if ttl <= 0 {
		return 0, s.fail(op, key, errTTL(ttl, v3LeastTTL, v3MostTTL))
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	seconds := int64((ttl + time.Second - 1) / time.Second)
	resp, err := s.client.Grant(ctx, seconds)
	switch {
	case errors.Is(err, rpctypes.ErrLeaseTTLTooLarge):
		return 0, s.fail(op, key, errTTL(ttl, v3LeastTTL, v3MostTTL))
	case err != nil:
		return 0, s.fail(op, key, err)
	case resp.TTL > seconds:
		_, _ = s.client.Revoke(ctx, resp.ID)
		return 0, s.fail(op, key, errTTL(ttl, time.Duration(resp.TTL)*time.Second, v3MostTTL))
	}
	return resp.ID, nil
}

// revokeAll gives all leases back. It is the last thing that the store does, after its own context
// has ended.
func (s *EtcdV3) revokeAll() {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	var wg sync.WaitGroup
	for lease := range s.leases.takeAll() {
		wg.Go(func() {
			_ = recovered(func() error { _, err := s.client.Revoke(ctx, lease); return err })
		})
	}
	wg.Wait()
}

// add notes a lease and when it ends, and forgets those that have ended.
func (l *v3Leases) add(lease clientv3.LeaseID, end time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for other, end := range l.ends {
		if !end.IsZero() && end.Before(now) {
			delete(l.ends, other)
		}
	}
	l.note(lease, end)
}

// note is add under mu, without forgetting.
func (l *v3Leases) note(lease clientv3.LeaseID, end time.Time) {
	if l.ends == nil {
		l.ends = map[clientv3.LeaseID]time.Time{}
	}
	l.ends[lease] = end
}

// drop forgets the shared lease, which has ended.
func (l *v3Leases) drop(lease clientv3.LeaseID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == lease {
		l.kept = clientv3.NoLease
	}
}

// takeAll returns all leases and forgets them.
func (l *v3Leases) takeAll() map[clientv3.LeaseID]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.ends
	l.ends, l.kept = nil, clientv3.NoLease
	return all
}

// currentPace returns how often the shared lease is renewed.
func (l *v3Leases) currentPace() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace
}
