package kv

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/peer"
	"kvist/kv/internal/zkwire"
)

// failWrite returns the error of a call that may have changed something; nil for nil. If contact
// was lost, or the answer was not understood, it is ErrOutcomeUnknown.
func (s *Zookeeper) failWrite(op Op, key string, err error) error {
	var known *Error
	if (isPanic(err) || errors.Is(err, zkwire.ErrBadAnswer)) && !errors.As(err, &known) {
		err = withKind(ErrOutcomeUnknown, fmt.Errorf("%w: %w", ErrBadAnswer, err))
	}
	return s.failures.failWrite(op, key, err)
}

// look returns what an error of a client or a cellar means.
func (s *Zookeeper) look(err error) (kind, cause error) {
	switch {
	case errors.Is(err, zkwire.ErrBadAnswer):
		return ErrBadAnswer, err
	case errors.Is(err, zkwire.ErrUnanswered), errors.Is(err, zk.ErrConnectionClosed):
		kind = errLost
	default:
		kind = zkKind(err)
		if kind == nil && !errors.Is(err, context.Canceled) && !zkAnswered(err) {
			kind = errLost // the connection broke under the request
		}
	}
	if errors.Is(kind, ErrNotReachable) && errors.Is(err, zkwire.ErrNotConnected) {
		if leaderless := s.dialer.Leaderless(s.ctx); leaderless != nil {
			err = zkwire.Failures{leaderless, err}
		}
		kind = zkKind(err)
	}
	return kind, err
}

// zkKinds are the kinds of errors of the client library and of the cellars. The first that fits
// counts.
//
//nolint:gochecknoglobals // a table that never changes
var zkKinds = []struct{ err, kind error }{
	{zkwire.ErrNoLeader, ErrNoLeader},
	{zkwire.ErrNotConnected, ErrNotReachable},
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
	{zkwire.ErrBadAnswer, ErrBadAnswer},
	{zk.ErrClosing, ErrClosed},
	{zkwire.ErrNotZooKeeper, ErrWrongServer},
	{zkwire.CodeNoAuth, ErrDenied},
	{zkwire.CodeAuthFailed, ErrDenied},
}

// zkKind returns the kind of an error of the client library or of a cellar, or nil if none fits.
func zkKind(err error) error {
	switch {
	case peer.IsUntrusted(err):
		return ErrCertificate
	case wantsCertificate(err):
		return ErrDenied
	}
	for _, k := range zkKinds {
		if errors.Is(err, k.err) {
			return k.kind
		}
	}
	return nil
}

// zkAnswered reports whether the server itself answered with an error that has no kind.
func zkAnswered(err error) bool {
	var code zkwire.Code
	return errors.As(err, &code) || errors.Is(err, zk.ErrAPIError) || errors.Is(err, zk.ErrInvalidACL) ||
		errors.Is(err, zk.ErrInvalidFlags) ||
		strings.HasPrefix(err.Error(), "unknown error:") // a number that the library has no variable for
}
