package zkclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
	"kvist/kv/internal/zkwire"
)

// Ask makes one request, and gives up on its answer when ctx ends. The library itself would wait
// for as long as the connection seems to live; the goroutine that asks for it still does.
func Ask[T any](ctx context.Context, z *Session, request func(*zk.Conn) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	if err := z.ready(ctx); err != nil {
		return none, err
	}
	answered := make(chan answer, 1)
	go func() {
		var value T
		err := panics.Recovered(func() (err error) {
			value, err = request(z.conn)
			return err
		})
		answered <- answer{value, err}
	}()
	select {
	case a := <-answered:
		if errors.Is(a.err, zk.ErrConnectionClosed) && z.nonsense.Load() {
			a.err = zkwire.ErrBadAnswer
		}
		return a.value, zkwire.Unfit(a.err)
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", zkwire.ErrUnanswered, context.Cause(ctx))
	}
}

// retryPause keeps a request that failed with its connection from being made again before the
// library has noticed.
const retryPause = 10 * time.Millisecond

// AskAgain is Ask for a request that may be made twice. It goes on over lost connections until
// ctx ends.
func AskAgain[T any](ctx context.Context, z *Session, request func(*zk.Conn) (T, error)) (T, error) {
	for {
		value, err := Ask(ctx, z, request)
		if !isUnsent(err) && !errors.Is(err, zk.ErrConnectionClosed) {
			return value, err
		}
		if wait.Sleep(ctx, retryPause) != nil {
			return value, err
		}
	}
}

// AskOnce is Ask for a write. It tries again only while the request has surely not been carried
// out.
func AskOnce[T any](ctx context.Context, z *Session, request func(*zk.Conn) (T, error)) (T, error) {
	for {
		value, err := Ask(ctx, z, request)
		if !isUnsent(err) {
			return value, err
		}
		if wait.Sleep(ctx, retryPause) != nil {
			return value, err
		}
	}
}

// isUnsent reports whether a request was surely not carried out, and may be made again.
func isUnsent(err error) bool {
	return errors.Is(err, zk.ErrNoServer) || errors.Is(err, zk.ErrSessionExpired) || errors.Is(err, zk.ErrSessionMoved)
}

// IsLost reports whether contact was lost before or after a request was sent.
func IsLost(err error) bool {
	return errors.Is(err, zkwire.ErrNotConnected) || errors.Is(err, zkwire.ErrUnanswered) || errors.Is(err, zk.ErrConnectionClosed)
}
