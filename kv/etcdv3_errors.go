package kv

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
)

// v3RequestLeast is the size of a request, in bytes, that every server takes, however low its limit
// is set. gRPC's error for a larger one looks as if the answer had been too large for the client.
const v3RequestLeast = 512 << 10

// look returns what an error of the client means.
func (s *EtcdV3) look(err error) (kind, cause error) {
	kind = v3Kind(err)
	if refused := s.client.Refusal(); refused != nil && isAnyOf(kind, errLost, ErrNotReachable) {
		return ErrCertificate, refused
	}
	return kind, s.client.Worded(err)
}

// v3Kind returns the kind of an error of the client; nil if none fits.
func v3Kind(err error) error {
	switch {
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
		return errLost
	}
	switch etcdclient.Code(err) {
	case codes.ResourceExhausted: // the client does not read so much
		return ErrBadAnswer
	case codes.Unauthenticated, codes.PermissionDenied:
		return ErrDenied
	case codes.Unimplemented:
		return ErrWrongServer
	case codes.Unavailable, codes.DeadlineExceeded, codes.Internal:
		return errLost
	}
	return nil
}

// failSent is failWrite for a request whose bytes were counted: a write of which nothing was sent
// did not happen.
func (s *EtcdV3) failSent(op Op, key string, err error, sent *etcdclient.Sent) error {
	kind, _ := s.look(err)
	switch {
	case errors.Is(kind, ErrBadAnswer) && (sent.Bytes() == 0 || sent.Bytes() >= v3RequestLeast):
		err = withKind(ErrTooLarge, err)
	case sent.Bytes() == 0 || etcdclient.IsNotProposed(err):
		err = unsent(err)
	case isAnyOf(kind, errLost, ErrNotReachable):
		err = lost(err)
	}
	return s.failWrite(op, key, err)
}

// failRange is fail for a read of a range: a refusal names what the user may read instead.
func (s *EtcdV3) failRange(ctx context.Context, op Op, key string, err error) error {
	if etcdclient.IsForbidden(err) {
		if spans, known := s.rights.Readable(ctx); known {
			err = withKind(ErrDenied, s.mayRead(spans, err))
		}
	}
	return s.fail(op, key, err)
}

// mayRead returns a refusal with a text that names what the user may read.
func (s *EtcdV3) mayRead(spans []etcdlist.Span, refused error) error {
	return etcdclient.WithText("the user "+s.client.User()+" may read "+etcdlist.SpansText(spans), refused)
}
