package kv

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"
)

// fail is the error of a call that changes nothing.
func (s *Consul) fail(op Op, key string, err error) error {
	return s.explain(op, key, err, ErrNotReachable)
}

// failWrite is the error of a call that may have changed something: lost
// contact means that nobody knows.
func (s *Consul) failWrite(op Op, key string, err error) error {
	return s.explain(op, key, err, ErrOutcomeUnknown)
}

// explain finds the kind of an error; lost is what lost contact means.
func (s *Consul) explain(op Op, key string, err, lost error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Key: key, Server: s.transport.server(), Err: withoutURL(err)}
	var at consulEndError
	var all consulEndErrors
	switch {
	case errors.As(err, &all):
		e.Server = "consul " + all.hosts()
	case errors.As(err, &at):
		e.Server = "consul " + at.host
	}
	var known kinded
	var conflict consulTxnError
	var status api.StatusError
	switch {
	case errors.As(err, &conflict):
		e.Kind = conflict.kind()
	case errors.Is(lost, ErrOutcomeUnknown) && !errors.Is(err, errNotSent) && isAnyOf(err, ErrBadAnswer, ErrNoLeader):
		e.Kind = lost // the server may have carried it out, or may yet
	case errors.As(err, &known):
		e.Kind, e.Err = known.kind, withoutURL(known.err)
	case isPlainKind(err):
		e.Kind, e.Err = err, nil
	case errors.As(err, &status):
		e.Kind = consulStatusKind(status, lost)
	case isNoJSON(err):
		if e.Kind = ErrBadAnswer; errors.Is(lost, ErrOutcomeUnknown) {
			e.Kind = lost
		}
	case s.ctx.Err() != nil:
		e.Kind = ErrClosed
	case wantsCertificate(err):
		e.Kind = ErrDenied
	case isUntrusted(err):
		e.Kind = ErrCertificate
	case errors.Is(err, errNotSent):
		e.Kind = ErrNotReachable
	case errors.Is(err, context.Canceled):
		if errors.Is(lost, ErrOutcomeUnknown) {
			e.Kind = lost
		}
	default:
		e.Kind = lost
	}
	return e
}

// isNoJSON reports whether an answer was not the JSON that it should be.
func isNoJSON(err error) bool {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &kind)
}

// withoutURL takes off what net/http says of the URL: its host is a
// placeholder, and Error names the server.
func withoutURL(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}

// isPlainKind reports whether err is a kind with no cause behind it.
func isPlainKind(err error) bool {
	return slices.Contains([]error{ErrKeyNotFound, ErrKeyModified, ErrKeyExists, ErrClosed, ErrDenied}, err)
}

// consulStatusKind is what an HTTP status means; lost is what lost contact
// means. Consul says the more precise in the body, in words.
func consulStatusKind(status api.StatusError, lost error) error {
	switch status.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrDenied
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusBadRequest:
		if strings.Contains(status.Body, "HTTP request to an HTTPS server") {
			return ErrWrongServer
		}
		return ErrInvalidKey // since 1.21.5 agents are choosy about keys
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return ErrInvalidKey // the agent folded the key
	case http.StatusNotFound:
		return ErrWrongServer
	case http.StatusTooManyRequests:
		return ErrNotReachable
	case http.StatusInternalServerError:
		return consulTextKind(status.Body, lost)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return lost
	}
	return nil
}

// consulTextKind is what the words of an internal error mean. A write that no
// leader took did not happen; one that a leader lost may have.
func consulTextKind(text string, lost error) error {
	for _, known := range []struct {
		words string
		kind  error
	}{
		{"Invalid Session TTL", ErrInvalidTTL},
		{"No cluster leader", ErrNoLeader},
		{"No known Consul servers", ErrNotReachable},
		{"Not ready to serve consistent reads", lost},
		{"ACL not found", ErrDenied},
		{"Permission denied", ErrDenied},
		{"leadership", lost},
		{"shutdown", lost},
		{"rpc error", lost},
		{"EOF", lost},
		{"timed out", lost},
		{"timeout", lost},
	} {
		if strings.Contains(text, known.words) {
			return known.kind
		}
	}
	return nil
}
