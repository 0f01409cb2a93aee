package etcdv2

import (
	"context"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/panics"
)

const (
	// pulsePace is how often a member that is waited on is asked whether it is still there, and
	// pulseTimeout how long it may take to answer. Together they are less than the time for which a
	// feed may call itself live without news.
	pulsePace    = 6 * time.Second
	pulseTimeout = 8 * time.Second
	// listingMisses is how many questions in a row a member may leave unanswered while it builds a
	// listing: all other requests wait for that.
	listingMisses = 2
)

// pulse regularly asks a member that is waited on for something that it needs the rest of the
// cluster for. A member that was cut off from the others, or frozen, keeps its connections and
// sends nothing. pulse calls giveUp when so many questions in a row were not answered.
func (c *Cluster) pulse(ctx context.Context, m *member, path string, misses int, giveUp context.CancelCauseFunc) {
	ticker := time.NewTicker(min(pulsePace, max(c.config.Timeout, time.Second)))
	defer ticker.Stop()
	for missed := 0; missed < misses; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		question, cancel := context.WithTimeout(ctx, min(c.config.Timeout, pulseTimeout))
		_, err := m.keys.Get(question, c.unused(path), &client.GetOptions{Quorum: true})
		cancel()
		missed++
		if err == nil || Answered(err) {
			missed = 0
		}
		if missed == misses {
			giveUp(causes(err))
		}
	}
}

// attended makes a request that may take long, and gives it up if the member answers nothing else
// meanwhile.
func (c *Cluster) attended(ctx context.Context, m *member, path string, request func(context.Context) error) error {
	ctx, giveUp := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = panics.Contained(func() { c.pulse(ctx, m, path, listingMisses, giveUp) })
	}()
	err := request(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	giveUp(nil)
	<-ended
	return err
}
