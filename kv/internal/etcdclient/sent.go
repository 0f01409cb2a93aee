package etcdclient

import (
	"context"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc/stats"
)

// Sent is how many bytes of a request were sent. It distinguishes a write that surely did not
// happen from one that may have.
type Sent struct{ bytes atomic.Int64 }

// Bytes returns the length of the request if it was sent, else 0.
func (s *Sent) Bytes() int64 { return s.bytes.Load() }

// CountSent returns ctx for a request whose bytes are counted when they are sent.
func CountSent(ctx context.Context) (context.Context, *Sent) {
	sent := new(Sent)
	return context.WithValue(ctx, sentKey{}, sent), sent
}

// sentKey is the context key of CountSent.
type sentKey struct{}

// sendCounter counts on the connection what is sent.
type sendCounter struct{}

// TagRPC implements stats.Handler. A login that happens in the context of a request is not counted.
func (sendCounter) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	if strings.HasSuffix(info.FullMethodName, "/Authenticate") {
		return context.WithValue(ctx, sentKey{}, nil)
	}
	return ctx
}

// HandleRPC implements stats.Handler.
func (sendCounter) HandleRPC(ctx context.Context, event stats.RPCStats) {
	payload, ok := event.(*stats.OutPayload)
	if !ok {
		return
	}
	if sent, ok := ctx.Value(sentKey{}).(*Sent); ok {
		sent.bytes.Store(int64(payload.WireLength))
	}
}

// TagConn implements stats.Handler.
func (sendCounter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (sendCounter) HandleConn(context.Context, stats.ConnStats) {}
