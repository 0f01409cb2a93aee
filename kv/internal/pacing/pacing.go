package pacing

import (
	"context"
	"sync"
	"time"

	"kvist/kv/internal/wait"
)

const (
	// Pause is the least time between two answers of one watch, on average. Consul's documentation
	// advises such a limit for loops of blocking queries.
	Pause = 100 * time.Millisecond

	// share is how many times the cost of an answer must pass before the next question, on average.
	// A storm of changes keeps the server busy with one feed for a tenth of its time, and for
	// another tenth where some levels of the feed are dear.
	share = 10
	// dear is the least cost of a dear answer.
	dear = 20 * time.Millisecond
	// baseCost and keyCost bound what an answer may have cost by the keys in it, at many times the
	// usual. A server that starts, or has no leader, takes seconds to answer with three keys, which
	// says nothing about the next time.
	baseCost = 20 * time.Millisecond
	keyCost  = 50 * time.Microsecond
	// atOnce is how much longer than the last an answer may take without having waited for a
	// change. After a pause, in which changes may have gathered, only one that took waited longer
	// is sure to have waited: a busy server is late at times.
	atOnce = 50 * time.Millisecond
	waited = time.Second
	// waitShare keeps what an idle feed costs the server below a third of a percent of its time.
	waitShare = 300
)

// MostCost returns the most that an answer about so many keys may have cost a server.
func MostCost(keys int) time.Duration { return baseCost + time.Duration(keys)*keyCost }

// Budget bounds the share of time that a server spends on the answers of one feed. After a quiet
// time two answers may come in a row, so that a single change, and the one after it, are reported
// at once. The zero value is ready for use, by several queries at a time.
//
// Dear answers, such as the top level of a million keys, have a budget of their own: otherwise a
// folder of ten keys would be late whenever anything changes anywhere.
type Budget struct {
	mu              sync.Mutex
	cheapAt, dearAt time.Time     // when all that was answered is paid for
	top             time.Duration // cost of the top level; 0 when not known
}

// SetTop notes what the feed's top level costs.
func (b *Budget) SetTop(cost time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.top = cost
}

// Top returns what the feed's top level costs. No other level costs more, as each is part of it.
func (b *Budget) Top() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.top
}

// spend counts an answer, and returns when the next question may be asked.
func (b *Budget) spend(cost time.Duration) time.Time {
	due := max(share*cost, Pause)
	b.mu.Lock()
	defer b.mu.Unlock()
	paidAt := &b.cheapAt
	if cost >= dear {
		paidAt = &b.dearAt
	}
	if now := time.Now(); paidAt.Before(now) {
		*paidAt = now
	}
	*paidAt = paidAt.Add(due)
	return paidAt.Add(-due)
}

// Query paces one query that is asked again and again. NewQuery makes one.
type Query struct {
	budget     *Budget
	cost       time.Duration
	next       time.Time // when it may be asked again
	held       bool      // the question under way had to wait for that
	shortWaits bool      // something on the way ends long waits
}

// NewQuery returns a query of a feed that has this budget.
func NewQuery(b *Budget) Query { return Query{budget: b} }

// Cost returns what an answer costs the server, as far as a client can see it: how long one took
// that did not wait for a change.
func (q *Query) Cost() time.Duration { return q.cost }

// Hold waits until the query may be asked again. Its error is that of ctx.
func (q *Query) Hold(ctx context.Context) error {
	pause := time.Until(q.next)
	if q.held = pause > 0; !q.held {
		return ctx.Err()
	}
	return wait.Sleep(ctx, pause)
}

// Answered counts an answer that began after took, and extra, the time of other questions that
// belong to it. Neither can have cost the server more than most. It reports whether changes may
// have gathered before the question; blocking says that the question waited for a change.
func (q *Query) Answered(most, took, extra time.Duration, blocking bool) (gathered bool) {
	quick := took <= 2*q.cost+atOnce
	gathered = blocking && (quick || q.held && took <= 2*q.cost+waited)
	if !blocking || q.held && quick {
		q.cost = min(took, most)
	}
	q.next = q.budget.spend(q.cost + min(extra, most))
	return gathered
}

// WaitTime returns how long a blocking query may wait, from least to most. An answer without news
// costs the server as much as any other, so a query with a dear one waits longer.
func (q *Query) WaitTime(least, most time.Duration) time.Duration {
	if q.shortWaits {
		return least
	}
	return max(least, min(waitShare*q.cost, most))
}

// ShortenWaits returns err, or nil if a proxy that ends long waits may be all that is behind it:
// the wait was long, and the first that failed. WaitTime returns the least from then on.
func (q *Query) ShortenWaits(ctx context.Context, err error, long bool) error {
	if !long || q.shortWaits || ctx.Err() != nil {
		return err
	}
	q.shortWaits = true
	return nil
}
