package kv

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
	"kvist/kv/internal/peer"
)

// serverOf returns the server that an error is about.
func (s *Consul) serverOf(err error) string {
	if host := consulhttp.HostOf(err); host != "" {
		return "consul " + host
	}
	return "consul " + s.http.Host()
}

// failWrite returns the error of a call that may have changed something. When contact is lost, or
// the agent loses its leader, nobody knows whether a request that was sent has been carried out.
func (s *Consul) failWrite(op Op, key string, err error) error {
	switch {
	case errors.Is(err, consulhttp.ErrNotSent):
		err = unsent(err)
	case errors.Is(err, consulhttp.ErrNoLeader):
		err = lost(err)
	}
	return s.failures.failWrite(op, key, err)
}

// consulLook returns what an error of a request means, and its cause.
func consulLook(err error) (kind, cause error) {
	cause = consulWithoutURL(err)
	var conflict consulhttp.TxnError
	var bad consulhttp.BadAnswer
	var status api.StatusError
	switch {
	case errors.As(err, &conflict):
		kind = consulConflictKind(conflict)
	case errors.As(err, &bad):
		kind, cause = ErrBadAnswer, bad
	case errors.Is(err, consulhttp.ErrNoLeader):
		kind, cause = ErrNoLeader, consulhttp.ErrNoLeader
	case errors.As(err, &status):
		kind = consulStatusKind(status)
	case consulIsNoJSON(err):
		kind = ErrBadAnswer
	case wantsCertificate(err):
		kind = ErrDenied
	case peer.IsUntrusted(err):
		kind = ErrCertificate
	case errors.Is(err, context.Canceled) && !errors.Is(err, consulhttp.ErrNotSent):
		// the caller gave up
	default:
		kind = errLost
	}
	return kind, cause
}

// isDenied reports whether an error is one of rights.
func (s *Consul) isDenied(err error) bool { return errors.Is(s.fail(OpFollow, "", err), ErrDenied) }

// consulOrNot gives err the kind ErrWrongServer if it shows that another kind of server answers.
func consulOrNot(ctx context.Context, err error) error {
	var status api.StatusError
	switch {
	case errors.As(err, &status):
		if status.Code < http.StatusInternalServerError && !errors.Is(consulStatusKind(status), ErrDenied) {
			return withKind(ErrWrongServer, err)
		}
		return err
	case consulIsNoJSON(err):
		return withKind(ErrWrongServer, err)
	case ctx.Err() != nil, errors.Is(err, consulhttp.ErrNotSent) && !consulIsNoHTTP(err):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), consulIsNoHTTP(err):
		return withKind(ErrWrongServer, err)
	}
	return err
}

// consulIsNoHTTP reports whether something answered that does not speak HTTP, or not by TLS where
// that was asked for. net/http has no error values for it.
func consulIsNoHTTP(err error) bool {
	return peer.IsNoHTTP(err) ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") ||
		strings.Contains(err.Error(), "first record does not look like a TLS handshake")
}

// consulIsNoJSON reports whether an answer was not the JSON that it should be.
func consulIsNoJSON(err error) bool {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &kind)
}

// consulWithoutURL takes off what net/http says of the URL: its host is a placeholder, and Error
// names the server.
func consulWithoutURL(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}

// consulStatusKind returns what an HTTP status means; nil if nothing is known. Consul says more in
// the body, in words.
func consulStatusKind(status api.StatusError) error {
	switch status.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrDenied
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusBadRequest:
		if strings.Contains(status.Body, "HTTP request to an HTTPS server") {
			return ErrWrongServer
		}
		return ErrInvalidKey // since 1.21.5 agents refuse some keys
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return ErrInvalidKey // the agent folded the key
	case http.StatusNotFound:
		return ErrWrongServer
	case http.StatusTooManyRequests:
		return ErrNotReachable
	case http.StatusInternalServerError:
		return consulTextKind(status.Body)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return errLost
	}
	return nil
}

// consulTextKind returns what the words of an internal error mean. A write that no leader accepted
// did not happen; one whose leader was lost may have happened.
func consulTextKind(text string) error {
	for _, known := range []struct {
		words string
		kind  error
	}{
		{"Invalid Session TTL", ErrInvalidTTL},
		{"No cluster leader", ErrNoLeader},
		{"No known Consul servers", ErrNotReachable},
		{"Not ready to serve consistent reads", errLost},
		{"ACL not found", ErrDenied},
		{"Permission denied", ErrDenied},
		{"leadership", errLost},
		{"shutdown", errLost},
		{"rpc error", errLost},
		{"EOF", errLost},
		{"timed out", errLost},
		{"timeout", errLost},
	} {
		if strings.Contains(text, known.words) {
			return known.kind
		}
	}
	return nil
}

// consulTxnError is why a transaction was rolled back. errors.Is finds the kind of each operation
// that failed.
type consulTxnError struct{ consulhttp.TxnError }

// Unwrap returns the kinds, and the error of the request.
func (c consulTxnError) Unwrap() []error {
	kinds := []error{c.TxnError}
	for _, e := range c.TxnError {
		if kind := consulOperationKind(e.What); kind != nil {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// consulConflictKind returns the kind of the first operation that failed: the conditions stand
// before the changes.
func consulConflictKind(conflict consulhttp.TxnError) error {
	for _, e := range conflict {
		if kind := consulOperationKind(e.What); kind != nil {
			return kind
		}
	}
	return nil
}

// consulOperationKind returns what the server's words about one operation mean. A key stands quoted
// in the middle of them, so only their ends count.
func consulOperationKind(what string) error {
	switch {
	case strings.HasPrefix(what, "failed index check for key"):
		return ErrKeyModified
	case strings.HasSuffix(what, "doesn't exist"):
		return ErrKeyNotFound
	case strings.HasSuffix(what, `" exists`):
		return ErrKeyExists
	case strings.HasSuffix(what, "index is stale"):
		return ErrKeyModified
	case strings.HasSuffix(what, "lock is already held"), strings.HasSuffix(what, "due to lock delay"):
		return ErrCannotLock
	case strings.HasPrefix(what, "Permission denied"), strings.HasPrefix(what, "ACL not found"):
		return ErrDenied
	}
	return nil
}
