package kv

import (
	"crypto/tls"
	"errors"
	"strings"
	"time"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/etcdlocks"
)

// EtcdV3 is a store in etcd, over its v3 API. Keys are bytes and are used verbatim: "a", "/a" and
// "a/" are three keys. Only a prefix, as List, WatchTree, Follow and DeleteTree take it, is a
// directory, with or without one slash at its end.
//
// A key that is replaced keeps its lease. Ephemeral keys with a heartbeat share one lease.
type EtcdV3 struct {
	*lifetime
	failures
	server       string // for errors, such as "etcdv3 127.0.0.1:2379"
	ephemeralTTL time.Duration
	memory       int64 // that the keys of a feed may take, in bytes
	past         int64 // the revision that is read; 0 for the newest

	client *etcdclient.Client
	reader *etcdlist.Reader
	rights *etcdlist.Rights
	finder *etcdlocks.Finder
	leases v3Leases
}

var (
	_ Store         = (*EtcdV3)(nil)
	_ Follower      = (*EtcdV3)(nil)
	_ ValueFollower = (*EtcdV3)(nil)
	_ Lister        = (*EtcdV3)(nil)
	_ ValueReader   = (*EtcdV3)(nil)
	_ ChangeReader  = (*EtcdV3)(nil)
	_ MetaReader    = (*EtcdV3)(nil)
	_ LockInspector = (*EtcdV3)(nil)
	_ HealthReader  = (*EtcdV3)(nil)
	_ WriteChecker  = (*EtcdV3)(nil)
	_ PlanDeleter   = (*EtcdV3)(nil)
	_ Hider         = (*EtcdV3)(nil)
	_ DirNamer      = (*EtcdV3)(nil)
	_ Termed        = (*EtcdV3)(nil)
	_ Historian     = (*EtcdV3)(nil)
)

// InitializeEtcdV3 opens a store at the members of one cluster. An address is "host:port",
// "http://host:port" or "https://host:port". The first that answers is used until it fails.
//
// A refused login is ErrDenied, a server of another kind or without the v3 API ErrWrongServer.
func InitializeEtcdV3(addrs []string, options *Config) (Store, error) {
	s := &EtcdV3{
		lifetime: newLifetime(options.connectionTimeout()), server: ETCDV3 + " " + strings.Join(addrs, ","),
		ephemeralTTL: options.ephemeralTTL(), memory: options.memory(),
	}
	s.failures = failures{serverOf: func(error) string { return s.server }, look: s.look, closing: s.isClosing}
	config := etcdclient.Config{Context: s.ctx, Timeout: s.timeout}
	var secure *tls.Config
	if options != nil {
		secure, config.Username, config.Password = options.TLS, options.Username, options.Password
	}
	config.Endpoints, config.TLS = etcdclient.Endpoints(addrs, secure)
	s.client = etcdclient.New(config)
	s.reader, s.rights = etcdlist.NewReader(s.client), etcdlist.NewRights(s.client)
	s.finder = &etcdlocks.Finder{Client: s.client, Reader: s.reader, Queues: v3Queues}
	if len(addrs) == 0 {
		s.cancel()
		return nil, s.fail(OpOpen, "", withKind(ErrNotReachable, errors.New("no address")))
	}
	if err := s.open(config); err != nil {
		s.cancel()
		return nil, err
	}
	return s, nil
}

// Close implements Store. It gives all leases back, which deletes the keys that are bound to them.
func (s *EtcdV3) Close() {
	s.close(nil, func() {
		s.revokeAll()
		_ = s.client.Close()
	})
}

// alive returns ErrClosed once the store is closed.
func (s *EtcdV3) alive(op Op, key string) error {
	if s.ctx.Err() != nil {
		return s.fail(op, key, ErrClosed)
	}
	return nil
}

// keysMemory implements memoryBound.
func (s *EtcdV3) keysMemory() int64 { return s.memory }

// Terms implements Termed by the fields of mvccpb.KeyValue, in the short form of the words.
func (s *EtcdV3) Terms() Terms {
	return Terms{Index: "revision", Created: "created at revision", Version: "version", Owner: "lease"}
}

// Nature implements Natured.
func (s *EtcdV3) Nature() Nature { return Nature{Name: "etcd v3", TTL: true, Leases: true} }
