package kv

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// plainQueue does what a pumpQueue must do in a simple way.
type plainQueue struct {
	events []Event
	fixed  int // events before it are not overwritten
}

func (q *plainQueue) list(events []Event) {
	q.events = append(q.events, events...)
	q.fixed = len(q.events)
}

func (q *plainQueue) live(e Event) bool {
	if e.Kind > DeleteEvent {
		q.list([]Event{e})
		return false
	}
	for i := q.fixed; i < len(q.events); i++ {
		if q.events[i].Key == e.Key {
			again := q.events[i].Index == e.Index && q.events[i].Kind == e.Kind
			q.events[i] = e
			return !again
		}
	}
	q.events = append(q.events, e)
	return false
}

func (q *plainQueue) take(most int) []Event {
	n := min(most, len(q.events))
	taken := append([]Event(nil), q.events[:n]...)
	q.events, q.fixed = q.events[n:], max(q.fixed-n, 0)
	return taken
}

func TestPumpQueueAgainstAPlainOne(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		var q pumpQueue
		var plain plainQueue
		event := func(i int) Event {
			return Event{Kind: EventKind(random.IntN(2)), Key: fmt.Sprint(random.IntN(30)), Index: uint64(i / 20)}
		}
		for i := range 3000 {
			switch what := random.IntN(40); {
			case what < 2:
				listed := []Event{event(i), event(i), event(i)}
				q.list(listed)
				plain.list(listed)
			case what < 3:
				folder := Event{Kind: FolderEvent, Key: fmt.Sprint(random.IntN(30)), Index: uint64(i)}
				q.live(folder)
				plain.live(folder)
			case what < 30:
				e := event(i)
				if got, want := q.live(e), plain.live(e); got != want {
					t.Fatalf("seed %d, step %d: merged %v, want %v", seed, i, got, want)
				}
			default:
				most := random.IntN(12)
				if got, want := q.take(most), plain.take(most); !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d, step %d: took %v, want %v", seed, i, got, want)
				}
			}
			if q.len() != len(plain.events) {
				t.Fatalf("seed %d, step %d: %d wait, want %d", seed, i, q.len(), len(plain.events))
			}
		}
	}
}

// A queue frees the memory of very many events.
func TestPumpQueueLetsGo(t *testing.T) {
	var q pumpQueue
	for i := range 4 * pendingMax {
		q.live(put(fmt.Sprint(i), 1))
	}
	for q.len() > 0 {
		q.take(batchMax)
	}
	if cap(q.events) > 2*pendingMax || len(q.place) != 0 || q.peak != 0 {
		t.Errorf("%d events of room, %d places, peak %d", cap(q.events), len(q.place), q.peak)
	}
}

// change returns a put with values.
func change(key string, before, after []byte) Event {
	return Event{Key: key, Values: &ValueChange{Before: before, BeforeKnown: true, After: after}}
}

func TestPumpQueueMergesValues(t *testing.T) {
	var q pumpQueue
	q.live(change("a", nil, []byte("1")))
	q.live(change("a", []byte("1"), []byte("2")))
	q.live(Event{Key: "b"}) // its values were too large
	q.live(change("b", []byte("1"), []byte("2")))
	q.live(change("c", []byte("1"), []byte("2")))
	q.live(Event{Key: "c", Index: 2})
	q.live(Event{Key: "d", Values: &ValueChange{After: []byte("1"), Read: true}})
	q.live(change("d", []byte("1"), []byte("2")))
	q.live(Event{Key: "e", Index: 7, Values: &ValueChange{After: []byte("1")}})
	if q.live(Event{Key: "e", Index: 7, Flags: Locked}) {
		t.Error("a state told again counts as a change")
	}
	events := q.take(10)
	want := []*ValueChange{
		{After: []byte("2"), BeforeKnown: true},
		{After: []byte("2")},
		nil,
		{After: []byte("2"), Read: true},
		{After: []byte("1")},
	}
	for i, w := range want {
		if !reflect.DeepEqual(events[i].Values, w) {
			t.Errorf("%s: %+v, want %+v", events[i].Key, events[i].Values, w)
		}
	}
	if q.values != 0 {
		t.Errorf("%d bytes of values are said to be held", q.values)
	}
}

func TestPumpQueueBoundsValues(t *testing.T) {
	var q pumpQueue
	big := bytes.Repeat([]byte("x"), pumpValuesMax/4)
	for i := range 10 {
		q.live(change(fmt.Sprint(i), big, nil))
	}
	with := 0
	for _, e := range q.take(5) {
		with += e.Values.bytes()
	}
	if with != 4*len(big) {
		t.Errorf("%d bytes of values, want %d", with, 4*len(big))
	}
	if q.live(change("again", big, nil)); q.events[len(q.events)-1].Values == nil {
		t.Error("no values, though the first ones were taken")
	}
}

// BenchmarkPumpQueue measures one change in a queue of very many.
func BenchmarkPumpQueue(b *testing.B) {
	var q pumpQueue
	for i := range 200_000 {
		q.live(put(fmt.Sprint("waiting/", i), 1))
	}
	e := put("waiting/", 2)
	for b.Loop() {
		q.live(e)
		q.take(1)
	}
}
