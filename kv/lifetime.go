package kv

import (
	"context"
	"sync"
	"time"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
)

// lifetime is the part of a store that starts, counts, bounds and joins all
// that the store runs, so that Close leaves nothing behind. The stores embed
// it: what they run calls start or enter, and each request takes its context
// from request or long. newLifetime makes one.
type lifetime struct {
	ctx     context.Context //nolint:containedctx // it ends at Close
	cancel  context.CancelFunc
	timeout time.Duration // of one small request

	running sync.WaitGroup // grows only under gate, and not after ending
	gate    sync.Mutex
	ending  bool          // Close has begun
	ended   chan struct{} // closed when Close is done

	outer *lifetime // that this one is a part of; nil for a store's own
}

// newLifetime begins a lifetime whose small requests may take as long as
// timeout.
func newLifetime(timeout time.Duration) *lifetime {
	l := &lifetime{timeout: timeout, ended: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// within returns a lifetime that is a part of this one: it ends with it at the latest, and close
// waits for all that it runs.
func (l *lifetime) within() *lifetime {
	inner := &lifetime{timeout: l.timeout, ended: make(chan struct{}), outer: l}
	inner.ctx, inner.cancel = context.WithCancel(l.ctx)
	return inner
}

// start runs work in the background. Its context ends at Close, which waits
// for it. The error is ErrClosed. A panic ends this work alone: what it
// defers cleans up.
func (l *lifetime) start(work func(context.Context)) error {
	leave, err := l.enter()
	if err != nil {
		return err
	}
	go func() {
		defer leave()
		_ = contained(func() { work(l.ctx) })
	}()
	return nil
}

// enter makes Close wait until leave is called, which must happen exactly
// once. The error is ErrClosed.
func (l *lifetime) enter() (leave func(), err error) {
	leaveOuter := func() {}
	if l.outer != nil {
		if leaveOuter, err = l.outer.enter(); err != nil {
			return nil, err
		}
	}
	l.gate.Lock()
	defer l.gate.Unlock()
	if l.ending {
		leaveOuter()
		return nil, ErrClosed
	}
	l.running.Add(1)
	return func() { l.running.Done(); leaveOuter() }, nil
}

// request returns the context of one small request: it ends with ctx, at
// Close, or after Config.ConnectionTimeout.
func (l *lifetime) request(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	stop := context.AfterFunc(l.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// long returns the context of a request that may last as long as it makes
// progress: it ends with ctx or at Close.
func (l *lifetime) long(ctx context.Context) (context.Context, context.CancelFunc) {
	return wait.Joined(ctx, l.ctx)
}

// close ends the lifetime: nothing starts any more, and when farewell has
// returned, all that runs is cancelled and waited for; then hangUp closes the
// connections. Both may be nil, and run once however often close is called.
// Each call returns when all of it is done.
func (l *lifetime) close(farewell, hangUp func()) {
	l.gate.Lock()
	first := !l.ending
	l.ending = true
	l.gate.Unlock()
	if !first {
		<-l.ended
		return
	}
	defer close(l.ended)
	if farewell != nil {
		farewell()
	}
	l.cancel()
	l.running.Wait()
	if hangUp != nil {
		hangUp()
	}
}

// isClosing reports whether Close has begun.
func (l *lifetime) isClosing() bool {
	l.gate.Lock()
	defer l.gate.Unlock()
	return l.ending || l.outer != nil && l.outer.isClosing()
}

// recovered runs do and returns its error, or a panic in it as one. A panic in a goroutine that
// nobody recovers ends the whole program, so every goroutine of a backend that looks into an
// answer runs by this.
//
// The kind is ErrBadAnswer: as far as is known, a server has sent what the code did not expect.
func recovered(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = withKind(ErrBadAnswer, panics.New(value))
		}
	}()
	return do()
}

// contained is recovered for a function without an error.
func contained(do func()) error {
	return recovered(func() error { do(); return nil })
}

// untilEnded runs a loop that returns when ctx ends, and runs it again after a panic in it.
func untilEnded(ctx context.Context, loop func()) { panics.UntilEnded(ctx, loop) }

// isPanic reports whether an error is a panic that was recovered.
func isPanic(err error) bool { return panics.Is(err) }
