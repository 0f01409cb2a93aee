package kv

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
)

func TestAPanicIsAnError(t *testing.T) {
	var none []int
	err := recovered(func() error { return errors.New(string(rune(none[3]))) })
	if !errors.Is(err, ErrBadAnswer) || !isPanic(err) {
		t.Errorf("%v is no bad answer", err)
	}
	var cause runtime.Error
	if !errors.As(err, &cause) {
		t.Errorf("%v does not hold what was panicked with", err)
	}
	if !strings.Contains(err.Error(), "lifetime_panics_test.go:14") || !strings.Contains(err.Error(), "out of range [3]") {
		t.Errorf("%v does not tell what happened where", err)
	}
	gone := errors.New("gone")
	if err := recovered(func() error { return gone }); !errors.Is(err, gone) || isPanic(err) {
		t.Errorf("another error came as %v", err)
	}
	if err := recovered(func() error { return nil }); err != nil {
		t.Error(err)
	}
}

// listed returns a listing as one batch. The reader may come between any two
// steps of the producer, and then gets the listing in pieces.
func listed(t *testing.T, f Feed) Batch {
	t.Helper()
	all := next(t, f)
	for !all.Synced {
		b := next(t, f)
		b.Events = append(all.Events, b.Events...)
		b.Begin = b.Begin || all.Begin
		b.Missed |= all.Missed
		all = b
	}
	return all
}

// A feed whose producer panics reports it, and then lists again with a gap.
func TestPumpOutlivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended, runs := 0, 0
		trip := make(chan struct{})
		p := newPump(func(ctx context.Context, p *pump) {
			runs++
			p.startListing(0)
			if p.list(ctx, put("a", uint64(runs))) != nil {
				return
			}
			p.endListing(nil)
			select {
			case <-trip:
				panic("no such answer")
			case <-ctx.Done():
			}
		}, func() { ended++ })
		if b := listed(t, p); told(b) != " a@1" || b.Missed != 0 || b.State != Live {
			t.Errorf("at first: %+v", b)
		}
		trip <- struct{}{}
		if b := next(t, p); b.State != Reconnecting || !errors.Is(b.Err, ErrBadAnswer) || b.Attempt != 1 || b.Since.IsZero() {
			t.Errorf("after the panic: %+v", b)
		}
		if b := listed(t, p); told(b) != " a@2" || !b.Begin || b.Missed != Gap || b.State != Live || b.Err != nil {
			t.Errorf("listed anew: %+v", b)
		}
		p.Close()
		if ended != 1 || runs != 2 {
			t.Errorf("ended %d times after %d runs", ended, runs)
		}
	})
}

// A producer that always panics is tried again at the pace of a lost server,
// and its feed closes at once.
func TestPumpThatAlwaysPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		p := newPump(func(context.Context, *pump) { panic("again") }, func() { ended = true })
		for attempt := 1; attempt < 5; attempt++ {
			if b := next(t, p); b.State != Reconnecting || b.Attempt != attempt || !errors.Is(b.Err, ErrBadAnswer) {
				t.Errorf("attempt %d: %+v", attempt, b)
			}
		}
		p.Close()
		if !ended {
			t.Error("it did not end")
		}
	})
}
