package consulhttp

import (
	"cmp"
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// Config is what New needs to know.
type Config struct {
	Endpoints  []string    // host:port, with http:// or https:// before it if wanted
	TLS        *tls.Config // without a scheme, an endpoint is https where there is one
	Token      string
	Username   string // for basic authentication by a proxy; "" for none
	Password   string
	Datacenter string // "" for the agent's own

	// Timeout bounds a small request, and every silence within a large one.
	Timeout time.Duration
	// Wait is how long a blocking query waits unless it says otherwise.
	Wait time.Duration
	// Context ends every request when it ends, with its cause.
	Context context.Context //nolint:containedctx // it is the lifetime of the client
	// Start runs work in the background. An error means that nothing can be started any more.
	Start func(work func(context.Context)) error
}

// Client sends requests to Consul. New makes one.
type Client struct {
	api        *api.Client
	http       *http.Client // that of api, for answers too large to hold whole
	transport  *transport
	pulse      pulse
	datacenter string
	timeout    time.Duration
	wait       time.Duration
	ctx        context.Context //nolint:containedctx // as Config.Context

	sized    bool // the agent has said what follows
	maxValue int  // bytes of a value that the agent accepts
	maxTxn   int  // bytes of a transaction that the agent accepts
}

// New returns a client that has not spoken to any endpoint yet. Settings in the environment
// (CONSUL_HTTP_TOKEN and others) are ignored.
func New(c Config) (*Client, error) {
	t, err := newTransport(c)
	if err != nil {
		return nil, err
	}
	plain := &http.Client{
		Transport: t,
		// A redirect is the agent's folding of a key into another one.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	client, err := api.NewClient(&api.Config{
		Address: placeholder, Scheme: "http", Token: placeholder, HttpClient: plain, Datacenter: c.Datacenter,
	})
	if err != nil {
		return nil, err
	}
	cl := &Client{
		api: client, http: plain, transport: t,
		datacenter: c.Datacenter, timeout: c.Timeout, wait: c.Wait, ctx: c.Context,
		maxValue: sizeDefault, maxTxn: sizeDefault,
	}
	cl.pulse = pulse{client: cl, start: c.Start, every: pulseEvery, waiting: map[*waiter]struct{}{}}
	t.bound, t.heard, t.moved = cl.bound, cl.pulse.hear, cl.pulse.sweep
	return cl, nil
}

// Close closes the connections that no request uses.
func (c *Client) Close() { c.transport.base.CloseIdleConnections() }

// Host returns the endpoint in use.
func (c *Client) Host() string { return c.transport.host() }

// HasToken reports whether requests carry a token.
func (c *Client) HasToken() bool { return c.transport.token != "" }

// Request returns the context of a small request. It ends with ctx, with the client's context,
// after the timeout, and when the agent is found not to answer.
func (c *Client) Request(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.within(ctx, c.timeout)
}

// within is Request with another limit than the timeout.
func (c *Client) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, unwatch := c.pulse.watch(ctx)
	ctx, cancel := context.WithTimeout(ctx, limit)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() { stop(); cancel(); unwatch() }
}

// Watch returns a context that also ends, with the cause, when the agent is found not to answer.
// The function it returns must be called.
func (c *Client) Watch(ctx context.Context) (context.Context, func()) { return c.pulse.watch(ctx) }

// Self is what an agent says of itself.
type Self struct {
	Config struct {
		Version    string
		NodeName   string
		Datacenter string
	}
	DebugConfig struct {
		KVMaxValueSize int
		TxnMaxReqLen   int
	}
}

// Self asks the agent what it is, which needs the right agent:read.
func (c *Client) Self(ctx context.Context) (*Self, error) {
	self := &Self{}
	return self, c.query(ctx, "/v1/agent/self", self)
}

// Leader asks who leads, which needs no right. No leader is "".
func (c *Client) Leader(ctx context.Context) (string, error) {
	var leader string
	err := c.query(ctx, "/v1/status/leader", &leader)
	return leader, err
}

// Peers asks for the addresses of the servers, which needs no right.
func (c *Client) Peers(ctx context.Context) ([]string, error) {
	var peers []string
	err := c.query(ctx, "/v1/status/peers", &peers)
	return peers, err
}

// devDomain begins the trust domain of every cluster in development mode.
const devDomain = "11111111-2222-3333-4444-555555555555."

// Cluster asks for what tells the cluster from others: the datacenter, and the trust domain of
// its service mesh, which is the only ID that a cluster has of its own. It is "" where there is
// no mesh, in development mode, and where the token may not ask.
func (c *Client) Cluster(ctx context.Context) string {
	var roots struct{ TrustDomain string }
	err := c.query(ctx, "/v1/connect/ca/roots", &roots)
	if err != nil || roots.TrustDomain == "" || strings.HasPrefix(roots.TrustDomain, devDomain) {
		return ""
	}
	self, err := c.Self(ctx)
	if err != nil {
		return ""
	}
	return cmp.Or(c.datacenter, self.Config.Datacenter) + " " + roots.TrustDomain
}

// query asks for a small answer.
func (c *Client) query(ctx context.Context, path string, answer any) error {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	_, err := c.api.Raw().Query(path, answer, new(api.QueryOptions).WithContext(ctx))
	return err
}

// TakeSizes makes the client go by the sizes that the agent says it accepts. It must not be called
// while requests are under way.
func (c *Client) TakeSizes(self *Self) {
	value, txn := self.DebugConfig.KVMaxValueSize, self.DebugConfig.TxnMaxReqLen
	c.sized = value > 0 && txn > 0
	c.maxValue = cmp.Or(value, c.maxValue)
	c.maxTxn = cmp.Or(txn, c.maxTxn)
}

// Sizes returns the most bytes that the agent accepts in a value and in a transaction. known
// reports whether the agent has said so.
func (c *Client) Sizes() (value, txn int, known bool) { return c.maxValue, c.maxTxn, c.sized }
