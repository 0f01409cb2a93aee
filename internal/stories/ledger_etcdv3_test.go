package stories

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	client "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
)

// v3Ledger speaks to etcd by the library of etcdctl.
type v3Ledger struct {
	*testing.T
	*client.Client
	lives, ends client.LeaseID
}

func newV3Ledger(s *scene) *v3Ledger {
	s.Helper()
	c, err := client.New(client.Config{Endpoints: []string{s.server.Addr}, Logger: zap.NewNop()})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = c.Close() }) // it fails only over a connection that is gone
	l := &v3Ledger{T: s.T, Client: c}
	l.lives, l.ends = l.lease(longTTL), l.lease(longTTL/2)
	return l
}

// lease grants a lease.
func (l *v3Ledger) lease(ttl time.Duration) client.LeaseID {
	l.Helper()
	granted, err := l.Grant(l.Context(), int64(ttl.Seconds()))
	if err != nil {
		l.Fatal(err)
	}
	return granted.ID
}

// Context is the test's.
func (l *v3Ledger) Context() context.Context { return l.T.Context() }

// adorn puts keys with two leases, of which one will end.
func (l *v3Ledger) adorn(folder string) {
	l.Helper()
	for i := range specials {
		lease := l.lives
		if i%2 == 1 {
			lease = l.ends
		}
		l.puts(folder+"/special/"+strconv.Itoa(i), string([]byte{byte(i), 0xff, 0}), lease)
	}
}

func (l *v3Ledger) dress(key string) { l.Helper(); l.puts(key, "value with a lease", l.lives) }

func (l *v3Ledger) puts(key, value string, lease client.LeaseID) {
	l.Helper()
	if _, err := l.Put(l.Context(), key, value, client.WithLease(lease)); err != nil {
		l.Fatal(err)
	}
}

func (l *v3Ledger) lock(key string) {
	l.Helper()
	session, err := concurrency.NewSession(l.Client, concurrency.WithTTL(int(longTTL.Seconds())))
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = session.Close() }) // its lease may have ended
	if err := concurrency.NewMutex(session, key).Lock(l.Context()); err != nil {
		l.Fatal(err)
	}
}

// revoke ends one of the leases.
func (l *v3Ledger) revoke() {
	l.Helper()
	if _, err := l.Revoke(l.Context(), l.ends); err != nil {
		l.Fatal(err)
	}
}

func (l *v3Ledger) facts(prefix string) map[string]fact {
	l.Helper()
	answer, err := l.Get(l.Context(), prefix+"/", client.WithPrefix())
	if err != nil {
		l.Fatal(err)
	}
	facts := map[string]fact{}
	granted := map[int64]time.Duration{}
	for _, pair := range answer.Kvs {
		f := fact{value: string(pair.Value)}
		if pair.Lease != 0 {
			if _, asked := granted[pair.Lease]; !asked {
				life, err := l.TimeToLive(l.Context(), client.LeaseID(pair.Lease))
				if err != nil {
					l.Fatal(err)
				}
				granted[pair.Lease] = time.Duration(life.GrantedTTL) * time.Second
			}
			f.owner, f.ttl = fmt.Sprintf("%x", pair.Lease), granted[pair.Lease]
		}
		facts[string(pair.Key)] = f
	}
	return facts
}
