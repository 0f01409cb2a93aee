package kv

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// Etcd is a store in etcd, over its v2 API: that of etcd 2, and of etcd 3.0 to 3.5, from 3.4 on
// only with --enable-v2. Keys of the v3 API are in another world and not seen here.
//
// The API has directories, which have no value. They are listed like keys, with an empty one.
// Nodes whose name starts with "_" are in no listing and no feed, which is etcd's own rule; they
// can be read by name. Refreshing a TTL gives a node a new index without an event, so the index
// that came by a watch may be outdated; AtomicPut and AtomicDelete then return ErrKeyModified.
type Etcd struct {
	*lifetime
	failures
	cluster      *etcdv2.Cluster
	ephemeralTTL time.Duration
	memory       int64 // that the keys of a feed may take, in bytes

	mu         sync.Mutex
	ephemerals map[string]*v2Ephemeral // by path; nil once the store is closed
}

var (
	_ Store          = (*Etcd)(nil)
	_ Follower       = (*Etcd)(nil)
	_ Lister         = (*Etcd)(nil)
	_ WriteChecker   = (*Etcd)(nil)
	_ DirectoryMaker = (*Etcd)(nil)
	_ ValueReader    = (*Etcd)(nil)
	_ LockInspector  = (*Etcd)(nil)
	_ MetaReader     = (*Etcd)(nil)
	_ HealthReader   = (*Etcd)(nil)
	_ Hider          = (*Etcd)(nil)
	_ DirNamer       = (*Etcd)(nil)
	_ Termed         = (*Etcd)(nil)
)

// InitializeEtcd opens a store at the members of one cluster: "host:port", or URLs. The first that
// answers is used until it fails. ErrWrongServer says that what answers has no v2 API.
//
// A refused login is ErrDenied here for the user root. The API answers a wrong password like a
// missing right, so for other users, who may have rights somewhere else, the refusal comes at the
// first use.
func InitializeEtcd(addrs []string, options *Config) (Store, error) {
	s := &Etcd{
		lifetime:     newLifetime(options.connectionTimeout()),
		ephemeralTTL: options.ephemeralTTL(), memory: options.memory(),
		ephemerals: map[string]*v2Ephemeral{},
	}
	s.failures = failures{serverOf: func(error) string { return s.server() }, look: v2Look, closing: s.isClosing}
	config := etcdv2.Config{Timeout: s.timeout, Unused: v2Queue("nobody")}
	if options != nil {
		config.TLS, config.Username, config.Password = options.TLS, options.Username, options.Password
	}
	var err error
	if s.cluster, err = etcdv2.Open(s.ctx, addrs, config); err != nil {
		s.cancel()
		return nil, &Error{Op: OpOpen, Server: ETCD, Kind: ErrNotReachable, Err: err}
	}
	if err := s.greet(options); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// greet asks for the store's index, to see that a v2 API answers.
func (s *Etcd) greet(options *Config) error {
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	_, err := s.cluster.Index(ctx, "/")
	switch {
	case etcdv2.Code(err) == client.ErrorCodeUnauthorized && (options == nil || options.Username != "root"):
		return nil // there may be rights elsewhere
	case errors.Is(err, io.EOF):
		return s.fail(OpOpen, "", withKind(ErrWrongServer, fmt.Errorf("%w (%w)", errV2NoAnswer, err)))
	case err != nil && errors.Is(v2Kind(err), ErrBadAnswer): // no v2 API answers this question so
		return s.fail(OpOpen, "", withKind(ErrWrongServer, err))
	case err != nil:
		return s.fail(OpOpen, "", err)
	}
	return nil
}

// keysMemory implements memoryBound.
func (s *Etcd) keysMemory() int64 { return s.memory }

// Terms implements Termed by the fields of the v2 API, https://etcd.io/docs/v2.3/api/.
func (s *Etcd) Terms() Terms {
	return Terms{Index: "modifiedIndex", Created: "createdIndex", Owner: "owner"}
}

// Nature implements Natured.
func (s *Etcd) Nature() Nature {
	return Nature{Name: "etcd v2", Paths: true, BareFolders: true, Text: true, TTL: true}
}

// Close implements Store.
func (s *Etcd) Close() {
	s.close(nil, func() {
		s.endEphemerals()
		s.cluster.Close()
	})
}
