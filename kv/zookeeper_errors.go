package kv

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-zookeeper/zk"
)

// fail wraps what went wrong with a request that changes nothing; nil stays
// nil.
func (s *Zookeeper) fail(op Op, key string, err error) error {
	if err == nil {
		return nil
	}
	return s.wrap(op, key, err, ErrNotReachable)
}

// failWrite is fail for a request that changes something: where it may have
// been carried out though no answer came, it says so.
func (s *Zookeeper) failWrite(op Op, key string, err error) error {
	if err == nil {
		return nil
	}
	return s.wrap(op, key, err, ErrOutcomeUnknown)
}

// wrap makes an Error. unanswered is the kind of a request that was sent and
// not answered.
func (s *Zookeeper) wrap(op Op, key string, err, unanswered error) error {
	e := &Error{Op: op, Key: key, Server: s.name, Err: err}
	var known *Error
	switch {
	case errors.As(err, &known) && known.Op != "":
		return err
	case known != nil:
		e.Kind, e.Err = known.Kind, known.Err
	case errors.Is(err, errZkBadAnswer), isPanic(err):
		e.Kind = ErrBadAnswer
		if errors.Is(unanswered, ErrOutcomeUnknown) { // it was sent, and what came of it not understood
			e.Kind, e.Err = unanswered, fmt.Errorf("%w: %w", ErrBadAnswer, err)
		}
	case errors.Is(err, errZkUnanswered), errors.Is(err, zk.ErrConnectionClosed):
		e.Kind = unanswered
	default:
		e.Kind = zkKind(err)
		if e.Kind == nil && !errors.Is(err, context.Canceled) && !zkAnswered(err) {
			e.Kind = unanswered // the connection broke under the request
		}
	}
	if errors.Is(e.Kind, ErrNotReachable) && errors.Is(err, errZkNotConnected) {
		e.Err = s.leaderless(e.Err)
		e.Kind = zkKind(e.Err)
	}
	if s.ctx.Err() != nil && (e.Kind == nil || errors.Is(e.Kind, ErrNotReachable)) {
		e.Kind = ErrClosed
	}
	return e
}

// zkKind is the kind of one of the client's errors; nil when none fits.
func zkKind(err error) error {
	if isUntrusted(err) {
		return ErrCertificate
	}
	switch {
	case wantsCertificate(err):
		return ErrDenied
	case isUntrusted(err):
		return ErrCertificate
	case errors.Is(err, errZkNoLeader):
		return ErrNoLeader
	}
	for _, k := range [...]struct{ err, kind error }{
		{errZkNotConnected, ErrNotReachable},
		{zk.ErrNoServer, ErrNotReachable},
		{zk.ErrSessionExpired, ErrNotReachable},
		{zk.ErrSessionMoved, ErrNotReachable},
		{zk.ErrNoNode, ErrKeyNotFound},
		{zk.ErrNodeExists, ErrKeyExists},
		{zk.ErrBadVersion, ErrKeyModified},
		{zk.ErrNotEmpty, ErrHasChildren},
		{zk.ErrNoChildrenForEphemerals, ErrNotDirectory},
		{zk.ErrNoAuth, ErrDenied},
		{zk.ErrAuthFailed, ErrDenied},
		{zk.ErrInvalidPath, ErrInvalidKey},
		{zk.ErrBadArguments, ErrInvalidKey},
		{zk.ErrShortBuffer, ErrTooLarge},
		{errZkBadAnswer, ErrBadAnswer},
		{zk.ErrClosing, ErrClosed},
		{errNotZookeeper, ErrWrongServer},
		{zkNoAuth, ErrDenied},
		{zkAuthFailed, ErrDenied},
	} {
		if errors.Is(err, k.err) {
			return k.kind
		}
	}
	return nil
}

// zkFailures is why none of several servers could be used: one error each,
// told on one line.
type zkFailures []error

func (f zkFailures) Error() string {
	texts := make([]string, len(f))
	for i, err := range f {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (f zkFailures) Unwrap() []error { return f }

// with adds why one more server could not be used. What says most of all of
// them stands first.
func (f zkFailures) with(err error) zkFailures {
	if kind := zkKind(err); isAnyOf(kind, ErrWrongServer, ErrDenied, ErrCertificate, ErrNoLeader, ErrBadAnswer) {
		f[0] = err
		return f
	}
	return append(f, err)
}

// zkAnswered tells that the server itself answered with an error for which
// this package has no kind.
func zkAnswered(err error) bool {
	var code zkCode
	return errors.As(err, &code) || errors.Is(err, zk.ErrAPIError) || errors.Is(err, zk.ErrInvalidACL) ||
		errors.Is(err, zk.ErrInvalidFlags) ||
		strings.HasPrefix(err.Error(), "unknown error:") // a number the client has no variable for
}
