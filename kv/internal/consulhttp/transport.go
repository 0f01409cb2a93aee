package consulhttp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Paths of requests that the transport treats in their own way.
const (
	kvPath  = "/v1/kv/"
	txnPath = "/v1/txn"
)

// placeholder stands in the requests that Consul's client makes where the transport puts the
// endpoint and the token. Without one, the client would take a token from the environment, which
// is not for a library to do.
const placeholder = "kvist"

// transport carries requests to whichever endpoint answers. A read, and a write that was surely
// not sent, is tried on the next endpoint; a write that may have arrived is not.
type transport struct {
	base      *http.Transport
	endpoints []*url.URL // scheme and host only
	current   atomic.Int32
	token     string
	user      *url.Userinfo
	bound     func(*http.Request, *http.Response) int // most bytes of an answer; 0 is no bound
	heard     func()                                  // called when keys or values come
	moved     func(endpoint int32)                    // called when another endpoint than the last answered
}

// newTransport checks the endpoints.
func newTransport(c Config) (*transport, error) {
	if len(c.Endpoints) == 0 {
		return nil, errors.New("no address given")
	}
	t := &transport{token: c.Token}
	if c.Username != "" {
		t.user = url.UserPassword(c.Username, c.Password)
	}
	scheme := "http"
	var config *tls.Config
	if c.TLS != nil {
		scheme, config = "https", c.TLS.Clone()
	}
	for _, address := range c.Endpoints {
		endpoint, err := parseEndpoint(address, scheme)
		if err != nil {
			return nil, err
		}
		t.endpoints = append(t.endpoints, endpoint)
	}
	// An endpoint that swallows packets must leave time for the others. Keep-alives find a
	// connection that something on the way has dropped while a query waited on it, before it was
	// silent for too long to be called live.
	dialer := &net.Dialer{
		Timeout:         c.Timeout / time.Duration(len(c.Endpoints)),
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 3 * time.Second, Count: 3},
	}
	t.base = &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     config,
		TLSHandshakeTimeout: dialer.Timeout,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     30 * time.Second,
	}
	return t, nil
}

// parseEndpoint returns the scheme and host of an address.
func parseEndpoint(address, scheme string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = scheme + "://" + address
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("address %q is neither http nor https", address)
	case u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil:
		return nil, fmt.Errorf("address %q is not host:port", u.Redacted())
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// host returns the endpoint in use.
func (t *transport) host() string { return t.endpoints[t.current.Load()].Host }

// leave goes on to the next endpoint if this one is still in use.
func (t *transport) leave(endpoint int32) {
	t.current.CompareAndSwap(endpoint, (endpoint+1)%int32(len(t.endpoints)))
}

// pinnedKey is the context key of the endpoint that a request must go to.
type pinnedKey struct{}

// pinned returns a context whose requests go to one endpoint only.
func pinned(ctx context.Context, endpoint int32) context.Context {
	return context.WithValue(ctx, pinnedKey{}, endpoint)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if endpoint, ok := ctx.Value(pinnedKey{}).(int32); ok {
		answer, _, err := t.try(req, endpoint, 1)
		return answer, err
	}
	first := t.current.Load()
	var failed EndpointErrors
	for i := range t.endpoints {
		at := (first + int32(i)) % int32(len(t.endpoints))
		answer, sent, err := t.try(req, at, len(t.endpoints)-i)
		if err == nil {
			if t.current.Swap(at) != at || i > 0 {
				t.moved(at)
			}
			return answer, nil
		}
		failed = append(failed, err)
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.leave(at) // also for a write, which is not sent again: the next request should fare better
		}
		if sent && req.Method != http.MethodGet {
			return nil, err // that it may have arrived is what counts
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(failed) == 1 {
		return nil, failed[0]
	}
	return nil, failed
}

// try sends req to one endpoint, and reports whether it may have arrived. Of the time until ctx's
// deadline it waits for the answer's head one of left parts, so that an endpoint which never
// answers leaves time for the others.
func (t *transport) try(req *http.Request, at int32, left int) (*http.Response, bool, error) {
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}
	waitsFor(req.Context(), at)
	ctx, cancel := context.WithCancelCause(req.Context())
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		defer time.AfterFunc(time.Until(deadline)/time.Duration(left), func() { cancel(ErrStalled) }).Stop()
	}
	endpoint := t.endpoints[at]
	r, err := t.addressed(httptrace.WithClientTrace(ctx, trace), req, endpoint)
	if err != nil {
		cancel(nil)
		return nil, false, err
	}
	answer, err := t.base.RoundTrip(r)
	if err != nil {
		err = Cause(ctx, err)
		if !sent.Load() {
			err = fmt.Errorf("%w: %w", ErrNotSent, err)
		}
		cancel(nil)
		return nil, sent.Load(), EndpointError{endpoint.Host, err}
	}
	if most := t.bound(req, answer); most > 0 {
		answer.Body = boundedBody{&boundedReader{answer.Body, most, tooLongAnswer(answer, most)}, answer.Body}
	}
	answer.Body = &body{
		ReadCloser: answer.Body, transport: t, ctx: ctx, host: endpoint.Host, cancel: cancel, keys: isOfKeys(req.URL.Path),
	}
	return answer, true, nil
}

// addressed returns a copy of req for an endpoint, with the credentials.
func (t *transport) addressed(ctx context.Context, req *http.Request, endpoint *url.URL) (*http.Request, error) {
	r := req.Clone(ctx)
	if req.GetBody != nil {
		content, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		r.Body = content
	}
	r.URL.Scheme, r.URL.Host, r.Host = endpoint.Scheme, endpoint.Host, endpoint.Host
	r.Header.Del("X-Consul-Token")
	if t.token != "" {
		r.Header.Set("X-Consul-Token", t.token)
	}
	if t.user != nil {
		password, _ := t.user.Password()
		r.SetBasicAuth(t.user.Username(), password)
	}
	return r, nil
}

// tooLongAnswer returns the error of an answer that has more than most bytes. An answer that
// refuses has none: the rest of its text is cut off.
func tooLongAnswer(answer *http.Response, most int) error {
	if most == refusalMost && answer.StatusCode >= http.StatusBadRequest {
		return nil
	}
	return tooLong("an answer", most)
}

// isOfKeys reports whether a path is one of keys: agents answer those only if there is a leader.
func isOfKeys(path string) bool { return strings.HasPrefix(path, kvPath) || path == txnPath }
