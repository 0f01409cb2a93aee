package kv

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"

	"kvist/kv/internal/etcdclient"
)

// fail is an error of this store; kind or cause may be nil.
func (s *EtcdV3) fail(op Op, key string, kind, cause error) error {
	return &Error{Op: op, Key: key, Server: s.server, Kind: kind, Err: cause}
}

// explain makes an error of this store of what the client said about a read.
func (s *EtcdV3) explain(op Op, key string, err error) error {
	kind := s.kind(err)
	if refused := s.client.Refusal(); refused != nil && errors.Is(kind, ErrNotReachable) {
		return s.fail(op, key, ErrCertificate, refused)
	}
	return s.fail(op, key, kind, s.client.Worded(err))
}

// explainWrite does so for a write: where contact was lost after the write was
// sent, nobody knows what became of it.
func (s *EtcdV3) explainWrite(op Op, key string, err error, sent *etcdclient.Sent) error {
	said := s.explain(op, key, err)
	if errors.Is(said, ErrBadAnswer) && (sent.Bytes() == 0 || sent.Bytes() >= v3RequestLeast) {
		return s.fail(op, key, ErrTooLarge, s.client.Worded(err))
	}
	unanswered := isAnyOf(said, ErrNotReachable, ErrClosed, ErrBadAnswer, context.Canceled)
	if sent.Bytes() > 0 && unanswered && !etcdclient.IsNotProposed(err) {
		return s.fail(op, key, ErrOutcomeUnknown, s.client.Worded(err))
	}
	return said
}

// v3RequestLeast is what every server takes in a request, in bytes, however
// low its own limit is set. A larger one may be refused for its size, which
// looks as if the answer were too large for us.
const v3RequestLeast = 512 << 10

// kind is the variable of this package that fits what the client said; nil
// when none does.
func (s *EtcdV3) kind(err error) error {
	var kv *Error
	switch {
	case errors.As(err, &kv):
		return kv.Kind
	case etcdclient.IsDenied(err):
		return ErrDenied
	case errors.Is(err, rpctypes.ErrNoSpace):
		return ErrNoSpace
	case errors.Is(err, rpctypes.ErrNoLeader):
		return ErrNoLeader
	case etcdclient.IsRejected(err):
		return nil
	case errors.Is(err, rpctypes.ErrEmptyKey):
		return ErrInvalidKey
	case errors.Is(err, rpctypes.ErrRequestTooLarge):
		return ErrTooLarge
	case errors.Is(err, etcdclient.ErrContactLost):
		return ErrNotReachable
	}
	if s.ctx.Err() != nil {
		return ErrClosed
	}
	switch etcdclient.Code(err) {
	case codes.ResourceExhausted: // the client refuses to read so much
		return ErrBadAnswer
	case codes.Unauthenticated, codes.PermissionDenied:
		return ErrDenied
	case codes.Unimplemented:
		return ErrWrongServer
	case codes.Unavailable, codes.DeadlineExceeded, codes.Internal:
		return ErrNotReachable
	}
	return nil
}
