package consulhttp

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
)

const (
	// pulseEvery is how long an agent may be silent, while an answer of it is waited for, before it
	// is asked whether it is there.
	pulseEvery = 2 * time.Second
	// pulseMost bounds the wait for that answer, whatever the client's timeout is: callers say that
	// they are live only if the agent was heard of within 15 s.
	pulseMost = 10 * time.Second
	// pulsePause is the least time between two questions.
	pulsePause = 250 * time.Millisecond
)

// pulse finds out whether the agent in use is there and knows a leader while requests wait for its
// answers, which may take minutes: silence is the usual answer to a blocking query. It asks one
// question, which costs nothing, for all that wait, and none while answers come or nothing waits.
// Without an answer, or without a leader, it ends all that waits and goes on to the next endpoint.
type pulse struct {
	client *Client
	start  func(func(context.Context)) error
	every  time.Duration

	mu      sync.Mutex
	heard   time.Time // when anything came last
	failed  bool      // the last question had no good answer
	running bool
	waiting map[*waiter]struct{}
}

// waiter is a request, or several, that wait for an answer.
type waiter struct {
	giveUp   context.CancelCauseFunc
	endpoint atomic.Int32 // the one that is to answer; -1 before there is one
}

// waiterKey is the context key of the innermost waiter.
type waiterKey struct{}

// waitsFor notes the endpoint that a request is sent to.
func waitsFor(ctx context.Context, endpoint int32) {
	if w, ok := ctx.Value(waiterKey{}).(*waiter); ok {
		w.endpoint.Store(endpoint)
	}
}

// hear notes that something came from the agent.
func (p *pulse) hear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard, p.failed = time.Now(), false
}

// watch returns a context that also ends, with the cause, when the agent is found not to answer.
// The function it returns must be called.
func (p *pulse) watch(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &waiter{giveUp: cancel}
	w.endpoint.Store(-1)
	ctx = context.WithValue(ctx, waiterKey{}, w)
	p.mu.Lock()
	p.waiting[w] = struct{}{}
	idle := !p.running
	p.running = true
	p.mu.Unlock()
	if idle && p.start(p.run) != nil {
		p.stopped()
	}
	return ctx, func() {
		p.mu.Lock()
		delete(p.waiting, w)
		p.mu.Unlock()
		cancel(nil)
	}
}

// stopped notes that run has ended.
func (p *pulse) stopped() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = false
}

// run asks as long as anything waits.
func (p *pulse) run(ctx context.Context) {
	t := p.client.transport
	pause := min(p.every, p.client.timeout/4) // a listing alone is given up in little more than the timeout
	if p.hasFailed() {                        // what begins to wait now learns it at once
		pause = 0
	}
	for {
		if wait.Sleep(ctx, pause) != nil || p.done() {
			p.stopped()
			return
		}
		pause = p.every
		p.sweep(t.current.Load())
		if silence := p.silence(); silence < p.every {
			pause -= silence
			continue
		}
		endpoint := t.current.Load()
		err := panics.Recovered(func() error { return p.ask(ctx, endpoint) })
		if err != nil && ctx.Err() == nil {
			p.fail(endpoint, err)
			pause = pulsePause
		}
	}
}

// done reports whether nothing waits any more. Then run is over.
func (p *pulse) done() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		return false
	}
	p.running = false
	return true
}

// silence returns for how long nothing has come.
func (p *pulse) silence() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed {
		return p.every
	}
	return time.Since(p.heard)
}

// hasFailed reports whether the last question had no good answer.
func (p *pulse) hasFailed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// ask asks who leads. Its error is why what is waited for will not come.
func (p *pulse) ask(ctx context.Context, endpoint int32) error {
	c := p.client
	ctx, cancel := context.WithTimeoutCause(ctx, min(c.timeout, pulseMost), ErrStalled)
	defer cancel()
	var leader string
	_, err := c.api.Raw().Query("/v1/status/leader", &leader, new(api.QueryOptions).WithContext(pinned(ctx, endpoint)))
	var status api.StatusError
	switch {
	case err == nil && leader == "":
		return EndpointError{c.transport.endpoints[endpoint].Host, ErrNoLeader}
	case err == nil, errors.As(err, &status) && status.Code < http.StatusInternalServerError:
		p.hear()
		return nil
	}
	return err
}

// fail ends all that waits.
func (p *pulse) fail(endpoint int32, err error) {
	t := p.client.transport
	t.leave(endpoint)
	t.base.CloseIdleConnections()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = true
	for w := range p.waiting {
		w.giveUp(err)
	}
}

// sweep ends what waits for other endpoints than the one now in use.
func (p *pulse) sweep(current int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.waiting {
		if endpoint := w.endpoint.Load(); endpoint >= 0 && endpoint != current {
			w.giveUp(ErrStalled)
		}
	}
}
