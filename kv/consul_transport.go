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
	dialer := &net.Dialer{Timeout: options.connectionTimeout() / time.Duration(len(endpoints)), KeepAlive: 10 * time.Second}
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

// errNotSent marks a request of which not even the head was written.
var errNotSent = errors.New("not sent")

// RoundTrip implements http.RoundTripper.
func (t *consulTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	first := int(t.current.Load())
	var failed error
	for i := range t.ends {
		at := (first + i) % len(t.ends)
		answer, sent, err := t.try(req, t.ends[at])
		if err == nil {
			t.current.Store(int32(at))
			return answer, nil
		}
		failed = err
		if sent && req.Method != http.MethodGet || req.Context().Err() != nil {
			break
		}
	}
	return nil, failed
}

// try sends req to one endpoint, and tells whether it may have arrived.
func (t *consulTransport) try(req *http.Request, end *url.URL) (*http.Response, bool, error) {
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}
	r := req.Clone(httptrace.WithClientTrace(req.Context(), trace))
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
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
	if err != nil && !sent.Load() {
		err = fmt.Errorf("%w: %w", errNotSent, err)
	}
	return answer, sent.Load(), err
}

// errStalled is lost contact that no error of the network has told.
var errStalled = errors.New("nothing came for too long")

// stallOr is errStalled if that is why ctx ended, else err.
func stallOr(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

// patientBody is an answer's body that may take as long as it likes, as long
// as something keeps coming.
type patientBody struct {
	body    io.ReadCloser
	stalled *time.Timer       // ends the request with errStalled
	why     func(error) error // errStalled if the timer ended it
	limit   time.Duration
	end     func()
}

// Read implements io.Reader. Only the wait for the server counts, not the
// time that the reader takes in between.
func (b *patientBody) Read(p []byte) (int, error) {
	b.stalled.Reset(b.limit)
	defer b.stalled.Stop()
	n, err := b.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.why(err)
	}
	return n, err
}

// Close implements io.Closer. It gives up what was not read.
func (b *patientBody) Close() error {
	b.stalled.Stop()
	defer b.end()
	return b.body.Close()
}
