package wait

import (
	"context"
	"math/rand/v2"
	"time"
)

// Bounds of the pause between two tries.
const (
	Shortest = 50 * time.Millisecond
	Longest  = 3 * time.Second
)

// Backoff is the pause between two tries. It doubles from Shortest to Longest, and is uneven so
// that many clients do not come back at the same moment. The zero value is ready for use.
type Backoff struct {
	last time.Duration
}

// Wait pauses before the next try. Its error is that of ctx.
func (b *Backoff) Wait(ctx context.Context) error {
	b.last = min(max(2*b.last, Shortest), Longest)
	return Sleep(ctx, b.last/2+rand.N(b.last/2))
}

// Reset makes the next pause the shortest again. It is called after a success.
func (b *Backoff) Reset() { b.last = 0 }
