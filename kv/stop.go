package kv

import (
	"context"
	"time"

	"kvist/kv/internal/wait"
)

// untilStopped returns a context that also ends when stop is closed. A nil stop is never closed.
func untilStopped(ctx context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	return wait.UntilStopped(ctx, stop)
}

// joined returns ctx as a context that also ends with other, such as the one that Close ends.
func joined(ctx, other context.Context) (context.Context, context.CancelFunc) {
	return wait.Joined(ctx, other)
}

// sleep waits for d. Its error is that of ctx, if ctx ends first.
func sleep(ctx context.Context, d time.Duration) error { return wait.Sleep(ctx, d) }
