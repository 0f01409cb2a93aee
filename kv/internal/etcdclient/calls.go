package etcdclient

import (
	"context"
	"math"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
)

// Bounds of an answer, in bytes. A larger one is not read.
const (
	answerMost = 64 << 20  // to a small request
	watchMost  = 128 << 20 // of a watch, which may report up to a thousand revisions at once
	largeMost  = 512 << 20 // about very many keys: several million without their values
)

// largeKey is the context key of WithLargeAnswers.
type largeKey struct{}

// WithLargeAnswers returns ctx with the note that the answer to a request may be about very many
// keys.
func WithLargeAnswers(ctx context.Context) context.Context {
	return context.WithValue(ctx, largeKey{}, true)
}

// dialOptions make the client send what the server takes, bound what it reads, and log in.
func (c *Client) dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(c.call),
		grpc.WithChainStreamInterceptor(c.stream),
		grpc.WithPerRPCCredentials(&c.login),
	}
}

// call sends a request that has one answer.
func (c *Client) call(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	ctx, opts = c.prepare(ctx, method, opts)
	err := c.loggedIn(ctx, method, conn, func() error { return invoke(ctx, method, req, reply, conn, opts...) })
	if c.opening.Load() && isUnconnected(err) {
		return final{err}
	}
	return err
}

// stream opens a stream. A stream keeps the token that it was opened with.
func (c *Client) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, opts = c.prepare(ctx, method, opts)
	if err := c.logInAnew(ctx, conn); err != nil {
		return nil, err
	}
	return open(ctx, desc, conn, method, opts...)
}

// prepare asks a server that has no leader to fail at once, unless the request is about the server
// itself. It bounds what is sent and what is read.
func (c *Client) prepare(ctx context.Context, method string, opts []grpc.CallOption) (context.Context, []grpc.CallOption) {
	if strings.HasPrefix(method, "/etcdserverpb.KV/") || strings.HasPrefix(method, "/etcdserverpb.Lease/") || strings.HasPrefix(method, "/etcdserverpb.Auth/") {
		ctx = clientv3.WithRequireLeader(ctx)
	}
	most := answerMost
	switch {
	case strings.HasPrefix(method, "/etcdserverpb.Watch/"):
		most = watchMost
	case ctx.Value(largeKey{}) != nil:
		most = largeMost
	}
	opts = append(slices.Clip(opts), grpc.MaxCallSendMsgSize(math.MaxInt32), grpc.MaxCallRecvMsgSize(most))
	if c.opening.Load() {
		opts = append(opts, grpc.WaitForReady(false))
	}
	return ctx, opts
}
