package etcdclient

import (
	"context"
	"crypto/tls"
	"errors"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
)

const (
	// keepAlive is how long a server may be silent before it is asked whether it is there.
	keepAlive = 10 * time.Second
	// keepAliveTimeout is how long the answer may take before the connection is given up.
	keepAliveTimeout = 3 * time.Second
	// patience is how many times longer than a small request a long one may last.
	patience = 12
	// leaderRetries is how often the client repeats a read while the cluster elects a leader, which
	// takes about a second.
	leaderRetries = 60
)

// ErrContactLost ends a long request when there has been no connection for as long as a small
// request may last.
var ErrContactLost = errors.New("contact with the server was lost")

// Config is what New needs.
type Config struct {
	// Context ends every request, and the client's own work with it.
	Context context.Context //nolint:containedctx // it is the store's, which the client lives in
	// Endpoints are tried in turn as long as the others are down. See Endpoints.
	Endpoints []string
	TLS       *tls.Config // nil for connections without TLS
	// Username and Password are the login; one that lacks either is none.
	Username, Password string
	// Timeout bounds a small request and an attempt to connect.
	Timeout time.Duration
}

// Client is a client of one cluster. New makes one.
type Client struct {
	*clientv3.Client // nil until Open has succeeded

	ctx       context.Context //nolint:containedctx // Config.Context
	endpoints []string
	tls       *tls.Config
	timeout   time.Duration
	refusal   refusal
	login     login
	opening   atomic.Bool // a request fails when no address can be connected to
}

// New returns a client that has no connection yet.
func New(config Config) *Client {
	return &Client{
		ctx: config.Context, endpoints: config.Endpoints, tls: config.TLS, timeout: config.Timeout,
		login: login{user: config.Username, password: config.Password},
	}
}

// IsAnonymous reports whether the client has neither a login nor a certificate that could be one.
func (c *Client) IsAnonymous() bool {
	return !c.login.isGiven() && (c.tls == nil || len(c.tls.Certificates) == 0 && c.tls.GetClientCertificate == nil)
}

// Open connects, logs in, and reads a key. A server that refuses to show that key is there and
// knows the user, so this is no error. If no address can be connected to, Open fails at once.
func (c *Client) Open(ctx context.Context) error {
	c.opening.Store(true)
	defer c.opening.Store(false)
	client, err := clientv3.New(c.config())
	if err != nil {
		return err
	}
	if c.login.isGiven() {
		err = rpctypes.Error(unhidden(c.login.renew(ctx, client.ActiveConnection(), "")))
	}
	if err == nil {
		// The key that etcdctl reads in `endpoint health`.
		_, err = client.Get(ctx, "health", clientv3.WithKeysOnly())
	}
	if err != nil && !IsForbidden(err) {
		_ = client.Close()
		return unhidden(err)
	}
	c.Client = client
	return nil
}

// config returns the configuration of the client inside.
func (c *Client) config() clientv3.Config {
	config := clientv3.Config{
		Endpoints:            c.endpoints,
		TLS:                  c.tls,
		DialKeepAliveTime:    keepAlive,
		DialKeepAliveTimeout: keepAliveTimeout,
		Logger:               zap.NewNop(),
		DialOptions: append(c.dialOptions(),
			grpc.WithStatsHandler(sendCounter{}),
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff:           grpcbackoff.Config{BaseDelay: wait.Shortest, Multiplier: 2, Jitter: 0.2, MaxDelay: wait.Longest},
				MinConnectTimeout: c.timeout,
			}),
		),
		MaxUnaryRetries: leaderRetries * uint(len(c.endpoints)/2+1),
		Context:         c.ctx,
	}
	if c.tls != nil {
		config.DialOptions = append(config.DialOptions, grpc.WithTransportCredentials(newTLS(c.tls, &c.refusal)))
	}
	return config
}

// User returns the name of the login, "" if there is none.
func (c *Client) User() string { return c.login.user }

// Refusal returns why the certificate that a server showed last was refused, or nil if it was
// accepted.
func (c *Client) Refusal() error { return c.refusal.last() }

// Timeout returns how long a small request may last.
func (c *Client) Timeout() time.Duration { return c.timeout }

// Request returns the context of one small request on behalf of ctx. It ends after the timeout, and
// with the store.
func (c *Client) Request(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// Long is Request for a request that may touch very many keys, and have a large answer. The client
// waits for a connection in silence; here the context ends early when there is none for as long as
// a small request may last. LostContact recognises that.
func (c *Client) Long(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, end := context.WithTimeout(WithLargeAnswers(ctx), patience*c.timeout)
	stop := context.AfterFunc(c.ctx, end)
	ctx, giveUp := context.WithCancelCause(ctx)
	go func() {
		_ = panics.Contained(func() {
			for c.isConnectedSoon(ctx) {
				c.UntilDisconnected(ctx)
			}
		})
		giveUp(ErrContactLost)
	}()
	return ctx, func() { stop(); end(); giveUp(nil) }
}

// LostContact returns ErrContactLost instead of err if that is why ctx, which Long returned, has
// ended.
func LostContact(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), ErrContactLost) {
		return ErrContactLost
	}
	return err
}

// isConnectedSoon waits for a connection as long as a small request may last.
func (c *Client) isConnectedSoon(ctx context.Context) bool {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	return c.Connect(ctx, func(error) {}) == nil && ctx.Err() == nil
}

// Connect waits until there is a connection, and reports each reason why there is none yet. Its
// error is ctx's.
func (c *Client) Connect(ctx context.Context, report func(error)) error {
	conn := c.ActiveConnection()
	for state := conn.GetState(); state != connectivity.Ready; state = conn.GetState() {
		conn.Connect()
		if state == connectivity.TransientFailure {
			if err := c.whyUnconnected(ctx); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
		waiting, cancel := context.WithTimeout(ctx, wait.Longest)
		conn.WaitForStateChange(waiting, state)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// whyUnconnected sends a request that does not wait for a connection, for the sake of its error.
func (c *Client) whyUnconnected(ctx context.Context) error {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	_, err := c.ServerStatus(ctx, grpc.WaitForReady(false))
	return err
}

// ServerStatus returns the status of the server that the client is connected to.
func (c *Client) ServerStatus(ctx context.Context, opts ...grpc.CallOption) (*etcdserverpb.StatusResponse, error) {
	return etcdserverpb.NewMaintenanceClient(c.ActiveConnection()).Status(ctx, &etcdserverpb.StatusRequest{}, opts...)
}

// NewWatcher returns a watcher with a stream of its own, which ends when the watcher is closed.
func (c *Client) NewWatcher() clientv3.Watcher { return clientv3.NewWatcher(c.Client) }

// Watches opens a stream of watches that does not resume: it ends with the connection. What arrives
// on it is in the order in which the server sent it, over all its watches.
func (c *Client) Watches(ctx context.Context) (etcdserverpb.Watch_WatchClient, error) {
	return etcdserverpb.NewWatchClient(c.ActiveConnection()).Watch(clientv3.WithRequireLeader(ctx))
}

// UntilDisconnected waits until the connection is lost or ctx ends.
func (c *Client) UntilDisconnected(ctx context.Context) {
	c.ActiveConnection().WaitForStateChange(ctx, connectivity.Ready)
}
