package kv

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	client "go.etcd.io/etcd/client/v2"
)

// What this backend says besides the client's own errors.
var (
	errEtcdRedirect = errors.New("the server redirects, which the v2 API of etcd does not")
	errEtcdStalled  = errors.New("the listing made no progress")
	errEtcdNoAnswer = errors.New("the connection was closed without an HTTP answer")
	errEtcdReset    = errors.New("the store's index went back: it was replaced by another")
)

// etcdUnsentError marks an error that came before a request had a connection:
// nothing was sent, so a write may be tried elsewhere.
type etcdUnsentError struct{ error }

func (e etcdUnsentError) Unwrap() error { return e.error }

// etcdUnansweredError marks a write that was sent and had no answer.
type etcdUnansweredError struct{ error }

func (e etcdUnansweredError) Unwrap() error { return e.error }

// etcdCode is the server's error code; 0 when err is not an answer of the
// keys API.
func etcdCode(err error) int {
	var answer client.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

// etcdAnswered reports whether err is the cluster's considered answer rather
// than trouble with one of its members.
func etcdAnswered(err error) bool {
	var answer client.Error
	if !errors.As(err, &answer) {
		return false
	}
	return answer.Code != client.ErrorCodeRaftInternal && answer.Code != client.ErrorCodeLeaderElect
}

// etcdMissing reports whether the answer is that the key is not there: it has
// no node (100), or a key that has a value stands above it (104).
func etcdMissing(err error) bool {
	code := etcdCode(err)
	return code == client.ErrorCodeKeyNotFound || code == client.ErrorCodeNotDir
}

// etcdIndex is the store's index that came with an error answer.
func etcdIndex(err error) uint64 {
	var answer client.Error
	errors.As(err, &answer)
	return answer.Index
}

// etcdCauses opens the client's ClusterError, which does not unwrap.
func etcdCauses(err error) error {
	var cluster *client.ClusterError
	if !errors.As(err, &cluster) || len(cluster.Errors) == 0 {
		return err
	}
	return joinEtcd(cluster.Errors)
}

// joinEtcd makes one error of what several members said, on one line.
func joinEtcd(errs []error) error {
	joined := errs[0]
	for _, err := range errs[1:] {
		joined = fmt.Errorf("%w; %w", joined, err)
	}
	return joined
}

// etcdKind maps the client's errors to this package's. Codes are those of the
// v2 API (Documentation/v2/errorcode.md of etcd).
func etcdKind(err error) error {
	switch etcdCode(err) {
	case client.ErrorCodeKeyNotFound:
		return ErrKeyNotFound
	case client.ErrorCodeTestFailed:
		return ErrKeyModified
	case client.ErrorCodeNotFile:
		return ErrIsDirectory
	case client.ErrorCodeNotDir:
		return ErrNotDirectory
	case client.ErrorCodeNodeExist:
		return ErrKeyExists
	case client.ErrorCodeRootROnly:
		return ErrInvalidKey
	case client.ErrorCodeDirNotEmpty:
		return ErrHasChildren
	case client.ErrorCodeUnauthorized:
		return ErrDenied
	case client.ErrorCodeRaftInternal, client.ErrorCodeLeaderElect:
		return ErrNotReachable
	}
	return etcdTransportKind(err)
}

// etcdTransportKind is the kind of an error that is no answer of the keys API.
func etcdTransportKind(err error) error {
	var unanswered etcdUnansweredError
	var record tls.RecordHeaderError
	switch {
	case wantsCertificate(err):
		return ErrDenied
	case isUntrusted(err):
		return ErrCertificate
	case errors.As(err, &unanswered):
		return ErrOutcomeUnknown
	case isPanic(err):
		return ErrBadAnswer
	case errors.Is(err, errEtcdNoLeader):
		return ErrNoLeader
	case errors.Is(err, errEtcdNonsense), errors.Is(err, errEtcdListing), errors.Is(err, client.ErrInvalidJSON):
		return ErrBadAnswer
	case errors.Is(err, errEtcdRedirect),
		errors.As(err, &record), isNoHTTP(err):
		return ErrWrongServer
	case errors.Is(err, context.Canceled):
		return nil // the caller gave up
	case etcdAnswered(err):
		return nil
	}
	return ErrNotReachable
}

// ownEtcdKind is the kind of an error that this backend's helpers made: they
// return a kind where they know better than a code tells; nil for others.
func ownEtcdKind(err error) error {
	for _, kind := range []error{ErrHiddenBelow, ErrKeyNotFound, ErrKeyModified, ErrIsDirectory, ErrHasChildren, ErrCannotLock, ErrClosed} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return nil
}

// fail makes an Error of what went wrong; err may be one of this package's
// variables or the client's.
func (s *Etcd) fail(op Op, key string, err error) error {
	failure := &Error{Op: op, Key: key, Server: s.server(), Err: err}
	if s.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		failure.Kind = ErrClosed
	} else if kind := ownEtcdKind(err); kind != nil {
		failure.Kind, failure.Err = kind, nil
	} else {
		failure.Kind = etcdKind(err)
	}
	return failure
}

// failAs is fail with a kind that is known better than the answer tells.
func (s *Etcd) failAs(op Op, key string, kind, cause error) error {
	return &Error{Op: op, Key: key, Server: s.server(), Kind: kind, Err: cause}
}
