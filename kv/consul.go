package kv

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/consul/api"
)

// Consul is a store in Consul's KV. A key may end in "/": such a key is how
// Consul's own tools make a folder, and another one than the key without it.
//
// It is a mutex, as the original was; that is of no use to others.
type Consul struct {
	sync.Mutex // guards what is below closed

	client     *api.Client
	http       *http.Client // the same, for answers too large to hold whole
	transport  *consulTransport
	datacenter string
	timeout    time.Duration
	ttl        time.Duration // of ephemeral keys
	sized      bool          // the agent has told what follows
	maxValue   int           // bytes of a value that the agent takes
	maxTxn     int           // bytes of a transaction that the agent takes
	limits     consulLimits  // of feeds
	pulse      consulPulse

	ctx    context.Context // ends at Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // all goroutines but feeds' readers

	closed     bool
	ephemerals map[string]*consulSession // by key
	locks      map[*consulLock]struct{}  // held
}

var (
	_ Store        = (*Consul)(nil)
	_ Follower     = (*Consul)(nil)
	_ MetaReader   = (*Consul)(nil)
	_ HealthReader = (*Consul)(nil)
	_ Limits       = (*Consul)(nil)
)

// InitializeConsul creates a new Consul client given a list of endpoints and
// optional tls config. An endpoint is a URL with http or https, or "host:port",
// which is spoken to by TLS where options have a TLS config; the next is tried
// when one is down. What the environment says (CONSUL_HTTP_TOKEN and others) is
// not looked at.
func InitializeConsul(endpoints []string, options *Config) (Store, error) {
	s, err := newConsul(endpoints, options)
	if err != nil {
		return nil, &Error{Op: "open", Server: "consul " + strings.Join(endpoints, ","), Kind: ErrNotReachable, Err: err}
	}
	if err := s.reach(); err != nil {
		err = s.fail("open", "", err)
		s.Close()
		return nil, err
	}
	return s, nil
}

// newConsul makes a store that has not spoken to a server yet.
func newConsul(endpoints []string, options *Config) (*Consul, error) {
	transport, err := newConsulTransport(endpoints, options)
	if err != nil {
		return nil, err
	}
	plain := &http.Client{
		Transport: transport,
		// A redirect is the agent's folding of a key into another one.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	config := &api.Config{Address: consulPlaceholder, Scheme: "http", Token: consulPlaceholder, HttpClient: plain}
	if options != nil {
		config.Datacenter = options.Datacenter
	}
	client, err := api.NewClient(config)
	if err != nil {
		return nil, err
	}
	s := &Consul{
		client:     client,
		http:       plain,
		transport:  transport,
		datacenter: config.Datacenter,
		timeout:    options.connectionTimeout(),
		ttl:        options.ephemeralTTL(),
		maxValue:   consulMaxDefault,
		maxTxn:     consulMaxDefault,
		limits:     consulDefaultLimits(options.memory()),
		ephemerals: map[string]*consulSession{},
		locks:      map[*consulLock]struct{}{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.pulse = consulPulse{store: s, every: consulPulseEvery, waiting: map[*consulWait]struct{}{}}
	transport.bound, transport.heard, transport.moved = s.bound, s.pulse.hear, s.pulse.sweep
	return s, nil
}

// reach asks the server who leads, which needs no rights, to know that it is
// there and is a Consul; and then what it is, to know whether the token is
// one and what sizes it takes. Consul lets a token without rights in.
func (s *Consul) reach() error {
	ctx, cancel := s.bounded(s.ctx)
	defer cancel()
	var leader string
	if _, err := s.client.Raw().Query("/v1/status/leader", &leader, new(api.QueryOptions).WithContext(ctx)); err != nil {
		return consulOrNot(ctx, err)
	}
	self, err := s.self(ctx)
	var status api.StatusError
	switch {
	case err == nil:
		s.sized = self.DebugConfig.KVMaxValueSize > 0 && self.DebugConfig.TxnMaxReqLen > 0
		s.maxValue = cmp.Or(self.DebugConfig.KVMaxValueSize, s.maxValue)
		s.maxTxn = cmp.Or(self.DebugConfig.TxnMaxReqLen, s.maxTxn)
		return nil
	case errors.As(err, &status) && status.Code == http.StatusForbidden && strings.Contains(status.Body, "Permission denied"):
		return nil
	}
	return err
}

// consulOrNot tells a server of another kind from one that is not there.
func consulOrNot(ctx context.Context, err error) error {
	var status api.StatusError
	switch {
	case errors.As(err, &status):
		if status.Code < http.StatusInternalServerError && !errors.Is(consulStatusKind(status, nil), ErrDenied) {
			return withKind(ErrWrongServer, err)
		}
		return err
	case isNoJSON(err):
		return withKind(ErrWrongServer, err)
	case ctx.Err() != nil, errors.Is(err, errNotSent) && !notHTTP(err):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), notHTTP(err):
		return withKind(ErrWrongServer, err)
	}
	return err
}

// notHTTP reports whether something answered that is no HTTP; net/http has no
// error values for it.
func notHTTP(err error) bool {
	return isNoHTTP(err) || notTLS(err)
}

// notTLS reports whether something without TLS answered a TLS client.
func notTLS(err error) bool {
	return strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") ||
		strings.Contains(err.Error(), "first record does not look like a TLS handshake")
}

// Close closes the client connection
func (s *Consul) Close() {
	s.Lock()
	if s.closed {
		s.Unlock()
		s.wg.Wait()
		return
	}
	s.closed = true
	locks, sessions := s.locks, s.ephemerals
	s.locks, s.ephemerals = nil, nil
	s.Unlock()

	// All at once, and bounded: a dead server must not hold up the end.
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	var left sync.WaitGroup
	for lock := range locks {
		left.Go(func() { // its session ends by itself where this fails
			_ = recovered(func() error { return lock.release(ctx) })
		})
	}
	for _, session := range sessions {
		left.Go(func() { _ = recovered(func() error { return session.end(ctx) }) })
	}
	left.Wait()
	s.cancel()
	s.wg.Wait()
	s.transport.base.CloseIdleConnections()
}

// start runs a goroutine that Close ends and waits for; ErrClosed after it. A
// panic ends that goroutine alone: what it defers says what that means.
func (s *Consul) start(run func(context.Context)) error {
	s.Lock()
	defer s.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.wg.Go(func() { _ = contained(func() { run(s.ctx) }) })
	return nil
}

// enter is for work in the caller's goroutine that Close waits for until
// s.wg.Done is called; ErrClosed after Close.
func (s *Consul) enter() error {
	s.Lock()
	defer s.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.wg.Add(1)
	return nil
}

// bounded is a context for one small request.
func (s *Consul) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.within(ctx, s.timeout)
}

// within is ctx that also ends after limit, at Close, and when the agent is
// found not to answer.
func (s *Consul) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, unwatch := s.pulse.watch(ctx)
	ctx, cancel := context.WithTimeout(ctx, limit)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel(); unwatch() }
}
