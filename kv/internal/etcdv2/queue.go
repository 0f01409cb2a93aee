package etcdv2

import (
	"context"
	"fmt"
	"path"
	"sort"
	"strconv"
	"sync"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/panics"
)

// Place is a place in a queue: an in-order key with a TTL ("Atomically Creating In-Order Keys" in
// Documentation/v2/api.md of etcd) that is renewed until the place is left.
type Place struct {
	// First is closed when nobody stands before the place.
	First <-chan struct{}
	// Gone is closed when the place is no longer in the queue.
	Gone <-chan struct{}

	cluster *Cluster
	queue   string // the directory
	path    string // of our own node in it
	ttl     time.Duration

	first, gone chan struct{}
	cancel      context.CancelFunc
	running     sync.WaitGroup

	mu       sync.Mutex
	standing map[string]bool // the nodes in the queue
}

// Enqueue takes the last place in a queue, which is made if there is none. value must be that of no
// other place: an attempt without an answer is found by it, and withdrawn.
func (c *Cluster) Enqueue(ctx context.Context, queue, value string, ttl time.Duration) (*Place, error) {
	began := time.Now()
	request, done := c.request(ctx)
	defer done()
	var resp *client.Response
	err := c.write(request, func(ctx context.Context, m *member) (err error) {
		resp, err = m.keys.CreateInOrder(ctx, queue, value, &client.CreateInOrderOptions{TTL: ttl})
		return err
	})
	if err != nil {
		if !Answered(err) {
			c.withdraw(ctx, queue, value)
		}
		return nil, err
	}
	p := &Place{
		cluster: c, queue: queue, path: resp.Node.Key, ttl: ttl,
		first: make(chan struct{}), gone: make(chan struct{}),
	}
	p.First, p.Gone = p.first, p.gone
	ctx, p.cancel = context.WithCancel(ctx)
	p.running.Go(func() {
		panics.UntilEnded(ctx, func() { c.Follow(ctx, queue, true, placeSink{p}) })
	})
	p.running.Go(func() {
		if panics.Contained(func() { p.keep(ctx, began) }) != nil {
			p.mu.Lock()
			closeOnce(p.gone) // whether it is still there is not known
			p.mu.Unlock()
		}
	})
	return p, nil
}

// withdraw deletes the place that a request without an answer may have taken, even if ctx has
// ended. A place that it cannot delete ends by its TTL.
func (c *Cluster) withdraw(ctx context.Context, queue, value string) {
	ctx, cancel := c.request(context.WithoutCancel(ctx))
	defer cancel()
	dir, _, err := c.GetTree(ctx, queue)
	if err != nil {
		return
	}
	for _, n := range dir.Nodes {
		if n.Value == value {
			_ = c.Delete(ctx, n.Key, nil)
		}
	}
}

// Leave gives the place up, and deletes the queue if it was the last in it.
func (p *Place) Leave() error {
	p.cancel()
	p.running.Wait()
	ctx, cancel := p.cluster.request(context.Background())
	defer cancel()
	err := p.cluster.Delete(ctx, p.path, nil)
	// It fails if others stand in the queue, or have deleted it already.
	_ = p.cluster.Delete(ctx, p.queue, &client.DeleteOptions{Dir: true})
	return err
}

// keep renews the place three times in its TTL. The place is gone if it could not be renewed for a
// whole TTL, counted from before the last success was sent, even if nobody answers: the server has
// let it go by now, or will when it comes back.
func (p *Place) keep(ctx context.Context, renewed time.Time) {
	for {
		until := renewed.Add(p.ttl)
		timer := time.NewTimer(min(p.ttl/3, time.Until(until)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		began := time.Now()
		attempt, cancel := context.WithDeadline(ctx, earlier(until, began.Add(p.cluster.config.Timeout)))
		err := p.cluster.Refresh(attempt, p.path, 0, p.ttl)
		cancel()
		switch {
		case err == nil:
			renewed = began
		case IsMissing(err), !time.Now().Before(until):
			p.mu.Lock()
			closeOnce(p.gone)
			p.mu.Unlock()
			return
		}
	}
}

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// closeOnce closes a channel unless it is closed. Its callers exclude each other.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// placeSink keeps up with the queue of a place.
type placeSink struct{ *Place }

// List implements Sink.
func (p placeSink) List(ctx context.Context, _ Missed) (uint64, error) {
	node, index, err := p.cluster.Snapshot(ctx, p.queue, true)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.standing = map[string]bool{}
	for _, n := range InOrder(node) {
		p.standing[n.Key] = true
	}
	p.look()
	return index, nil
}

// Apply implements Sink.
func (p placeSink) Apply(_ context.Context, change *client.Response) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := change.Node
	_, inside := Below(p.queue, n.Key)
	switch {
	case !IsDeletion(change):
		if isInOrder(n) {
			p.standing[n.Key] = true
		}
	case inside:
		delete(p.standing, n.Key)
	default: // the queue, or a directory above it
		clear(p.standing)
	}
	p.look()
	return nil
}

// Lost implements Sink. keep finds out when contact was lost for too long.
func (p placeSink) Lost(error) {}

// look closes the channel of what has become of the place.
func (p *Place) look() {
	if !p.standing[p.path] {
		closeOnce(p.gone)
		return
	}
	for other := range p.standing {
		if other < p.path {
			return
		}
	}
	closeOnce(p.first)
}

// InOrder returns the places in a queue, the first first. dir may be nil, or a directory that is no
// queue, which has none.
func InOrder(dir *client.Node) []*client.Node {
	if dir == nil {
		return nil
	}
	var places []*client.Node
	for _, n := range dir.Nodes {
		if isInOrder(n) {
			places = append(places, n)
		}
	}
	sort.Slice(places, func(i, j int) bool { return places[i].CreatedIndex < places[j].CreatedIndex })
	return places
}

// isInOrder reports whether a node is a place in a queue: an in-order key, which the server names
// after the index of its creation in twenty digits, that ends by itself if it is not renewed.
func isInOrder(n *client.Node) bool {
	return !n.Dir && n.Expiration != nil && path.Base(n.Key) == fmt.Sprintf("%020s", strconv.FormatUint(n.CreatedIndex, 10))
}
