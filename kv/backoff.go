package kv

import (
	"context"
	"math/rand/v2"
	"time"
)

// The pace at which a lost server is tried again.
const (
	backoffLeast = 50 * time.Millisecond
	backoffMost  = 3 * time.Second
)

// backoff is the pause between tries: longer each time, and uneven, so that
// many clients do not come back at the same moment. The zero value is ready.
type backoff struct {
	last time.Duration
}

// wait pauses before the next try; the error is ctx's.
func (b *backoff) wait(ctx context.Context) error {
	b.last = min(max(2*b.last, backoffLeast), backoffMost)
	return sleep(ctx, b.last/2+rand.N(b.last/2))
}

// reset is for after a success: the next pause is the shortest again.
func (b *backoff) reset() { b.last = 0 }
