package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvist/kv/internal/wait"
)

const (
	// batchMax bounds the events of one batch.
	batchMax = 4096
	// pendingMax bounds the events of a listing that wait for a slow reader;
	// then the producer waits. Changes never wait: they coalesce by key.
	pendingMax = 4 * batchMax
)

// pump is the Feed that the producer of a backend fills. The producer is one
// goroutine, and so is the reader.
type pump struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when the producer has returned
	wake   chan struct{} // has an element when there may be something to read
	room   chan struct{} // has an element when a reader made room

	mu       sync.Mutex
	queue    pumpQueue
	state    State
	begin    bool // a listing begins with the queue's first event
	synced   bool // … and ends with its last
	missed   Missed
	listed   int
	unleased bool // see Batch
	expected int  // how many keys the listing will put; 0 if unknown
	err      error
	changed  bool // there is something to report
	reach    reach
	since    time.Time // when contact was lost; zero while there is contact
	attempt  int       // failures since then
	whole    bool      // a listing has ended
	broke    bool      // the producer panicked, and has not listed since
}

// newPump starts produce, which fills the feed until its context ends. If
// produce panics, it is started again after a pause, and the feed is
// Reconnecting until it lists. The functions ended are called once, when
// produce has ended for good.
func newPump(produce func(context.Context, *pump), ended ...func()) *pump {
	ctx, cancel := context.WithCancel(context.Background())
	p := &pump{
		cancel: cancel,
		done:   make(chan struct{}),
		wake:   make(chan struct{}, 1),
		room:   make(chan struct{}, 1),
	}
	go func() {
		defer close(p.done)
		defer func() {
			for _, end := range ended {
				end()
			}
		}()
		_ = contained(func() { p.run(ctx, produce) })
	}()
	return p
}

// run calls produce until it returns without a panic.
func (p *pump) run(ctx context.Context, produce func(context.Context, *pump)) {
	var pause wait.Backoff
	for {
		begun := time.Now()
		err := contained(func() { produce(ctx, p) })
		if err == nil || ctx.Err() != nil {
			return
		}
		if time.Since(begun) > 2*wait.Longest {
			pause.Reset()
		}
		p.mu.Lock()
		p.broke = true // reported by lost
		p.mu.Unlock()
		p.lost(Reconnecting, &Error{Op: OpFollow, Kind: ErrBadAnswer, Err: err})
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

// startListing begins a listing, because of missed. It drops the events that
// nobody has read: the listing puts all that is still true.
func (p *pump) startListing(missed Missed) {
	p.update(func() {
		p.queue.reset()
		p.state, p.begin, p.synced, p.unleased, p.listed, p.expected = Listing, true, false, false, 0, 0
		if p.broke && p.whole {
			missed |= Gap
		}
		p.broke = false
		p.missed |= missed
	})
}

// expect sets how many keys the listing will put, as far as is known. It wakes
// nobody: the next batch reports it.
func (p *pump) expect(keys int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = keys
}

// leaseless notes that keys of the listing came without their leases.
func (p *pump) leaseless() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unleased = true
}

// list adds keys to the listing, which must not repeat one. It waits while the
// reader is far behind. Its error is that of ctx.
func (p *pump) list(ctx context.Context, events ...Event) error {
	if err := p.waitForRoom(ctx); err != nil {
		return err
	}
	p.listNow(events)
	return ctx.Err()
}

// waitForRoom waits while the reader is far behind. Its error is that of ctx.
func (p *pump) waitForRoom(ctx context.Context) error {
	for {
		p.mu.Lock()
		full := p.queue.len() >= pendingMax
		p.mu.Unlock()
		if !full {
			return nil
		}
		select {
		case <-p.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// listNow is list without waiting.
func (p *pump) listNow(events []Event) {
	p.update(func() {
		p.queue.list(events)
		p.listed += len(events)
	})
}

// reveal adds what became known and is not a change.
func (p *pump) reveal(events ...Event) {
	p.update(func() { p.queue.list(events) })
}

// unseen sets why a part of the subtree cannot be read, while the feed is
// live.
func (p *pump) unseen(err error) {
	p.update(func() {
		if p.state == Live {
			p.err = err
		}
	})
}

// endListing ends the listing: the feed is live from now on. unseen is why a
// part of the subtree cannot be read, or nil.
func (p *pump) endListing(unseen error) {
	p.update(func() {
		p.state, p.synced, p.whole, p.err = Live, true, true, unseen
		p.since, p.attempt = time.Time{}, 0
	})
}

// live adds changes, the newest last. A change replaces an older one of its
// key that nobody has read, and the batch is Coalesced.
func (p *pump) live(events ...Event) {
	p.update(func() {
		for _, e := range events {
			if p.queue.live(e) {
				p.missed |= Coalesced
			}
		}
	})
}

// lost sets the state and its reason: contact was lost, or, in state Live, a
// part of the subtree cannot be read. A server that refuses the login makes
// the feed Denied instead of Reconnecting.
func (p *pump) lost(state State, err error) {
	if state == Reconnecting && errors.Is(err, ErrDenied) {
		state = Denied
	}
	p.update(func() {
		p.state, p.err = state, err
		switch {
		case !state.OutOfContact():
			p.since, p.attempt = time.Time{}, 0
			return
		case p.since.IsZero():
			p.since = time.Now()
		}
		p.attempt++
	})
}

// miss records that changes may have been missed although no listing is
// needed.
func (p *pump) miss(m Missed) {
	p.update(func() { p.missed |= m })
}

// update changes the pump and wakes the reader.
func (p *pump) update(change func()) {
	p.mu.Lock()
	change()
	p.changed = true
	p.mu.Unlock()
	wait.Signal(p.wake)
}

// Next implements Feed.
func (p *pump) Next(ctx context.Context) (Batch, error) {
	for {
		if b, ok := p.take(); ok {
			wait.Signal(p.room)
			return b, nil
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		case <-p.done:
			return Batch{}, &Error{Op: OpFollow, Kind: ErrClosed}
		}
	}
}

// take returns a batch of what there is to report, and false if there is
// nothing.
func (p *pump) take() (Batch, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.changed {
		return Batch{}, false
	}
	b := Batch{
		Events: p.queue.take(batchMax),
		State:  p.state, Begin: p.begin, Missed: p.missed,
		Listed: p.listed, Expected: p.expected, Unleased: p.unleased, Err: p.err, At: time.Now(),
		Partial: p.reach.partial, Watches: p.reach.watches, Budget: p.reach.budget,
		Memory: p.reach.memory, Total: p.reach.total,
	}
	if p.state.OutOfContact() {
		b.Since, b.Attempt = p.since, p.attempt
	}
	p.begin, p.missed = false, 0
	if p.queue.len() == 0 {
		b.Synced, p.synced, p.changed = p.synced, false, false
	} else if p.synced {
		b.State = Listing // the reader has not read all of the listing
	}
	return b, true
}

// Close implements Feed.
func (p *pump) Close() error {
	p.cancel()
	<-p.done
	return nil
}

// reach is how much of a subtree a feed follows.
type reach struct {
	partial         bool  // open folders only
	watches, budget int   // as in Batch
	memory          int64 // as in Batch
	total           int   // as in Batch
}

// reaches sets how much of the subtree is followed from now on.
func (p *pump) reaches(r reach) {
	p.mu.Lock()
	same := p.reach == r
	p.mu.Unlock()
	if !same {
		p.update(func() { p.reach = r })
	}
}
