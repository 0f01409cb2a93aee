package kv

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// fail is an error of this store; kind or cause may be nil.
func (s *EtcdV3) fail(op Op, key string, kind, cause error) error {
	return &Error{Op: op, Key: key, Server: s.server, Kind: kind, Err: cause}
}

// explain makes an error of this store of what the client said about a read.
func (s *EtcdV3) explain(op Op, key string, err error) error {
	kind := s.kind(err)
	if refused := s.refusal.last(); refused != nil && errors.Is(kind, ErrNotReachable) {
		return s.fail(op, key, ErrCertificate, refused)
	}
	return s.fail(op, key, kind, s.worded(err))
}

// explainWrite does so for a write: where contact was lost after the write was
// sent, nobody knows what became of it.
func (s *EtcdV3) explainWrite(op Op, key string, err error, sent *atomic.Int64) error {
	said := s.explain(op, key, err)
	if errors.Is(said, ErrBadAnswer) && (sent.Load() == 0 || sent.Load() >= v3RequestLeast) {
		return s.fail(op, key, ErrTooLarge, s.worded(err))
	}
	unanswered := isAnyOf(said, ErrNotReachable, ErrClosed, ErrBadAnswer, context.Canceled)
	if sent.Load() > 0 && unanswered && !isAnyOf(err, v3NotProposed()...) {
		return s.fail(op, key, ErrOutcomeUnknown, s.worded(err))
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
	case isAnyOf(err, v3Denied()...):
		return ErrDenied
	case errors.Is(err, rpctypes.ErrNoSpace):
		return ErrNoSpace
	case errors.Is(err, rpctypes.ErrNoLeader):
		return ErrNoLeader
	case isAnyOf(err, v3Other()...):
		return nil
	case errors.Is(err, rpctypes.ErrEmptyKey):
		return ErrInvalidKey
	case errors.Is(err, rpctypes.ErrRequestTooLarge):
		return ErrTooLarge
	case errors.Is(err, errContactLost):
		return ErrNotReachable
	}
	if s.ctx.Err() != nil {
		return ErrClosed
	}
	switch v3Code(err) {
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

// v3Denied are the errors of a refused login or right.
func v3Denied() []error {
	return []error{
		rpctypes.ErrPermissionDenied, rpctypes.ErrAuthFailed, rpctypes.ErrUserEmpty,
		rpctypes.ErrUserNotFound, rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision,
	}
}

// v3Other are the errors whose gRPC code would mislead: the server is there,
// it took the request for what it is, and nothing happened.
func v3Other() []error {
	return []error{
		rpctypes.ErrTooManyRequests, rpctypes.ErrCorrupt,
		rpctypes.ErrLeaseTTLTooLarge, rpctypes.ErrLeaseNotFound, rpctypes.ErrTooManyOps,
	}
}

// v3NotProposed are the errors of the kind "unavailable" by which a server
// says that it did not even try the write.
func v3NotProposed() []error {
	return []error{rpctypes.ErrNoLeader, rpctypes.ErrNotCapable}
}

// isV3Permission reports whether a user who is known was refused a right.
func isV3Permission(err error) bool { return errors.Is(err, rpctypes.ErrPermissionDenied) }

// v3Code is the gRPC code of what the client said.
func v3Code(err error) codes.Code {
	var e rpctypes.EtcdError
	err = v3Unhidden(err)
	switch {
	case err == nil:
		return codes.OK
	case errors.As(err, &e):
		return e.Code()
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	}
	return status.Code(err)
}

// v3SendWatcher notes, on the connection, how much of a request was sent: only
// that tells a write which surely did not happen from one that may have.
type v3SendWatcher struct{}

// v3Sent is the key of the note in a request's context.
type v3Sent struct{}

// watchSend puts the note into a request's context.
func watchSend(ctx context.Context) (context.Context, *atomic.Int64) {
	sent := new(atomic.Int64)
	return context.WithValue(ctx, v3Sent{}, sent), sent
}

// TagRPC implements stats.Handler. Logging in, which the client may do by the
// way and in the same context, is not the request.
func (v3SendWatcher) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	if strings.HasSuffix(info.FullMethodName, "/Authenticate") {
		return context.WithValue(ctx, v3Sent{}, nil)
	}
	return ctx
}

// HandleRPC implements stats.Handler.
func (v3SendWatcher) HandleRPC(ctx context.Context, event stats.RPCStats) {
	payload, ok := event.(*stats.OutPayload)
	if !ok {
		return
	}
	if sent, ok := ctx.Value(v3Sent{}).(*atomic.Int64); ok {
		sent.Store(int64(payload.WireLength))
	}
}

// TagConn implements stats.Handler.
func (v3SendWatcher) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (v3SendWatcher) HandleConn(context.Context, stats.ConnStats) {}
