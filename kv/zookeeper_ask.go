package kv

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"
)

// errZkNotConnected says that a request was not sent, for want of a server.
var errZkNotConnected = errors.New("no connection to a server")

// errZkUnanswered says that a request was sent and not answered in time.
var errZkUnanswered = errors.New("no answer in time")

// zkAsk makes one request, and gives up on its answer when ctx ends: the client
// itself would wait for as long as the connection seems to live.
func zkAsk[T any](ctx context.Context, z *zkSession, request func(*zk.Conn) (T, error)) (T, error) {
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
		err := recovered(func() (err error) {
			value, err = request(z.conn)
			return err
		})
		answered <- answer{value, err}
	}()
	select {
	case a := <-answered:
		if errors.Is(a.err, zk.ErrConnectionClosed) && z.nonsense.Load() {
			a.err = errZkBadAnswer
		}
		return a.value, zkUnfit(a.err)
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", errZkUnanswered, context.Cause(ctx))
	}
}

// zkRetryPause keeps a request that failed with its connection from being made
// again before the client has noticed.
const zkRetryPause = 10 * time.Millisecond

// zkAskAgain is zkAsk for what may be asked twice: it goes on over a lost
// connection until ctx ends.
func zkAskAgain[T any](ctx context.Context, z *zkSession, request func(*zk.Conn) (T, error)) (T, error) {
	for {
		value, err := zkAsk(ctx, z, request)
		if !zkNotSent(err) && !errors.Is(err, zk.ErrConnectionClosed) {
			return value, err
		}
		if sleep(ctx, zkRetryPause) != nil {
			return value, err
		}
	}
}

// zkAskOnce is zkAsk for a write: it goes on only while the request has surely
// not been carried out.
func zkAskOnce[T any](ctx context.Context, z *zkSession, request func(*zk.Conn) (T, error)) (T, error) {
	for {
		value, err := zkAsk(ctx, z, request)
		if !zkNotSent(err) {
			return value, err
		}
		if sleep(ctx, zkRetryPause) != nil {
			return value, err
		}
	}
}

// zkNotSent tells that a request was not carried out and may be made again.
func zkNotSent(err error) bool {
	return errors.Is(err, zk.ErrNoServer) || errors.Is(err, zk.ErrSessionExpired) || errors.Is(err, zk.ErrSessionMoved)
}
