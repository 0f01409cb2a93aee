package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvist/kv/internal/wait"
)

const (
	// batchMax bounds what one Next returns.
	batchMax = 4096
	// pendingMax bounds what a listing piles up for a slow reader before it
	// is made to wait. Live changes never wait: they are coalesced by key.
	pendingMax = 4 * batchMax
)

// pump is the Feed that every backend's producer fills. The producer is one
// goroutine; so is the reader.
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
	expected int // how many keys the listing will put; 0 when not known
	err      error
	changed  bool // something besides the queue is to be told
	reach    reach
	since    time.Time // when contact was lost; zero while there is contact
	attempt  int       // how often it was not regained since
	whole    bool      // a listing has ended
	broke    bool      // the producer panicked, and has not listed since
}

// newPump starts produce, which fills the feed until its context ends; ended,
// if there is one, is called once, after it. A produce that panics is started
// anew after a pause, and until then the feed is Reconnecting.
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

// run runs produce until it returns, and all over again after a panic in it.
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
		p.update(func() { p.broke = true })
		p.lost(Reconnecting, &Error{Op: OpFollow, Kind: ErrBadAnswer, Err: err})
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

// startListing says that a listing begins. What is queued is forgotten: the
// listing will put all that is still true. missed says why it is needed.
func (p *pump) startListing(missed Missed) {
	p.update(func() {
		p.queue.reset()
		p.state, p.begin, p.synced, p.listed, p.expected = Listing, true, false, 0, 0
		if p.broke && p.whole {
			missed |= Gap
		}
		p.broke = false
		p.missed |= missed
	})
}

// expect says how many keys the running listing will put, as far as is known.
// The next batch tells it.
func (p *pump) expect(keys int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = keys
}

// list adds keys to the running listing, which must not repeat one. It waits
// while the reader is far behind; the error is ctx's.
func (p *pump) list(ctx context.Context, events ...Event) error {
	if err := p.waitForRoom(ctx); err != nil {
		return err
	}
	p.tellListed(events)
	return ctx.Err()
}

// waitForRoom waits while the reader is far behind; the error is ctx's.
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

// tellListed is list without waiting.
func (p *pump) tellListed(events []Event) {
	p.update(func() {
		p.queue.list(events)
		p.listed += len(events)
	})
}

// tell tells what became known, which is no change.
func (p *pump) tell(events ...Event) {
	p.update(func() { p.queue.list(events) })
}

// unseen says which part is not told of while the feed is live.
func (p *pump) unseen(err error) {
	p.update(func() {
		if p.state == Live {
			p.err = err
		}
	})
}

// sync ends the listing: the feed is live from here on. unseen says why a part
// of the subtree cannot be read; nil when all of it was.
func (p *pump) sync(unseen error) {
	p.update(func() {
		p.state, p.synced, p.whole, p.err = Live, true, true, unseen
		p.since, p.attempt = time.Time{}, 0
	})
}

// live adds changes, the newest last. An older change of the same key that
// nobody has read yet is merged with it: Coalesced.
func (p *pump) live(events ...Event) {
	p.update(func() {
		for _, e := range events {
			if p.queue.live(e) {
				p.missed |= Coalesced
			}
		}
	})
}

// lost says that contact was lost, or that a part cannot be read (state Live).
// A server that refuses the login is in contact and yet of no use: Denied.
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

// miss says that changes may have been missed without a listing being needed.
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

// take makes a batch of what there is; false when there is nothing.
func (p *pump) take() (Batch, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.changed {
		return Batch{}, false
	}
	b := Batch{
		Events: p.queue.take(batchMax),
		State:  p.state, Begin: p.begin, Missed: p.missed,
		Listed: p.listed, Expected: p.expected, Err: p.err, At: time.Now(),
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
		b.State = Listing // the rest of the listing is still to be read
	}
	return b, true
}

// Close implements Feed.
func (p *pump) Close() error {
	p.cancel()
	<-p.done
	return nil
}

// signal puts an element into a channel that holds one, unless it is full.
func signal(c chan struct{}) { wait.Signal(c) }

// reach is how much of the subtree a feed follows.
type reach struct {
	partial         bool  // not all of it
	watches, budget int   // on the server, where they are counted
	memory          int64 // bytes that keys may take, where that is why
	total           int   // keys there are, where they were counted for that
}

// reaches says how much of the subtree is followed from here on.
func (p *pump) reaches(r reach) {
	p.mu.Lock()
	same := p.reach == r
	p.mu.Unlock()
	if !same {
		p.update(func() { p.reach = r })
	}
}
