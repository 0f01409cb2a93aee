package wait

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// The pause grows up to its bound, ends with its context, and is short again after a success.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Backoff
		for want := Shortest; want < 4*Longest; want *= 2 {
			began := time.Now()
			if err := b.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			most := min(want, Longest)
			if took := time.Since(began); took < most/2 || took > most {
				t.Errorf("a pause of %v, want at most %v and half of it at least", took, most)
			}
		}
		b.Reset()
		began := time.Now()
		_ = b.Wait(t.Context())
		if took := time.Since(began); took > Shortest {
			t.Errorf("%v after a success", took)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Wait(ended); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// A joined context ends with either of the two, and so does one with a stop channel.
func TestContextsThatEndForTwoReasons(t *testing.T) {
	first, endFirst := context.WithCancel(t.Context())
	second, endSecond := context.WithCancel(t.Context())
	defer endFirst()
	ctx, cancel := Joined(first, second)
	defer cancel()
	endSecond()
	<-ctx.Done()
	if first.Err() != nil {
		t.Error("the first ended, too")
	}
	ctx, cancel = Joined(first, t.Context())
	defer cancel()
	endFirst()
	<-ctx.Done()

	stop := make(chan struct{})
	ctx, cancel = UntilStopped(t.Context(), stop)
	defer cancel()
	close(stop)
	<-ctx.Done()
	ctx, cancel = UntilStopped(t.Context(), nil)
	cancel()
	<-ctx.Done()
}

// A channel of one element holds the newest, and a full one takes no signal.
func TestChannelsOfOneElement(t *testing.T) {
	c := make(chan int, 1)
	Offer(c, 1)
	Offer(c, 2)
	if got := <-c; got != 2 || len(c) != 0 {
		t.Errorf("%d, and %d more", got, len(c))
	}
	wake := make(chan struct{}, 1)
	Signal(wake)
	Signal(wake)
	if <-wake; len(wake) != 0 {
		t.Error("two signals")
	}
	<-Closed()
}
