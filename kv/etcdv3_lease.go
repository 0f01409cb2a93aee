package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/wait"
)

// v3Leases are the leases a store has to give back when it is closed.
type v3Leases struct {
	mu sync.Mutex
	// ends says when a lease ends by itself; renewed ones have the zero time.
	ends map[clientv3.LeaseID]time.Time

	// kept is the one that all ephemeral keys with a heartbeat share; its
	// keeper renews it at pace.
	kept clientv3.LeaseID
	pace time.Duration
	// hurry has an element when pace became shorter.
	hurry chan struct{}
}

const (
	// leastV3TTL is the least that a server grants whose election timeout is
	// the default; what another grants it tells itself.
	leastV3TTL = 2 * time.Second
	// mostV3TTL is lease.MaxLeaseTTL of the server.
	mostV3TTL = 9_000_000_000 * time.Second
)

// grant asks for a lease of at least ttl, in whole seconds, as etcd counts.
// A server that would make it longer, having a longer least, is not taken at
// its word: ErrInvalidTTL.
func (s *EtcdV3) grant(ctx context.Context, op Op, key string, ttl time.Duration) (clientv3.LeaseID, error) {
	if ttl <= 0 {
		return 0, s.fail(op, key, ErrInvalidTTL, errTTL(ttl, leastV3TTL, mostV3TTL))
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	seconds := int64((ttl + time.Second - 1) / time.Second)
	resp, err := s.client.Grant(ctx, seconds)
	switch {
	case errors.Is(err, rpctypes.ErrLeaseTTLTooLarge):
		return 0, s.fail(op, key, ErrInvalidTTL, errTTL(ttl, leastV3TTL, mostV3TTL))
	case err != nil:
		return 0, s.explain(op, key, err)
	case resp.TTL > seconds:
		_, _ = s.client.Revoke(ctx, resp.ID)
		return 0, s.fail(op, key, ErrInvalidTTL, errTTL(ttl, time.Duration(resp.TTL)*time.Second, mostV3TTL))
	}
	return resp.ID, nil
}

// ephemeral is the lease for a key to be written: none, unless opts make it
// ephemeral. Keys with a heartbeat share a lease; one without has its own,
// since it ends EphemeralTTL after this very write.
func (s *EtcdV3) ephemeral(op Op, key string, opts *WriteOptions) (clientv3.LeaseID, error) {
	if opts == nil || !opts.Ephemeral {
		return clientv3.NoLease, nil
	}
	if err := s.alive(op, key); err != nil {
		return clientv3.NoLease, err
	}
	if opts.Heartbeat > 0 {
		return s.keptLease(op, key, opts.Heartbeat)
	}
	id, err := s.grant(s.ctx, op, key, s.ttl)
	if err == nil {
		s.leases.add(id, time.Now().Add(s.ttl+time.Second))
	}
	return id, err
}

// withLease writes with the lease that opts ask for; once more with a new one
// when somebody revoked the one that is kept.
func (s *EtcdV3) withLease(op Op, key string, opts *WriteOptions, write func(clientv3.LeaseID) error) error {
	for again := true; ; again = false {
		lease, err := s.ephemeral(op, key, opts)
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

// keptLease is the lease that is renewed, made when there is none.
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
	id, err := s.grant(s.ctx, op, key, s.ttl)
	if err != nil {
		return clientv3.NoLease, err
	}
	hurry := make(chan struct{}, 1)
	l.kept, l.pace, l.hurry = id, pace, hurry
	l.note(id, time.Time{})
	keeping := s.start(func(ctx context.Context) {
		defer l.drop(id)
		s.keep(ctx, id, s.ttl, l.currentPace, hurry)
	})
	if !keeping {
		return clientv3.NoLease, s.fail(op, key, ErrClosed, nil)
	}
	return id, nil
}

// keep renews a lease until ctx ends or the lease does: because the server
// says so, or because it could not be renewed for all of its TTL. Its end is
// counted from when the last renewal was sent, so it is never believed longer
// than the server does.
func (s *EtcdV3) keep(ctx context.Context, id clientv3.LeaseID, ttl time.Duration, pace func() time.Duration, hurry <-chan struct{}) {
	end := time.Now().Add(ttl)
	next := min(pace(), ttl/3)
	for {
		timer := time.NewTimer(min(next, time.Until(end)))
		select {
		case <-hurry:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
		sent := time.Now()
		if !sent.Before(end) {
			return
		}
		left, err := s.renew(ctx, id, end)
		switch {
		case err == nil:
			end, next = sent.Add(left), min(pace(), left/3)
		case errors.Is(err, rpctypes.ErrLeaseNotFound):
			return
		default:
			next = min(next, v3RenewAgain)
		}
	}
}

// v3RenewAgain is the pause after a renewal that failed.
const v3RenewAgain = 250 * time.Millisecond

// renew renews a lease once and tells how long it lives now. The client's own
// KeepAliveOnce would try without a pause while no server can be reached.
func (s *EtcdV3) renew(ctx context.Context, id clientv3.LeaseID, end time.Time) (time.Duration, error) {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	stream, err := etcdserverpb.NewLeaseClient(s.client.ActiveConnection()).LeaseKeepAlive(ctx)
	if err != nil {
		return 0, err
	}
	if err := stream.Send(&etcdserverpb.LeaseKeepAliveRequest{ID: int64(id)}); err != nil {
		return 0, err
	}
	resp, err := stream.Recv()
	if err != nil {
		return 0, rpctypes.Error(err)
	}
	_ = stream.CloseSend()
	if resp.TTL <= 0 {
		return 0, rpctypes.ErrLeaseNotFound
	}
	return time.Duration(resp.TTL) * time.Second, nil
}

// revokeAll gives all leases back, which deletes the keys bound to them. It is
// the store's last act, so the store's own context has ended.
func (s *EtcdV3) revokeAll() {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	var wg sync.WaitGroup
	for id := range s.leases.takeAll() {
		wg.Go(func() {
			_ = recovered(func() error { _, err := s.client.Revoke(ctx, id); return err })
		})
	}
	wg.Wait()
}

// add notes a lease and when it ends, and forgets those that have ended.
func (l *v3Leases) add(id clientv3.LeaseID, end time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for other, end := range l.ends {
		if !end.IsZero() && end.Before(now) {
			delete(l.ends, other)
		}
	}
	l.note(id, end)
}

// note is add for who has the mutex.
func (l *v3Leases) note(id clientv3.LeaseID, end time.Time) {
	if l.ends == nil {
		l.ends = map[clientv3.LeaseID]time.Time{}
	}
	l.ends[id] = end
}

// drop forgets the kept lease, which ended.
func (l *v3Leases) drop(id clientv3.LeaseID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == id {
		l.kept = clientv3.NoLease
	}
}

// takeAll are all leases; they are forgotten.
func (l *v3Leases) takeAll() map[clientv3.LeaseID]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.ends
	l.ends, l.kept = nil, clientv3.NoLease
	return all
}

// currentPace is how often the kept lease is renewed.
func (l *v3Leases) currentPace() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace
}
