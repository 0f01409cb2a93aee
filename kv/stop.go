package kv

import (
	"context"
	"time"

	"kvist/kv/internal/peer"
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

// offer puts v into a channel that holds one element, in place of an element that nobody has
// read yet. A slow reader gets the latest state, and the sender never waits. Only one goroutine
// may offer to a channel.
func offer[T any](c chan T, v T) { wait.Offer(c, v) }

// What stands behind an address at which a store could not be opened.

var errWantsTLS = peer.ErrWantsTLS

func isUntrusted(err error) bool { return peer.IsUntrusted(err) }

func isNoHTTP(err error) bool { return peer.IsNoHTTP(err) }

func speaksTLS(ctx context.Context, address string) bool { return peer.SpeaksTLS(ctx, address) }
