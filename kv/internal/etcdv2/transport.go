package etcdv2

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

// listingFactor is how many times Config.Timeout a listing may take to start arriving: the server
// builds all of it before it sends the first byte.
const listingFactor = 12

// transport sends the requests of the client library. It marks errors from before anything was
// sent. It bounds a listing by its progress, where the library can only bound the whole.
type transport struct {
	*http.Transport
	timeout time.Duration
}

// newTransport makes the connections. Dialing leaves time to try the other members within the
// timeout, and TCP notices a dead peer.
func newTransport(config Config, members int) *transport {
	dial := config.Timeout * 4 / 5 / time.Duration(members)
	dialer := &net.Dialer{
		Timeout:         dial,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 3 * time.Second, Count: 3},
	}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: dial,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}
	if config.TLS != nil {
		t.TLSClientConfig = config.TLS.Clone()
	}
	return &transport{Transport: t, timeout: config.Timeout}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	ctx, cancel := context.WithCancelCause(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	var progress *time.Timer
	switch {
	case isListing(req):
		progress = time.AfterFunc(listingFactor*t.timeout, func() { cancel(errStalled) })
	case req.Context().Value(streamed{}) != nil:
		progress = time.AfterFunc(t.timeout, func() { cancel(errStalled) })
	}
	resp, err := t.Transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		stopTimer(progress)
		cancel(nil)
		if !connected.Load() {
			err = unsent{err}
		}
		return nil, err
	}
	if err := noLeader(req, resp); err != nil {
		stopTimer(progress)
		_ = resp.Body.Close()
		cancel(nil)
		return nil, err
	}
	if req.Context().Value(streamed{}) == nil {
		most := answerMost(req, resp)
		resp.Body = &boundedBody{ReadCloser: resp.Body, most: most, left: most}
	}
	resp.Body = &timedBody{ReadCloser: resp.Body, progress: progress, timeout: t.timeout, cancel: cancel}
	return resp, nil
}

// streamed marks the context of a request whose answer is not kept. The answer may have any number
// of bytes.
type streamed struct{}

// isListing reports whether a request is for a whole subtree.
func isListing(req *http.Request) bool {
	query := req.URL.RawQuery
	return req.Method == http.MethodGet && strings.Contains(query, "recursive=true") && !strings.Contains(query, "wait=true")
}

// timedBody is the body of an answer. If progress is set, each part must arrive within timeout of
// the part before.
type timedBody struct {
	io.ReadCloser
	progress *time.Timer
	timeout  time.Duration
	cancel   context.CancelCauseFunc
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	if b.progress != nil {
		b.progress.Reset(b.timeout)
		defer b.progress.Stop() // the reader may take its time in between
	}
	return b.ReadCloser.Read(p)
}

// Close implements io.Closer.
func (b *timedBody) Close() error {
	stopTimer(b.progress)
	b.cancel(nil)
	return b.ReadCloser.Close()
}

// stopTimer stops a timer, which may be nil.
func stopTimer(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}
