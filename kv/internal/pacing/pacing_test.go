package pacing

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// A server that takes long for its answers is asked less often, but two questions in a row come at
// once after a quiet time.
func TestDearAnswersAreAskedForSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuery(&Budget{})
		q.Answered(MostCost(1_000_000), time.Second, 0, false)
		if pause := time.Until(q.next); pause > 0 {
			t.Errorf("the second question waits for %v", pause)
		}
		q.Answered(MostCost(1_000_000), time.Minute, 0, true) // it waited for a change
		if pause := time.Until(q.next); pause != 10*time.Second {
			t.Errorf("the third question waits for %v, where an answer takes a second", pause)
		}
		for range 8 {
			q.Answered(MostCost(1_000_000), time.Minute, 0, true)
		}
		if pause := time.Until(q.next); pause != 90*time.Second {
			t.Errorf("after ten answers of a second: %v", pause)
		}
		began := time.Now()
		if err := q.Hold(t.Context()); err != nil || time.Since(began) != 90*time.Second {
			t.Errorf("it held for %v, %v", time.Since(began), err)
		}
	})
}

// The end of its context ends a pause.
func TestHoldEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuery(&Budget{})
		for range 3 {
			q.Answered(MostCost(1_000_000), time.Second, 0, false)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := q.Hold(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		cancel()
		idle := NewQuery(&Budget{})
		if err := idle.Hold(ctx); err == nil {
			t.Error("a query that need not wait ignores the end of its context")
		}
	})
}

// A query whose answers are dear waits longer for a change, until a proxy is found to end long
// waits.
func TestWaitTimes(t *testing.T) {
	q := NewQuery(&Budget{})
	q.Answered(MostCost(1_000_000), time.Second, 0, false)
	if got := q.WaitTime(15*time.Second, 5*time.Minute); got != 5*time.Minute {
		t.Errorf("it waits for %v", got)
	}
	if err := q.ShortenWaits(t.Context(), io.EOF, true); err != nil {
		t.Errorf("a long wait that was cut off: %v", err)
	}
	if got := q.WaitTime(15*time.Second, 5*time.Minute); got != 15*time.Second {
		t.Errorf("it waits for %v again", got)
	}
	if err := q.ShortenWaits(t.Context(), io.EOF, true); !errors.Is(err, io.EOF) {
		t.Errorf("another one: %v", err)
	}
}

// A server that starts lets three keys wait for seconds. That says nothing about their cost.
func TestAnswersOfFewKeysAreCheap(t *testing.T) {
	q := NewQuery(&Budget{})
	q.Answered(MostCost(3), time.Minute, time.Minute, false)
	q.Answered(MostCost(3), time.Minute, time.Minute, false)
	if pause := time.Until(q.next); pause > time.Second {
		t.Errorf("three keys are asked for again after %v", pause)
	}
}

// A dear level, for which the server walks all that lies below it, is asked for seldom, and does
// not delay the questions for a cheap one.
func TestDearLevelsDoNotDelayCheapOnes(t *testing.T) {
	budget := &Budget{}
	top, open := NewQuery(budget), NewQuery(budget)
	most := MostCost(250_000)
	top.Answered(most, 300*time.Millisecond, 0, false)
	open.Answered(MostCost(10), time.Millisecond, time.Millisecond, false)
	for range 3 { // a change below both
		top.Answered(most, 300*time.Millisecond, 0, true)
		open.Answered(MostCost(10), time.Millisecond, time.Millisecond, true)
	}
	if pause := time.Until(top.next); pause < 8*time.Second || pause > 9*time.Second {
		t.Errorf("four answers of 0.3 s are followed by the next after %v", pause)
	}
	if pause := time.Until(open.next); pause > time.Second {
		t.Errorf("a cheap level waits for %v", pause)
	}
	if got := top.WaitTime(15*time.Second, 5*time.Minute); got != 90*time.Second {
		t.Errorf("without changes the dear one waits for %v", got)
	}
}

// Only an answer that surely waited shows that no changes had gathered before the question.
func TestGatheredChanges(t *testing.T) {
	for name, test := range map[string]struct {
		held, blocking bool
		took           time.Duration
		want           bool
	}{
		"a listing":                    {false, false, time.Millisecond, false},
		"at once":                      {false, true, time.Millisecond, true},
		"after a wait":                 {false, true, 200 * time.Millisecond, false},
		"late, behind a pause":         {true, true, 200 * time.Millisecond, true},
		"after a wait, behind a pause": {true, true, 2 * time.Second, false},
	} {
		q := NewQuery(&Budget{})
		q.held = test.held
		if got := q.Answered(MostCost(1), test.took, 0, test.blocking); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
