package kv

import (
	"context"

	"kvist/kv/internal/wait"
)

// Bounds of the pause between two tries.
const (
	backoffLeast = wait.Shortest
	backoffMost  = wait.Longest
)

// backoff is the pause between two tries. The zero value is ready for use.
type backoff struct{ pause wait.Backoff }

// wait pauses before the next try. Its error is that of ctx.
func (b *backoff) wait(ctx context.Context) error { return b.pause.Wait(ctx) }

// reset makes the next pause the shortest again. It is called after a success.
func (b *backoff) reset() { b.pause.Reset() }
