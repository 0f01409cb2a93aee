package consulhttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// boundedBody is a body that is read through a bound.
type boundedBody struct {
	io.Reader
	io.Closer
}

// body is an answer's body. Its errors name the endpoint and the reason why the request ended.
type body struct {
	io.ReadCloser
	transport *transport
	ctx       context.Context //nolint:containedctx // it ends with the body
	host      string
	cancel    context.CancelCauseFunc
	keys      bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && b.keys {
		b.transport.heard()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = EndpointError{b.host, Cause(b.ctx, err)}
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

// patientBody is an answer's body that may take any time as long as bytes keep coming.
type patientBody struct {
	body    io.ReadCloser
	stalled *time.Timer // ends the request with ErrStalled
	limit   time.Duration
	end     func()
}

// Read implements io.Reader. Only the wait for the server counts, not the time that the reader
// takes in between.
func (b *patientBody) Read(p []byte) (int, error) {
	b.stalled.Reset(b.limit)
	defer b.stalled.Stop()
	return b.body.Read(p)
}

// Close implements io.Closer. It ends the request, even if not all was read.
func (b *patientBody) Close() error {
	b.stalled.Stop()
	defer b.end()
	return b.body.Close()
}

// statusError is the error of an answer with a status that refuses.
func statusError(answer *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096)) // the status says enough without it
	return api.StatusError{Code: answer.StatusCode, Body: strings.TrimSpace(string(text))}
}
