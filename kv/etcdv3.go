package kv

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
)

// EtcdV3 is a store over the v3 API of etcd. Its keys are bytes, taken and
// given verbatim: "a", "/a" and "a/" are three keys. Only the prefix of List,
// WatchTree, Follow and DeleteTree is a directory: one slash at its end is
// taken as given.
type EtcdV3 struct {
	client  *clientv3.Client
	server  string // for errors: "etcdv3 127.0.0.1:2379"
	timeout time.Duration
	ttl     time.Duration // of ephemeral keys

	ctx    context.Context // ends with the store
	cancel context.CancelFunc

	opening atomic.Bool // a request fails when no address can be connected to
	refusal v3Refusal
	login   v3Login
	rights  v3Rights
	memory  int64 // that the keys of a feed may take, in bytes
	// countMost is how many keys a range may have that a server counts.
	countMost int64
	streams37 atomic.Bool // the server is known to stream ranges, as from 3.7 on
	leases    v3Leases

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
	// A peer that is silent for so long is asked whether it is there…
	v3KeepAlive = 10 * time.Second
	// … and is given up when it does not answer in this time.
	v3KeepAliveTimeout = 3 * time.Second
	// v3Patience is how many times longer than a small request one may last
	// that touches very many keys.
	v3Patience = 12
	// v3LeaderPatience is how long an election is waited for, which takes about
	// a second; v3LeaderRetries is how often the client tries a read meanwhile.
	v3LeaderPatience = 1500 * time.Millisecond
	v3LeaderRetries  = 60
)

// InitializeEtcdV3 creates a store over the v3 API of etcd. An address is
// "host:port", "http://host:port" or "https://host:port"; with several, each
// is tried as long as the others are down.
func InitializeEtcdV3(addrs []string, options *Config) (Store, error) {
	server := ETCDV3 + " " + strings.Join(addrs, ",")
	if len(addrs) == 0 {
		return nil, &Error{Op: "open", Server: server, Kind: ErrNotReachable, Err: errors.New("no address")}
	}
	endpoints, secure := v3Endpoints(addrs, options)
	ctx, cancel := context.WithCancel(context.Background())
	s := &EtcdV3{
		server:  server,
		timeout: options.connectionTimeout(),
		ttl:     options.ephemeralTTL(),
		memory:  options.memory(), countMost: v3CountMost,
		ctx:    ctx,
		cancel: cancel,
	}
	config := clientv3.Config{
		Endpoints:            endpoints,
		TLS:                  secure,
		DialKeepAliveTime:    v3KeepAlive,
		DialKeepAliveTimeout: v3KeepAliveTimeout,
		Logger:               zap.NewNop(),
		DialOptions: append(s.dialOptions(),
			grpc.WithStatsHandler(v3SendWatcher{}),
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff:           grpcbackoff.Config{BaseDelay: backoffLeast, Multiplier: 2, Jitter: 0.2, MaxDelay: backoffMost},
				MinConnectTimeout: s.timeout,
			}),
		),
		MaxUnaryRetries: v3LeaderRetries * uint(len(endpoints)/2+1),
		Context:         ctx,
	}
	if secure != nil {
		config.DialOptions = append(config.DialOptions, grpc.WithTransportCredentials(newV3Credentials(secure, &s.refusal)))
	}
	if options != nil {
		s.login.user, s.login.password = options.Username, options.Password
	}
	opening, done := context.WithTimeout(ctx, s.timeout)
	defer done()
	if err := s.open(opening, config); err != nil {
		err = s.explainOpen(opening, err, endpoints, secure)
		cancel()
		return nil, err
	}
	return s, nil
}

