package kv

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// consulTransport carries the requests of one store to whichever of its
// endpoints answers. What was surely not sent, and every read, is tried on
// the next endpoint; a write that may have arrived never is.
type consulTransport struct {
	base    *http.Transport
	ends    []*url.URL // scheme and host only
	current atomic.Int32
	token   string
	user    *url.Userinfo
	bound   func(*http.Request, *http.Response) int // bytes that an answer may have; 0 has no bound
	heard   func()                                  // called when keys or values come
	moved   func(int32)                             // called when another endpoint than the last gave an answer
}

// consulPlaceholder stands in the requests that the client makes for what the
// transport puts there: the endpoint, and the token. The client would else
// take a token from the environment, which is not for a library to do.
const consulPlaceholder = "kvist"

// newConsulTransport reads the endpoints: host:port, with http:// or https://
// before it if wanted. Without a scheme it is https where there is a
// Config.TLS.
func newConsulTransport(endpoints []string, options *Config) (*consulTransport, error) {
	if len(endpoints) == 0 {
		return nil, errors.New("no address given")
	}
	t := &consulTransport{}
	scheme := "http"
	var config *tls.Config
	if options != nil {
		t.token = options.Token
		if options.Username != "" {
			t.user = url.UserPassword(options.Username, options.Password)
		}
		if options.TLS != nil {
			scheme, config = "https", options.TLS.Clone()
		}
	}
	for _, endpoint := range endpoints {
		end, err := consulEndpoint(endpoint, scheme)
		if err != nil {
			return nil, err
		}
		t.ends = append(t.ends, end)
	}
	// One endpoint that swallows packets must leave time for the others.
	// Keep-alives find a connection lost that something on the way forgot while
	// a query waited on it, before it was silent for too long to be called live.
	dialer := &net.Dialer{
		Timeout:         options.connectionTimeout() / time.Duration(len(endpoints)),
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

// consulEndpoint is the scheme and host of an address.
func consulEndpoint(address, scheme string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = scheme + "://" + address
	}
	end, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, err
	case end.Scheme != "http" && end.Scheme != "https":
		return nil, fmt.Errorf("address %q is neither http nor https", address)
	case end.Host == "" || strings.Trim(end.Path, "/") != "" || end.User != nil:
		return nil, fmt.Errorf("address %q is not host:port", end.Redacted())
	}
	return &url.URL{Scheme: end.Scheme, Host: end.Host}, nil
}

// server names the endpoint in use.
func (t *consulTransport) server() string {
	return "consul " + t.ends[t.current.Load()].Host
}

// leave goes on to the next endpoint, where this one is still in use.
func (t *consulTransport) leave(end int32) {
	t.current.CompareAndSwap(end, (end+1)%int32(len(t.ends)))
}

// errNotSent marks a request of which not even the head was written.
var errNotSent = errors.New("not sent")

// consulEndError is an error of one endpoint.
type consulEndError struct {
	host string
	err  error
}

func (e consulEndError) Error() string { return e.err.Error() }
func (e consulEndError) Unwrap() error { return e.err }

// consulEndErrors are the errors of several endpoints, none of which was sent
// a write.
type consulEndErrors []error

// Error tells each, as Error has no room for more than one cause.
func (e consulEndErrors) Error() string {
	words := make([]string, len(e))
	for i, err := range e {
		words[i] = err.Error()
		var at consulEndError
		if errors.As(err, &at) {
			words[i] = at.host + ": " + words[i]
		}
	}
	return strings.Join(words, "; ")
}

// Unwrap gives each to errors.Is and errors.As.
func (e consulEndErrors) Unwrap() []error { return e }

// hosts are the endpoints.
func (e consulEndErrors) hosts() string {
	var hosts []string
	for _, err := range e {
		var at consulEndError
		if errors.As(err, &at) {
			hosts = append(hosts, at.host)
		}
	}
	return strings.Join(hosts, ",")
}

// pinnedEnd is the key of the endpoint that a request must go to.
type pinnedEnd struct{}

