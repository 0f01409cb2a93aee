package demo

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// sessions are the sessions that are closed at the end.
type sessions struct {
	mu   sync.Mutex
	open map[*concurrency.Session]bool
}

// session grants a lease that is kept alive. Its ID comes from the dice, not
// from the server, so that one seed always gives the same names.
func (c *Cluster) session(ctx context.Context, ttl time.Duration) (*concurrency.Session, error) {
	id := int64(c.dice.bits()>>4 | 1<<60) // sixteen hexadecimal digits, and positive
	request := &etcdserverpb.LeaseGrantRequest{ID: id, TTL: int64(ttl / time.Second)}
	leases := etcdserverpb.NewLeaseClient(c.client.ActiveConnection())
	_, err := leases.LeaseGrant(ctx, request)
	if errors.Is(rpctypes.Error(err), rpctypes.ErrLeaseExist) { // left by an earlier run
		if _, err := c.client.Revoke(ctx, clientv3.LeaseID(id)); err != nil {
			return nil, err
		}
		_, err = leases.LeaseGrant(ctx, request)
	}
	if err != nil {
		return nil, err
	}
	s, err := concurrency.NewSession(c.client, concurrency.WithLease(clientv3.LeaseID(id)), concurrency.WithTTL(int(request.TTL)))
	if err != nil {
		return nil, err
	}
	c.sessions.add(s)
	return s, nil
}

func (s *sessions) add(one *concurrency.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[*concurrency.Session]bool{}
	}
	s.open[one] = true
}

// end closes one session, which deletes its keys.
func (s *sessions) end(one *concurrency.Session) {
	s.mu.Lock()
	delete(s.open, one)
	s.mu.Unlock()
	_ = one.Close() // at worst its lease expires
}

// closeAll closes all sessions.
func (s *sessions) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.open {
		_ = one.Close()
	}
	s.open = nil
}
