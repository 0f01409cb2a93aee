package kv

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// How large an answer may be, in bytes. Whatever claims to be larger is not
// read.
const (
	v3AnswerMost = 64 << 20  // about a few keys
	v3NewsMost   = 128 << 20 // of a watch, which tells up to a thousand revisions at once
	v3ListMost   = 512 << 20 // about very many keys: several million without their values
)

// v3Long is the key under which a context says that its requests may touch
// very many keys.
type v3Long struct{}

// dialOptions make the client send what the server takes, and take no more
// than is bearable.
func (s *EtcdV3) dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(s.call),
		grpc.WithChainStreamInterceptor(s.stream),
		grpc.WithPerRPCCredentials(&s.login),
	}
}

// call sends a request of one answer.
func (s *EtcdV3) call(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	ctx, opts = s.prepare(ctx, method, opts)
	err := s.loggedIn(ctx, method, conn, func() error { return invoke(ctx, method, req, reply, conn, opts...) })
	if s.opening.Load() && isV3Disconnected(err) {
		return v3Final{err}
	}
	return err
}

// stream opens a stream.
func (s *EtcdV3) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, opts = s.prepare(ctx, method, opts)
	if err := s.logInFor(ctx, conn); err != nil {
		return nil, err
	}
	return open(ctx, desc, conn, method, opts...)
}

// prepare makes a server without a leader say so at once, unless it is asked
// about itself, and bounds what is sent and what is answered.
func (s *EtcdV3) prepare(ctx context.Context, method string, opts []grpc.CallOption) (context.Context, []grpc.CallOption) {
	if strings.HasPrefix(method, "/etcdserverpb.KV/") || strings.HasPrefix(method, "/etcdserverpb.Lease/") || strings.HasPrefix(method, "/etcdserverpb.Auth/") {
		ctx = clientv3.WithRequireLeader(ctx)
	}
	most := v3AnswerMost
	switch {
	case strings.HasPrefix(method, "/etcdserverpb.Watch/"):
		most = v3NewsMost
	case ctx.Value(v3Long{}) != nil:
		most = v3ListMost
	}
	opts = append(slices.Clip(opts), grpc.MaxCallSendMsgSize(math.MaxInt32), grpc.MaxCallRecvMsgSize(most))
	if s.opening.Load() {
		opts = append(opts, grpc.WaitForReady(false))
	}
	return ctx, opts
}

// isV3Disconnected reports whether there is no connection to any address,
// which a server did not say itself.
func isV3Disconnected(err error) bool {
	var said rpctypes.EtcdError
	return status.Code(err) == codes.Unavailable && !errors.As(rpctypes.Error(err), &said)
}

// isV3TooMuch reports whether an answer was larger than what is read.
func isV3TooMuch(err error) bool {
	return v3Code(err) == codes.ResourceExhausted && !isAnyOf(err, append(v3Other(), rpctypes.ErrNoSpace)...)
}

// v3Final is an error that the client shall not try again after. It hides the
// code by which the client decides.
type v3Final struct{ err error }

func (f v3Final) Error() string { return f.err.Error() }

// Is reports whether the hidden error is target.
func (f v3Final) Is(target error) bool { return errors.Is(rpctypes.Error(f.err), target) }

// v3Unhidden is the error that is in a v3Final, or err.
func v3Unhidden(err error) error {
	var final v3Final
	if errors.As(err, &final) {
		return final.err
	}
	return err
}

// v3Worded is an error in better words than its own.
type v3Worded struct {
	text string
	err  error
}

func (w v3Worded) Error() string { return w.text }

// Unwrap returns the error itself.
func (w v3Worded) Unwrap() error { return w.err }

// worded puts into words what the client says by halves.
func (s *EtcdV3) worded(err error) error {
	switch {
	case errors.Is(err, rpctypes.ErrUserEmpty) && s.login.user == "":
		return v3Worded{"the server wants a login, and none was given", err}
	case errors.Is(err, rpctypes.ErrUserEmpty) && s.login.password == "":
		return v3Worded{"no password was given for the user " + s.login.user, err}
	}
	err = v3Unhidden(err)
	said, ok := status.FromError(err)
	if !ok || err == nil {
		return err
	}
	text := said.Message()
	if _, quoted, found := strings.Cut(text, "connection error: desc = "); found {
		if plain, err := strconv.Unquote(quoted); err == nil {
			text = plain
		}
	}
	if text == "" {
		return err
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "transport: "), "Error while dialing: ")
	return v3Worded{text, err}
}
