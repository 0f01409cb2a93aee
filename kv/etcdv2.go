package kv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// Etcd is a store in etcd, over its v2 API: that of etcd 2, and of etcd 3.0
// to 3.5, from 3.4 on only with --enable-v2. Keys of the v3 API are in
// another world and not seen here.
//
// The API has directories, which have no value. They are listed like keys,
// with an empty one. Nodes whose name starts with "_" are in no listing and
// no feed, which is etcd's own rule; they can be read by name. Refreshing a
// TTL gives a node a new index without an event, so an index that a watch
// told may be outdated; AtomicPut and AtomicDelete then say ErrKeyModified.
type Etcd struct {
	endpoints    []*etcdEndpoint
	pinned       atomic.Int32 // the endpoint that answered last
	transport    *etcdTransport
	timeout      time.Duration // of a small request
	ephemeralTTL time.Duration
	memory       int64 // that the keys of a feed may take, in bytes

	ctx    context.Context //nolint:containedctx // it ends with the store, at Close
	cancel context.CancelFunc

	mu         sync.Mutex
	closed     bool
	running    sync.WaitGroup // watches, feeds, heartbeats, locks
	ephemerals map[string]*etcdEphemeral
}

var (
	_ Store    = (*Etcd)(nil)
	_ Follower = (*Etcd)(nil)
	_ Limits   = (*Etcd)(nil)
)

// InitializeEtcd opens a store at the members of one cluster: "host:port", or
// URLs. The first that answers is used until it fails. ErrWrongServer when
// what answers has no v2 API.
//
// A refused login is ErrDenied here for the user root. The API does not tell
// a wrong password from a missing right, so that for other users, who may
// have rights somewhere else, it shows at the first use.
func InitializeEtcd(addrs []string, options *Config) (Store, error) {
	if len(addrs) == 0 {
		return nil, &Error{Op: "open", Server: ETCD, Kind: ErrNotReachable, Err: client.ErrNoEndpoints}
	}
	s := &Etcd{
		timeout:      options.connectionTimeout(),
		ephemeralTTL: options.ephemeralTTL(), memory: options.memory(),
		ephemerals: map[string]*etcdEphemeral{},
	}
	s.transport = &etcdTransport{Transport: newEtcdTransport(options, len(addrs)), timeout: s.timeout}
	for _, addr := range addrs {
		endpoint, err := newEtcdEndpoint(addr, options, s.transport)
		if err != nil {
			return nil, &Error{Op: "open", Server: ETCD, Kind: ErrNotReachable, Err: err}
		}
		s.endpoints = append(s.endpoints, endpoint)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := s.greet(options); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// greet asks for the store's index, to see that a v2 API answers.
func (s *Etcd) greet(options *Config) error {
	ctx, cancel := s.small(s.ctx)
	defer cancel()
	_, err := s.index(ctx, "/")
	switch {
	case etcdCode(err) == client.ErrorCodeUnauthorized && (options == nil || options.Username != "root"):
		return nil // there may be rights elsewhere
	case errors.Is(err, io.EOF):
		return s.failAs("open", "", ErrWrongServer, fmt.Errorf("%w (%w)", errEtcdNoAnswer, err))
	case err != nil && errors.Is(etcdKind(err), ErrBadAnswer): // it is none that it gives to this question
		return s.failAs("open", "", ErrWrongServer, err)
	case err != nil:
		return s.fail("open", "", err)
	}
	return nil
}

// etcdNobody is a node below path that nobody makes, to ask the store
// something that costs it nothing: path itself may be a large directory, and
// a user may have no rights beside it.
func etcdNobody(path string) string { return etcdQueue(strings.TrimSuffix(path, "/") + "/nobody") }

// index is the index of the store as the cluster agrees on it.
func (s *Etcd) index(ctx context.Context, path string) (uint64, error) {
	_, index, err := s.node(ctx, etcdNobody(path), false)
	if err == nil || etcdMissing(err) {
		return index, nil
	}
	return 0, err
}

// start runs f in a goroutine that Close waits for. f is to end with s.ctx. A
// panic ends that goroutine alone: what it defers says what that means.
func (s *Etcd) start(f func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.running.Go(func() { _ = contained(f) })
	return nil
}

// Close implements Store.
func (s *Etcd) Close() {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
	if closed {
		return
	}
	s.endEphemerals()
	s.transport.CloseIdleConnections()
}
