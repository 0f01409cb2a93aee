package kv

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkwatch"
	"kvist/kv/internal/zkwire"
)

// Zookeeper is a Store on ZooKeeper 3.4 or newer.
//
// A key is a znode: "a/b" is /a/b. Every znode is a key with a value. A znode that only has
// others below it has an empty value, and null data are an empty value too. LastIndex is the
// Mzxid, the transaction that last changed the data. Unlike the version, which starts at 0 again
// when a znode is deleted and created, it is never used twice. The server compares versions only,
// so a compare-and-swap first reads the Mzxid, and then writes on the condition of the version
// that it read with it.
//
// A new znode gets the ACL of the znode above it.
//
// Servers of an ensemble may lag behind one another. A watch or a feed first makes its server
// catch up with the leader (ZooKeeper's sync), each time that it connects. So a watch never
// returns to a state older than one that it has sent before, and a feed begins a new listing,
// marked as a gap. If an ensemble has really lost transactions, what is left of them is reported
// as it is, after that mark.
type Zookeeper struct {
	*lifetime
	failures

	name    string // for errors
	options Config
	dialer  *zkwire.Dialer
	main    *zkclient.Session
	watches *zkwatch.Shared
	old     atomic.Bool // a server is too old for recursive watches

	opening  sync.Mutex                          // held while a session is opened
	sessions map[time.Duration]*zkclient.Session // of ephemeral nodes, by timeout
}

var (
	_ Store         = (*Zookeeper)(nil)
	_ Follower      = (*Zookeeper)(nil)
	_ MetaReader    = (*Zookeeper)(nil)
	_ LockInspector = (*Zookeeper)(nil)
	_ HealthReader  = (*Zookeeper)(nil)
	_ WriteChecker  = (*Zookeeper)(nil)
	_ PlanDeleter   = (*Zookeeper)(nil)
	_ ValueReader   = (*Zookeeper)(nil)
)

// InitializeZookeeper opens a Store on the ZooKeeper servers at endpoints. An endpoint is a host
// with or without a port (2181). Any of them may be down, as long as one answers within
// Config.ConnectionTimeout. options may be nil.
func InitializeZookeeper(endpoints []string, options *Config) (Store, error) {
	s := newZookeeper(endpoints, options)
	ctx, cancel := s.request(context.Background())
	defer cancel()
	granted, err := s.dialer.Probe(ctx, zkwire.SessionTimeout)
	if err == nil {
		s.main, err = s.connect(ctx, granted, 0)
	}
	if err != nil {
		s.cancel()
		e := &Error{Op: OpOpen, Server: s.name, Kind: zkKind(err), Err: err}
		if e.Kind == nil {
			e.Kind = ErrNotReachable
		}
		return nil, e
	}
	return s, nil
}

// newZookeeper returns a store that is not connected yet.
func newZookeeper(endpoints []string, options *Config) *Zookeeper {
	s := &Zookeeper{
		lifetime: newLifetime(options.connectionTimeout()),
		dialer:   zkDialer(endpoints, options),
		sessions: map[time.Duration]*zkclient.Session{},
	}
	s.name = "zookeeper " + strings.Join(s.dialer.Endpoints, ",")
	s.failures = failures{serverOf: func(error) string { return s.name }, look: s.look, closing: s.isClosing}
	s.watches = zkwatch.NewShared(s.dialer)
	if options != nil {
		s.options = *options
	}
	return s
}

// connect opens a session that the server keeps for granted after the last sign of life. room is
// how large a request can be in bytes, if larger than usual.
func (s *Zookeeper) connect(ctx context.Context, granted time.Duration, room int) (*zkclient.Session, error) {
	return zkclient.Connect(ctx, s.ctx, s.dialer, granted, room)
}

// Close implements Store.
func (s *Zookeeper) Close() {
	s.close(nil, func() {
		s.opening.Lock()
		defer s.opening.Unlock()
		for _, z := range s.sessions {
			z.Close()
		}
		s.main.Close()
	})
}