// pinned is a context whose requests go to one endpoint only.
func pinned(ctx context.Context, end int32) context.Context {
	return context.WithValue(ctx, pinnedEnd{}, end)
}

// RoundTrip implements http.RoundTripper.
func (t *consulTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if end, ok := ctx.Value(pinnedEnd{}).(int32); ok {
		answer, _, err := t.try(req, end, 1)
		return answer, err
	}
	first := t.current.Load()
	var failed consulEndErrors
	for i := range t.ends {
		at := (first + int32(i)) % int32(len(t.ends))
		answer, sent, err := t.try(req, at, len(t.ends)-i)
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

// try sends req to one endpoint, and reports whether it may have arrived. Of the
// time that is left it waits for the answer's head its part of left parts, so
// that an endpoint which never answers leaves time for the others.
func (t *consulTransport) try(req *http.Request, at int32, left int) (*http.Response, bool, error) {
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}
	waitsFor(req.Context(), at)
	ctx, cancel := context.WithCancelCause(req.Context())
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		defer time.AfterFunc(time.Until(deadline)/time.Duration(left), func() { cancel(errStalled) }).Stop()
	}
	end := t.ends[at]
	r := req.Clone(httptrace.WithClientTrace(ctx, trace))
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			cancel(nil)
			return nil, false, err
		}
		r.Body = body
	}
	r.URL.Scheme, r.URL.Host, r.Host = end.Scheme, end.Host, end.Host
	r.Header.Del("X-Consul-Token")
	if t.token != "" {
		r.Header.Set("X-Consul-Token", t.token)
	}
	if t.user != nil {
		password, _ := t.user.Password()
		r.SetBasicAuth(t.user.Username(), password)
	}
	answer, err := t.base.RoundTrip(r)
	if err != nil {
		err = causeOr(ctx, err)
		if !sent.Load() {
			err = fmt.Errorf("%w: %w", errNotSent, err)
		}
		cancel(nil)
		return nil, sent.Load(), consulEndError{end.Host, err}
	}
	if most := t.bound(req, answer); most > 0 {
		answer.Body = boundedBody{&boundedReader{answer.Body, most, beyond(answer, most)}, answer.Body}
	}
	answer.Body = &consulBody{ReadCloser: answer.Body, transport: t, ctx: ctx, end: end.Host, cancel: cancel, keys: isConsulData(req.URL.Path)}
	return answer, true, nil
}

// beyond is the error of an answer that has more than most bytes. Of one that
// refuses there is none: the rest of what it says is cut off.
func beyond(answer *http.Response, most int) error {
	if most == consulRefusalMost && answer.StatusCode >= http.StatusBadRequest {
		return nil
	}
	return errBeyond("an answer", most)
}

// boundedBody is a body that is read through a bound.
type boundedBody struct {
	io.Reader
	io.Closer
}

// isConsulData reports whether a path is one of keys: those are only answered
// where there is a leader.
func isConsulData(path string) bool {
	return strings.HasPrefix(path, "/v1/kv/") || path == "/v1/txn"
}

// consulBody is an answer's body.
type consulBody struct {
	io.ReadCloser
	transport *consulTransport
	ctx       context.Context
	end       string
	cancel    context.CancelCauseFunc
	keys      bool
}

// Read implements io.Reader.
func (b *consulBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && b.keys {
		b.transport.heard()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = consulEndError{b.end, causeOr(b.ctx, err)}
	}
	return n, err
}

// Close implements io.Closer.
func (b *consulBody) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

// patientBody is an answer's body that may take as long as it likes, as long
// as something keeps coming.
type patientBody struct {
	body    io.ReadCloser
	stalled *time.Timer // ends the request with errStalled
	limit   time.Duration
	end     func()
}

// Read implements io.Reader. Only the wait for the server counts, not the
// time that the reader takes in between.
func (b *patientBody) Read(p []byte) (int, error) {
	b.stalled.Reset(b.limit)
	defer b.stalled.Stop()
	return b.body.Read(p)
}

// Close implements io.Closer. It gives up what was not read.
func (b *patientBody) Close() error {
	b.stalled.Stop()
	defer b.end()
	return b.body.Close()
}
