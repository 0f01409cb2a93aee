package kv

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/consul/api"
)

const (
	// consulPulseEvery is how long nothing may come from an agent, while an
	// answer of it is waited for, before it is asked whether it is there.
	consulPulseEvery = 2 * time.Second
	// consulPulseMost bounds the wait for that, whatever
	// Config.ConnectionTimeout is: what is called live was heard of within
	// 15 s.
	consulPulseMost = 10 * time.Second
	// consulPulsePause is the least between two such questions.
	consulPulsePause = 250 * time.Millisecond
)

// consulPulse finds out whether the agent in use is there and knows a leader
// while others wait for its answers, which may take minutes: of a blocking
// query, silence is the usual answer. It asks a question that costs nothing,
// one for all who wait, and none while answers come or nobody waits. Where
// there is no answer, or no leader, it gives up all that is waited for and
// goes on to the next address.
type consulPulse struct {
	store *Consul
	every time.Duration

	mu      sync.Mutex
	heard   time.Time // when anything came last
	faint   bool      // the last question had no good answer
	beating bool      // run runs
	waiting map[*consulWait]struct{}
}

// consulWait is somebody who waits for an answer.
type consulWait struct {
	giveUp context.CancelCauseFunc
	end    atomic.Int32 // the endpoint that is to give it; -1 before there is one
}

// consulWaiting is the key of the innermost consulWait of a context.
type consulWaiting struct{}

// waitsFor notes which endpoint a request is sent to.
func waitsFor(ctx context.Context, end int32) {
	if w, ok := ctx.Value(consulWaiting{}).(*consulWait); ok {
		w.end.Store(end)
	}
}

// errStalled is lost contact that no error of the network has told.
var errStalled = errors.New("nothing came for too long")

// errNoLeader is an agent that answers and knows no leader.
var errNoLeader = withKind(ErrNoLeader, errors.New("the agent knows no leader"))

// hear notes that something came from the agent.
func (p *consulPulse) hear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard, p.faint = time.Now(), false
}

// watch returns a context that also ends, with the cause, when the agent is
// found not to answer. The function returned must be called in the end.
func (p *consulPulse) watch(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &consulWait{giveUp: cancel}
	w.end.Store(-1)
	ctx = context.WithValue(ctx, consulWaiting{}, w)
	p.mu.Lock()
	p.waiting[w] = struct{}{}
	start := !p.beating
	p.beating = true
	p.mu.Unlock()
	if start && p.store.start(p.run) != nil {
		p.rest()
	}
	return ctx, func() {
		p.mu.Lock()
		delete(p.waiting, w)
		p.mu.Unlock()
		cancel(nil)
	}
}

// rest notes that run has ended.
func (p *consulPulse) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beating = false
}

// run asks as long as anybody waits.
func (p *consulPulse) run(ctx context.Context) {
	pause := min(p.every, p.store.timeout/4) // a listing alone is given up in little more than the timeout
	if p.isFaint() {                         // who begins to wait now is told at once
		pause = 0
	}
	for {
		if sleep(ctx, pause) != nil || p.done() {
			p.rest()
			return
		}
		pause = p.every
		p.sweep(p.store.transport.current.Load())
		if quiet := p.quiet(); quiet < p.every {
			pause -= quiet
			continue
		}
		end := p.store.transport.current.Load()
		if err := recovered(func() error { return p.ask(ctx, end) }); err != nil && ctx.Err() == nil {
			p.fail(end, err)
			pause = consulPulsePause
		}
	}
}

// done reports whether nobody waits any more; then run is over.
func (p *consulPulse) done() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		return false
	}
	p.beating = false
	return true
}

// quiet is for how long nothing has come.
func (p *consulPulse) quiet() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.faint {
		return p.every
	}
	return time.Since(p.heard)
}

// isFaint reports whether the last question had no good answer.
func (p *consulPulse) isFaint() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faint
}

// ask asks who leads. An error is why what is waited for will not come.
func (p *consulPulse) ask(ctx context.Context, end int32) error {
	s := p.store
	ctx, cancel := context.WithTimeoutCause(ctx, min(s.timeout, consulPulseMost), errStalled)
	defer cancel()
	var leader string
	_, err := s.client.Raw().Query("/v1/status/leader", &leader, new(api.QueryOptions).WithContext(pinned(ctx, end)))
	var status api.StatusError
	switch {
	case err == nil && leader == "":
		return consulEndError{s.transport.ends[end].Host, errNoLeader}
	case err == nil, errors.As(err, &status) && status.Code < http.StatusInternalServerError:
		p.hear()
		return nil
	}
	return err
}

// fail gives up all that is waited for.
func (p *consulPulse) fail(end int32, err error) {
	p.store.transport.leave(end)
	p.store.transport.base.CloseIdleConnections()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faint = true
	for w := range p.waiting {
		w.giveUp(err)
	}
}

// sweep gives up what is waited for from other endpoints than the one that is
// in use by now.
func (p *consulPulse) sweep(current int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.waiting {
		if end := w.end.Load(); end >= 0 && end != current {
			w.giveUp(errStalled)
		}
	}
}

// causeOr is why ctx ended, if it was given up for a reason of its own, else
// err.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, ctx.Err()) {
		return cause
	}
	return err
}
