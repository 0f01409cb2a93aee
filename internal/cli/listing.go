package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"kvist/kv"
)

// listing is what there is below a prefix.
type listing struct {
	keys   []kv.Event // puts, sorted by key
	unseen error      // why there may be more; nil when it is whole
}

// readListing takes the first listing of a feed, which unlike List reads no
// values where the store can do without. Keys may come in any order, and change
// while others still come, so that all are held until the end.
func readListing(ctx context.Context, s kv.Store, prefix string) (listing, error) {
	feed, err := kv.Follow(s, prefix)
	if err != nil {
		return listing{}, asListing(err)
	}
	defer feed.Close()
	var events []kv.Event
	for {
		b, err := feed.Next(ctx)
		if err != nil {
			return listing{}, asListing(err)
		}
		if b.State.OutOfContact() {
			return listing{}, asListing(b.Err)
		}
		if b.Begin {
			events = events[:0]
		}
		events = append(events, b.Events...)
		if b.Synced {
			return listing{keys: settled(events), unseen: asListing(b.Err)}, nil
		}
	}
}

// settled are the keys that are there after events, sorted.
func settled(events []kv.Event) []kv.Event {
	slices.SortStableFunc(events, func(a, b kv.Event) int { return cmp.Compare(a.Key, b.Key) })
	there := events[:0]
	for i, e := range events {
		last := i+1 == len(events) || events[i+1].Key != e.Key
		if last && e.Kind == kv.PutEvent {
			there = append(there, e)
		}
	}
	return there
}

// asListing is err as the error of a listing: that it is read from a feed is
// nothing to a person.
func asListing(err error) error {
	var e *kv.Error
	if !errors.As(err, &e) {
		return err
	}
	listing := *e
	listing.Op = "list"
	return &listing
}
