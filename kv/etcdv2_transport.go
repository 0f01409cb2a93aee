package kv

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

// etcdListingFactor is how many times ConnectionTimeout a listing may take to
// start coming: the server builds all of it before it sends the first byte.
const etcdListingFactor = 12

// etcdTransport is what the client sends its requests through. It tells
// errors that came before anything was sent, and bounds listings by progress:
// the client itself knows only a bound for the whole.
type etcdTransport struct {
	*http.Transport
	timeout time.Duration
}

// RoundTrip implements http.RoundTripper.
func (t *etcdTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	ctx, cancel := context.WithCancelCause(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	var progress *time.Timer
	switch {
	case isEtcdListing(req):
		progress = time.AfterFunc(etcdListingFactor*t.timeout, func() { cancel(errEtcdStalled) })
	case req.Context().Value(etcdStreamed{}) != nil:
		progress = time.AfterFunc(t.timeout, func() { cancel(errEtcdStalled) })
	}
	resp, err := t.Transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		stopTimer(progress)
		cancel(nil)
		if !connected.Load() {
			err = etcdUnsentError{err}
		}
		return nil, err
	}
	if err := etcdLeaderless(req, resp); err != nil {
		stopTimer(progress)
		_ = resp.Body.Close()
		cancel(nil)
		return nil, err
	}
	if req.Context().Value(etcdStreamed{}) == nil {
		most := etcdBound(req, resp)
		resp.Body = &etcdBounded{ReadCloser: resp.Body, most: most, left: most}
	}
	resp.Body = &etcdBody{ReadCloser: resp.Body, progress: progress, timeout: t.timeout, cancel: cancel}
	return resp, nil
}

// etcdStreamed marks the context of a request whose answer is not kept: it may
// have any number of bytes.
type etcdStreamed struct{}

// isEtcdListing reports whether a request is for a whole subtree.
func isEtcdListing(req *http.Request) bool {
	query := req.URL.RawQuery
	return req.Method == http.MethodGet && strings.Contains(query, "recursive=true") && !strings.Contains(query, "wait=true")
}

// etcdBody is an answer. Where progress is set, each part of it must come
// within timeout of the one before.
type etcdBody struct {
	io.ReadCloser
	progress *time.Timer
	timeout  time.Duration
	cancel   context.CancelCauseFunc
}

// Read implements io.Reader.
func (b *etcdBody) Read(p []byte) (int, error) {
	if b.progress != nil {
		b.progress.Reset(b.timeout)
		defer b.progress.Stop() // who reads may take its time in between
	}
	return b.ReadCloser.Read(p)
}

// Close implements io.Closer.
func (b *etcdBody) Close() error {
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
