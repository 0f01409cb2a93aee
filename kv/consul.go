package kv

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
)

// Consul is a store in Consul's KV. A key may end in "/": Consul's own tools make such a key for a
// folder, and it is another key than the one without the slash.
//
// It is a mutex, as in the original package; callers have no use for that.
type Consul struct {
	sync.Mutex // guards ephemerals and locks

	*lifetime
	failures

	http   *consulhttp.Client
	ttl    time.Duration // of ephemeral keys
	limits consulLimits  // of feeds

	ephemerals map[string]*consulSession // by key; nil after Close
	locks      map[*consulLock]struct{}  // held; nil after Close
}

var (
	_ Store          = (*Consul)(nil)
	_ Follower       = (*Consul)(nil)
	_ Lister         = (*Consul)(nil)
	_ MetaReader     = (*Consul)(nil)
	_ HealthReader   = (*Consul)(nil)
	_ WriteChecker   = (*Consul)(nil)
	_ DirectoryMaker = (*Consul)(nil)
	_ ValueReader    = (*Consul)(nil)
	_ PlanDeleter    = (*Consul)(nil)
	_ LockInspector  = (*Consul)(nil)
)

// InitializeConsul opens a store in Consul. An endpoint is a URL with http or https, or
// "host:port", which means https if options have a TLS config; the next one is tried when one is
// down. Settings in the environment (CONSUL_HTTP_TOKEN and others) are ignored.
func InitializeConsul(endpoints []string, options *Config) (Store, error) {
	s, err := newConsul(endpoints, options)
	if err != nil {
		return nil, &Error{Op: OpOpen, Server: "consul " + strings.Join(endpoints, ","), Kind: ErrNotReachable, Err: err}
	}
	if err := s.reach(); err != nil {
		err = s.fail(OpOpen, "", err)
		s.Close()
		return nil, err
	}
	return s, nil
}

// newConsul makes a store that has not spoken to a server yet.
func newConsul(endpoints []string, options *Config) (*Consul, error) {
	s := &Consul{
		lifetime:   newLifetime(options.connectionTimeout()),
		ttl:        options.ephemeralTTL(),
		limits:     consulDefaultLimits(options.memory()),
		ephemerals: map[string]*consulSession{},
		locks:      map[*consulLock]struct{}{},
	}
	s.failures = failures{serverOf: s.serverOf, look: consulLook, closing: s.isClosing}
	config := consulhttp.Config{
		Endpoints: endpoints, Timeout: s.timeout, Wait: DefaultWatchWaitTime, Context: s.ctx, Start: s.start,
	}
	if options != nil {
		config.TLS, config.Datacenter = options.TLS, options.Datacenter
		config.Token, config.Username, config.Password = options.Token, options.Username, options.Password
	}
	client, err := consulhttp.New(config)
	if err != nil {
		return nil, err
	}
	s.http = client
	return s, nil
}

// request returns the context of one small request. It ends like any other store's, and also when
// the agent is found not to answer.
func (s *Consul) request(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.http.Request(ctx)
}

// reach asks the server who leads, which needs no rights, to find out that it is there and is a
// Consul. Then it asks the server what it is, to find out whether it knows the token and what sizes
// it accepts. Consul also accepts a token without rights.
func (s *Consul) reach() error {
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	if _, err := s.http.Leader(ctx); err != nil {
		return consulOrNot(ctx, err)
	}
	self, err := s.http.Self(ctx)
	var status api.StatusError
	switch {
	case err == nil:
		s.http.TakeSizes(self)
		return nil
	case errors.As(err, &status) && status.Code == http.StatusForbidden && strings.Contains(status.Body, "Permission denied"):
		return nil
	}
	return err
}

// Close implements Store.
func (s *Consul) Close() { s.close(s.farewell, s.http.Close) }

// farewell gives up the locks and the ephemeral keys, all at once and within the timeout of a
// request: a dead server must not delay the end. A session that is not reached ends by its TTL.
func (s *Consul) farewell() {
	s.Lock()
	locks, sessions := s.locks, s.ephemerals
	s.locks, s.ephemerals = nil, nil
	s.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	var left sync.WaitGroup
	for lock := range locks {
		left.Go(func() { _ = recovered(func() error { return lock.release(ctx) }) })
	}
	for _, session := range sessions {
		left.Go(func() { _ = recovered(func() error { return session.end(ctx) }) })
	}
	left.Wait()
}
