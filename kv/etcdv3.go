package kv

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
)

// EtcdV3 is a store over the v3 API of etcd. Its keys are bytes, taken and
// given verbatim: "a", "/a" and "a/" are three keys. Only the prefix of List,
// WatchTree, Follow and DeleteTree is a directory: one slash at its end is
// taken as given.
type EtcdV3 struct {
	client  *etcdclient.Client
	server  string // for errors: "etcdv3 127.0.0.1:2379"
	timeout time.Duration
	ttl     time.Duration // of ephemeral keys

	ctx    context.Context // ends with the store
	cancel context.CancelFunc

	rights v3Rights
	memory int64 // that the keys of a feed may take, in bytes
	lists  *etcdlist.Reader
	leases v3Leases

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // watches, keep-alives, locks
}

var (
	_ Store         = (*EtcdV3)(nil)
	_ Follower      = (*EtcdV3)(nil)
	_ ValueFollower = (*EtcdV3)(nil)
	_ MetaReader    = (*EtcdV3)(nil)
	_ LockInspector = (*EtcdV3)(nil)
	_ HealthReader  = (*EtcdV3)(nil)
	_ Limits        = (*EtcdV3)(nil)
	_ PlanDeleter   = (*EtcdV3)(nil)
)

const (
	// v3LeaderPatience is how long an election is waited for, which takes about a
	// second.
	v3LeaderPatience = 1500 * time.Millisecond
)

// InitializeEtcdV3 creates a store over the v3 API of etcd. An address is
// "host:port", "http://host:port" or "https://host:port"; with several, each
// is tried as long as the others are down.
func InitializeEtcdV3(addrs []string, options *Config) (Store, error) {
	server := ETCDV3 + " " + strings.Join(addrs, ",")
	if len(addrs) == 0 {
		return nil, &Error{Op: "open", Server: server, Kind: ErrNotReachable, Err: errors.New("no address")}
	}
	var secure *tls.Config
	var username, password string
	if options != nil {
		secure, username, password = options.TLS, options.Username, options.Password
	}
	endpoints, secure := etcdclient.Endpoints(addrs, secure)
	ctx, cancel := context.WithCancel(context.Background())
	s := &EtcdV3{
		server:  server,
		timeout: options.connectionTimeout(),
		ttl:     options.ephemeralTTL(),
		memory:  options.memory(),
		ctx:     ctx,
		cancel:  cancel,
	}
	s.client = etcdclient.New(etcdclient.Config{
		Context: ctx, Endpoints: endpoints, TLS: secure, Username: username, Password: password, Timeout: s.timeout,
	})
	s.lists = etcdlist.NewReader(s.client)
	opening, done := context.WithTimeout(ctx, s.timeout)
	defer done()
	if err := s.open(opening); err != nil {
		err = s.explainOpen(opening, err, endpoints, secure)
		cancel()
		return nil, err
	}
	return s, nil
}

// open opens the client. The last quarter of the time is left for asking what
// else answers there.
func (s *EtcdV3) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout*3/4)
	defer cancel()
	return s.client.Open(ctx)
}

// explainOpen says why the store could not be opened, by asking who answers.
func (s *EtcdV3) explainOpen(ctx context.Context, err error, endpoints []string, secure *tls.Config) error {
	said := s.explain("open", "", err)
	if !errors.Is(said, ErrNotReachable) || errors.Is(said, ErrCertificate) || errors.Is(said, ErrNoLeader) {
		return said
	}
	kind := s.kind(err)
	err = s.client.Worded(err)
	for _, endpoint := range endpoints {
		found, cause := v3Probe(ctx, endpoint, secure)
		if found != nil {
			return s.fail("open", "", found, cause)
		}
		if cause != nil && !strings.Contains(err.Error(), cause.Error()) {
			err = fmt.Errorf("%w; %w", err, cause)
		}
	}
	return s.fail("open", "", kind, err)
}

// v3Probe asks what answers at an endpoint; kind is nil where that is not
// known.
func v3Probe(ctx context.Context, endpoint string, secure *tls.Config) (kind, cause error) {
	reason, cause := etcdclient.Probe(ctx, endpoint, secure)
	switch {
	case errors.Is(reason, etcdclient.ErrWrongServer):
		return ErrWrongServer, cause
	case errors.Is(reason, etcdclient.ErrRefuses):
		return ErrDenied, cause
	case errors.Is(reason, etcdclient.ErrUntrusted):
		return ErrCertificate, cause
	}
	return nil, cause
}

// Close closes the client connection
func (s *EtcdV3) Close() {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if already {
		return
	}
	s.cancel()
	s.running.Wait()
	s.revokeAll()
	_ = s.client.Close()
}

// start runs work until it returns; its context ends with the store. False
// when the store is closed already.
func (s *EtcdV3) start(work func(context.Context)) bool {
	if !s.enter() {
		return false
	}
	go func() {
		defer s.running.Done()
		_ = contained(func() { work(s.ctx) })
	}()
	return true
}

// enter counts one more who must leave before Close goes on; false when the
// store is closed already.
func (s *EtcdV3) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

// request is the context of one small request on behalf of ctx: it ends with
// the store, and after ConnectionTimeout.
func (s *EtcdV3) request(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.client.Request(ctx)
}

// long is request for what may touch very many keys.
func (s *EtcdV3) long(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.client.Long(ctx)
}

// alive is ErrClosed once the store is closed.
func (s *EtcdV3) alive(op Op, key string) error {
	if s.ctx.Err() != nil {
		return s.fail(op, key, ErrClosed, nil)
	}
	return nil
}