// v3Endpoints are the addresses without their scheme, and how to secure the
// connections to them. The client would leave TLS out for an address that
// says http, whatever its configuration; here Config.TLS is meant.
func v3Endpoints(addrs []string, options *Config) ([]string, *tls.Config) {
	var secure *tls.Config
	if options != nil && options.TLS != nil {
		secure = options.TLS.Clone()
	}
	endpoints := make([]string, len(addrs))
	for i, addr := range addrs {
		scheme, rest, found := strings.Cut(addr, "://")
		switch {
		case !found:
			rest = addr
		case scheme == "https" && secure == nil:
			secure = &tls.Config{MinVersion: tls.VersionTLS12}
		case scheme == "unix" || scheme == "unixs":
			endpoints[i] = addr
			continue
		}
		endpoints[i] = strings.TrimRight(rest, "/")
	}
	return endpoints, secure
}

// open makes the client, logs in, and asks the server for a key. To be refused
// that key is an answer too: the server is there and knows the user. Where no
// address can be connected to, that is told at once.
func (s *EtcdV3) open(ctx context.Context, config clientv3.Config) error {
	s.opening.Store(true)
	defer s.opening.Store(false)
	// The last quarter of the time is left for asking who else is there.
	ctx, cancel := context.WithTimeout(ctx, s.timeout*3/4)
	defer cancel()
	client, err := clientv3.New(config)
	if err != nil {
		return err
	}
	if s.login.isGiven() {
		err = rpctypes.Error(v3Unhidden(s.login.renew(ctx, client.ActiveConnection(), "")))
	}
	if err == nil {
		// The key that etcdctl asks for in `endpoint health`.
		_, err = client.Get(ctx, "health", clientv3.WithKeysOnly())
	}
	if err != nil && !isV3Permission(err) {
		_ = client.Close()
		return v3Unhidden(err)
	}
	s.client = client
	return nil
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
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// long is request for what may touch very many keys: it ends early when there
// is no connection for as long as a small request may last, which the client,
// waiting for one, does not tell. lostContact says so of an error.
func (s *EtcdV3) long(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, end := context.WithTimeout(context.WithValue(ctx, v3Long{}, true), v3Patience*s.timeout)
	stop := context.AfterFunc(s.ctx, end)
	ctx, giveUp := context.WithCancelCause(ctx)
	go func() {
		_ = contained(func() {
			for s.reconnected(ctx) {
				s.client.ActiveConnection().WaitForStateChange(ctx, connectivity.Ready)
			}
		})
		giveUp(errContactLost)
	}()
	return ctx, func() { stop(); end(); giveUp(nil) }
}

// reconnected waits for a connection as long as a small request may last.
func (s *EtcdV3) reconnected(ctx context.Context) bool {
	ctx, cancel := s.request(ctx)
	defer cancel()
	return s.connected(ctx) == nil && ctx.Err() == nil
}

// lostContact is err, or that contact was lost where that ended ctx.
func lostContact(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errContactLost) {
		return errContactLost
	}
	return err
}

// connected waits until there is a connection; the error is ctx's.
func (s *EtcdV3) connected(ctx context.Context) error {
	return s.connecting(ctx, func(error) {})
}

// connecting is connected, and tells on the way why there is no connection.
func (s *EtcdV3) connecting(ctx context.Context, tell func(error)) error {
	conn := s.client.ActiveConnection()
	for state := conn.GetState(); state != connectivity.Ready; state = conn.GetState() {
		conn.Connect()
		if state == connectivity.TransientFailure {
			if err := s.knock(ctx); err != nil && ctx.Err() == nil {
				tell(err)
			}
		}
		waiting, cancel := context.WithTimeout(ctx, backoffMost)
		conn.WaitForStateChange(waiting, state)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// knock asks a server how it is, without waiting for a connection: the error
// is why there is none.
func (s *EtcdV3) knock(ctx context.Context) error {
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := etcdserverpb.NewMaintenanceClient(s.client.ActiveConnection()).
		Status(ctx, &etcdserverpb.StatusRequest{}, grpc.WaitForReady(false))
	return err
}

// alive is ErrClosed once the store is closed.
func (s *EtcdV3) alive(op Op, key string) error {
	if s.ctx.Err() != nil {
		return s.fail(op, key, ErrClosed, nil)
	}
	return nil
}

// isUnimplemented reports whether the server does not know the call.
func isUnimplemented(err error) bool { return v3Code(err) == codes.Unimplemented }
