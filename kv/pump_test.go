package kv

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// idle is a producer that does nothing until its feed is closed. The test does
// its work.
func idle(ctx context.Context, _ *pump) { <-ctx.Done() }

// next returns a batch that must be ready.
func next(t *testing.T, f Feed) Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	b, err := f.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// put returns a put of a key with an index.
func put(key string, index uint64) Event { return Event{Kind: PutEvent, Key: key, Index: index} }

// told returns a batch's events as "key@index".
func told(b Batch) string {
	s := ""
	for _, e := range b.Events {
		s += fmt.Sprintf(" %s@%d", e.Key, e.Index)
	}
	return s
}

func TestPumpListsInOneBatchOrMore(t *testing.T) {
	p := newPump(idle)
	defer p.Close()
	p.startListing(0)
	if b := next(t, p); !b.Begin || b.Synced || b.State != Listing || len(b.Events) != 0 {
		t.Errorf("at the beginning: %+v", b)
	}
	if err := p.list(t.Context(), put("a", 1), put("b", 2)); err != nil {
		t.Fatal(err)
	}
	if b := next(t, p); b.Begin || b.Synced || told(b) != " a@1 b@2" || b.Listed != 2 {
		t.Errorf("in between: %+v", b)
	}
	p.endListing(nil)
	if b := next(t, p); b.Begin || !b.Synced || b.State != Live || len(b.Events) != 0 {
		t.Errorf("at the end: %+v", b)
	}
	p.startListing(Gap)
	if err := p.list(t.Context(), put("a", 3)); err != nil {
		t.Fatal(err)
	}
	p.endListing(nil)
	if b := next(t, p); !b.Begin || !b.Synced || b.Missed != Gap || b.State != Live || told(b) != " a@3" {
		t.Errorf("all at once: %+v", b)
	}
}

// Of a listing larger than a batch, only the last batch is synced and live.
func TestPumpBoundsBatches(t *testing.T) {
	p := newPump(idle)
	defer p.Close()
	p.startListing(0)
	const keys = batchMax + batchMax/2
	for i := range keys {
		if err := p.list(t.Context(), put(fmt.Sprint(i), 1)); err != nil {
			t.Fatal(err)
		}
	}
	p.endListing(nil)
	first, second := next(t, p), next(t, p)
	if !first.Begin || first.Synced || first.State != Listing || len(first.Events) != batchMax {
		t.Errorf("first: begin %v, synced %v, %v, %d events", first.Begin, first.Synced, first.State, len(first.Events))
	}
	if second.Begin || !second.Synced || second.State != Live || len(first.Events)+len(second.Events) != keys {
		t.Errorf("second: begin %v, synced %v, %v, %d events", second.Begin, second.Synced, second.State, len(second.Events))
	}
}

func TestPumpCoalescesLiveChanges(t *testing.T) {
	p := newPump(idle)
	defer p.Close()
	p.startListing(0)
	p.endListing(nil)
	next(t, p)
	p.live(put("a", 1), put("b", 2))
	p.live(put("a", 3), Event{Kind: DeleteEvent, Key: "b"})
	b := next(t, p)
	if told(b) != " a@3 b@0" || b.Events[1].Kind != DeleteEvent || b.Missed != Coalesced {
		t.Errorf("two changes each: %+v", b)
	}
	p.live(put("a", 4))
	if b := next(t, p); told(b) != " a@4" || b.Missed != 0 {
		t.Errorf("one change: %+v", b)
	}
}

// A listing after a gap replaces everything that nobody has read.
func TestPumpListingOverridesWhatWasQueued(t *testing.T) {
	p := newPump(idle)
	defer p.Close()
	p.startListing(0)
	p.endListing(nil)
	p.live(put("old", 1))
	p.lost(Reconnecting, errors.New("gone"))
	p.startListing(Compacted)
	if err := p.list(t.Context(), put("new", 2)); err != nil {
		t.Fatal(err)
	}
	p.endListing(nil)
	if b := next(t, p); told(b) != " new@2" || !b.Begin || !b.Synced || b.Err != nil || b.Missed != Compacted {
		t.Errorf("got %+v", b)
	}
}

func TestPumpTellsLostContact(t *testing.T) {
	p := newPump(idle)
	defer p.Close()
	p.startListing(0)
	p.endListing(nil)
	next(t, p)
	gone := errors.New("gone")
	p.lost(Reconnecting, gone)
	if b := next(t, p); b.State != Reconnecting || !errors.Is(b.Err, gone) || len(b.Events) != 0 {
		t.Errorf("lost: %+v", b)
	}
	p.lost(Live, nil)
	p.miss(Gap)
	if b := next(t, p); b.State != Live || b.Err != nil || b.Missed != Gap {
		t.Errorf("found again: %+v", b)
	}
}

// The producer of a large listing waits for the reader, until the feed is
// closed.
func TestPumpMakesAListingWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make([]Event, pendingMax)
		for i := range events {
			events[i] = put(fmt.Sprint(i), 1)
		}
		listed := make(chan int, 10)
		p := newPump(func(ctx context.Context, p *pump) {
			p.startListing(0)
			for n := 1; p.list(ctx, events...) == nil; n++ {
				listed <- n
			}
		})
		synctest.Wait() // the producer waits
		if n := len(listed); n != 1 {
			t.Fatalf("listed %d times without a reader", n)
		}
		next(t, p)
		synctest.Wait()
		if n := len(listed); n != 2 {
			t.Errorf("listed %d times after one batch was read", n)
		}
		p.Close() // otherwise the test would not end
	})
}

func TestPumpClose(t *testing.T) {
	p := newPump(idle)
	waiting := make(chan error)
	go func() {
		_, err := p.Next(context.Background())
		waiting <- err
	}()
	p.Close()
	p.Close()
	if err := <-waiting; !errors.Is(err, ErrClosed) {
		t.Errorf("who waited was told %v", err)
	}
	if _, err := p.Next(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	open := newPump(idle)
	defer open.Close()
	if _, err := open.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestMissedAndStateHaveWords(t *testing.T) {
	if s := (Coalesced | Gap | Compacted).String(); s != "coalesced, gap, compacted" {
		t.Error(s)
	}
	if s := Missed(0).String(); s != "" {
		t.Error(s)
	}
	if s := Reconnecting.String(); s != "reconnecting" {
		t.Error(s)
	}
}

// A feed reports since when contact is lost, how often it has tried again, and
// whether a server refuses the login.
func TestPumpSaysWhyItIsOutOfContact(t *testing.T) {
	p := newPump(idle)
	defer p.Close()
	p.endListing(nil)
	next(t, p)
	p.lost(Reconnecting, &Error{Op: "follow", Kind: ErrNotReachable})
	first := next(t, p)
	if first.State != Reconnecting || first.Since.IsZero() || first.Attempt != 1 {
		t.Fatalf("after the loss: state %v since %v attempt %d", first.State, first.Since, first.Attempt)
	}
	p.lost(Reconnecting, &Error{Op: "follow", Kind: ErrDenied})
	if second := next(t, p); second.State != Denied || !second.Since.Equal(first.Since) || second.Attempt != 2 {
		t.Fatalf("refused: state %v since %v attempt %d, want denied since %v, attempt 2", second.State, second.Since, second.Attempt, first.Since)
	}
	p.endListing(nil)
	if b := next(t, p); b.State != Live || !b.Since.IsZero() || b.Attempt != 0 {
		t.Fatalf("live again: state %v since %v attempt %d", b.State, b.Since, b.Attempt)
	}
}
