package kv

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// patience is how long a server may take to let us in. One that is starting
// loses what it is asked too early, so that it is asked again soon after
// contact was lost, and later with more time for one that is only slow.
func (t *zkSubtree) patience() time.Duration {
	if !t.again || t.unmet > 2 {
		return t.store.timeout
	}
	return t.store.timeout / 8 << t.unmet
}

// wireWith connects to the first server with which something can be done; it
// closes a connection when that fails.
func (t *zkSubtree) wireWith(ctx context.Context, do func(context.Context, *zkWire) error) (*zkWire, error) {
	s, failures := t.store, zkFailures{errZkNotConnected}
	for _, address := range s.endpoints {
		ctx, cancel := context.WithTimeout(ctx, t.patience())
		w, err := s.openWire(ctx, address, zkSessionTimeout)
		if err == nil {
			err = do(ctx, w)
		}
		if ctx.Err() != nil {
			t.unmet++
		}
		cancel()
		if err == nil || errors.Is(err, errZkUnknownOp) {
			return w, err
		}
		failures = failures.with(err)
	}
	return nil, failures
}

// addWatch sets the recursive watch on a connection, which it closes when
// that fails. A server before 3.6 drops the connection on the operation, with
// or without an answer: its version tells which it was.
func (s *Zookeeper) addWatch(ctx context.Context, w *zkWire, root string) error {
	stop := context.AfterFunc(ctx, func() { w.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	err := w.addWatch(root)
	if err == nil {
		return nil
	}
	w.close()
	var code zkCode
	if errors.Is(err, errZkUnknownOp) || errors.As(err, &code) || ctx.Err() != nil {
		return err
	}
	info, infoErr := s.serverInfo(ctx, w.address)
	if infoErr == nil && zkBefore(info.version, 6) {
		return fmt.Errorf("%w: %w", errZkUnknownOp, err)
	}
	return err
}
