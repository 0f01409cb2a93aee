package kv

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// scriptedFeed returns the batches of a test.
type scriptedFeed struct{ batches chan Batch }

func (f scriptedFeed) Next(ctx context.Context) (Batch, error) {
	select {
	case b := <-f.batches:
		return b, nil
	case <-ctx.Done():
		return Batch{}, ctx.Err()
	}
}

func (f scriptedFeed) Close() error { return nil }

// scriptedStore is a Store with the answers of get, and a feed.
type scriptedStore struct {
	Store
	feed  scriptedFeed
	get   func(key string) (*KVPair, error)
	reads atomic.Int64
}

func (s *scriptedStore) Follow(string, FollowOptions) (Feed, error) { return s.feed, nil }

func (s *scriptedStore) Get(key string) (*KVPair, error) {
	s.reads.Add(1)
	return s.get(key)
}

// scripted opens a feed with values on a store that answers with get.
func scripted(t *testing.T, get func(key string) (*KVPair, error)) (*scriptedStore, func(Batch) Batch) {
	t.Helper()
	s := &scriptedStore{feed: scriptedFeed{make(chan Batch, 1)}, get: get}
	feed, err := FollowValues(s, "", FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { feed.Close() })
	return s, func(b Batch) Batch {
		t.Helper()
		s.feed.batches <- b
		b, err := feed.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// puts returns n puts of different keys at an index.
func puts(n int, index uint64) []Event {
	events := make([]Event, n)
	for i := range events {
		events[i] = Event{Key: fmt.Sprintf("k%d", i), Index: index, Size: 1}
	}
	return events
}

func withValues(events []Event) int {
	return len(slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Values == nil }))
}

func TestValuesAreReadWithinBounds(t *testing.T) {
	s, next := scripted(t, func(key string) (*KVPair, error) {
		return &KVPair{Key: key, Value: []byte("v"), LastIndex: 9}, nil
	})
	next(Batch{Begin: true, Events: puts(valuesMax, 1), State: Listing})
	next(Batch{Synced: true, Events: []Event{{Key: "one more", Index: 1}}, State: Live})
	if n := s.reads.Load(); n != 0 {
		t.Errorf("%d values of a large listing were read", n)
	}
	b := next(Batch{State: Live, Events: puts(3*valuesMax, 9)})
	if n := withValues(b.Events); n != valuesMax || s.reads.Load() != valuesMax {
		t.Errorf("%d events have values, after %d reads", n, s.reads.Load())
	}
	large := Event{Key: "large", Index: 9, Size: valueMax + 1}
	if b = next(Batch{State: Live, Events: []Event{large}}); b.Events[0].Values != nil {
		t.Error("a value beyond the bound was told")
	}
}

func TestASlowStoreDoesNotHoldTheFeed(t *testing.T) {
	release := make(chan struct{})
	_, next := scripted(t, func(key string) (*KVPair, error) {
		if key == "k3" {
			<-release
		}
		return &KVPair{Key: key, Value: []byte("v"), LastIndex: 9}, nil
	})
	began := time.Now()
	b := next(Batch{State: Live, Events: puts(6, 9)})
	if took := time.Since(began); withValues(b.Events) != 5 || b.Events[3].Values != nil || took > 9*valuesPatience {
		t.Errorf("%d of 6 events have values, after %s", withValues(b.Events), took)
	}
	close(release)
}

func TestValuesOlderThanTheirChangeAreNotTold(t *testing.T) {
	var asked atomic.Int64
	_, next := scripted(t, func(key string) (*KVPair, error) {
		index := uint64(5)
		if key == "k1" && asked.Add(1) > 1 { // the server knows of the change by now
			index = 9
		}
		return &KVPair{Key: key, Value: []byte("v"), LastIndex: index}, nil
	})
	b := next(Batch{State: Live, Events: puts(2, 9)})
	if b.Events[0].Values != nil {
		t.Errorf("an older value was told: %+v", b.Events[0].Values)
	}
	if b.Events[1].Values == nil {
		t.Error("the server was not asked again")
	}
}

func TestWhatIsBeforeIsOnlySaidWhereItIsKnown(t *testing.T) {
	now := &KVPair{Key: "k0", Value: []byte("one"), LastIndex: 1}
	_, next := scripted(t, func(string) (*KVPair, error) {
		pair := *now
		return &pair, nil
	})
	told := func(b Batch) string {
		t.Helper()
		v := next(b).Events[0].Values
		if v == nil {
			return "nothing"
		}
		if !v.Read {
			t.Error("it is not said that the values were read")
		}
		before := "?"
		if v.BeforeKnown {
			before = string(v.Before)
		}
		return before + " > " + string(v.After)
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: told %q, want %q", what, got, want)
		}
	}
	next(Batch{Begin: true, Synced: true, State: Live, Events: puts(1, 1)})
	now = &KVPair{Key: "k0", Value: []byte("three"), LastIndex: 3}
	check("read early", told(Batch{State: Live, Events: puts(1, 2)}), "one > three")
	check("its own event", told(Batch{State: Live, Events: puts(1, 3)}), "? > three")
	now = &KVPair{Key: "k0", Value: []byte("four"), LastIndex: 4}
	check("the next", told(Batch{State: Live, Events: puts(1, 4)}), "three > four")
	now = &KVPair{Key: "k0", Value: []byte(strings.Repeat("x", 100<<10)), LastIndex: 5}
	check("large", told(Batch{State: Live, Events: puts(1, 5)})[:6], "four >")
	large := now.Value
	now = &KVPair{Key: "k0", Value: []byte("six"), LastIndex: 6}
	check("after large", told(Batch{State: Live, Events: puts(1, 6)}), string(large)+" > six")
	now = &KVPair{Key: "k0", Value: []byte("seven"), LastIndex: 7}
	check("after a gap", told(Batch{State: Live, Missed: Gap, Events: puts(1, 7)}), "? > seven")
}

func TestTheValuesKnownAreBounded(t *testing.T) {
	known := newKnownValues()
	for i := range 3 * knownMax {
		known.put(fmt.Sprint(i), knownValue{1, []byte("v")})
	}
	if known.Len() != knownMax {
		t.Errorf("%d values are known", known.Len())
	}
}
