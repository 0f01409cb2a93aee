package tui

import (
	"context"

	"kvist/kv"
)

// scripted is a store whose feed sends what the test says, for moments that a real
// store passes too quickly, such as the middle of a listing.
type scripted struct {
	kv.Store // nil: only the feed and Close are used

	batches chan kv.Batch
	scopes  chan []string
	closed  chan struct{}
}

func newScripted() *scripted {
	return &scripted{
		batches: make(chan kv.Batch, 16), scopes: make(chan []string, 16), closed: make(chan struct{}, 16),
	}
}

func (s *scripted) Follow(string, kv.FollowOptions) (kv.Feed, error) {
	return scriptedFeed{s, make(chan struct{})}, nil
}

func (s *scripted) Get(key string) (*kv.KVPair, error) {
	return &kv.KVPair{Key: key, Value: []byte("value of " + key), LastIndex: 1}, nil
}

func (s *scripted) Close() {}

type scriptedFeed struct {
	s    *scripted
	done chan struct{}
}

func (f scriptedFeed) Next(ctx context.Context) (kv.Batch, error) {
	select {
	case b := <-f.s.batches:
		select {
		case <-f.done: // it is for the feed that replaced this one
			f.s.batches <- b
			return kv.Batch{}, kv.ErrClosed
		default:
			return b, nil
		}
	case <-f.done:
		return kv.Batch{}, kv.ErrClosed
	case <-ctx.Done():
		return kv.Batch{}, ctx.Err()
	}
}

func (f scriptedFeed) Scope(open []string) { f.s.scopes <- open }

func (f scriptedFeed) Close() error {
	close(f.done)
	f.s.closed <- struct{}{}
	return nil
}

// puts returns events that put these keys.
func puts(keys ...string) []kv.Event {
	events := make([]kv.Event, 0, len(keys))
	for _, key := range keys {
		events = append(events, kv.Event{Kind: kv.PutEvent, Key: key, Index: 1, Size: 1})
	}
	return events
}

// batchOf returns a complete listing of these events.
func batchOf(events []kv.Event) kv.Batch {
	return kv.Batch{State: kv.Live, Begin: true, Synced: true, Events: events, Listed: len(events)}
}

// pulled returns what a pull brings to the model.
func pulled(m *Model, b kv.Batch) batchesPulled {
	return batchesPulled{m.feed.gen, []kv.Batch{b}, nil}
}
