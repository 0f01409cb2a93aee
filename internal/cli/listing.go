package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"kvist/kv"
)

// listing is the keys below a prefix.
type listing struct {
	keys   []kv.Event // puts, sorted by key
	unseen error      // why there may be more; nil if the listing is whole
}

// readListing takes the first listing of a feed, which unlike List reads no
// values where the store can do without. Keys may come in any order, and may
// change while others still come, so that all are held until the end.
func readListing(ctx context.Context, s kv.Store, t *target) (listing, error) {
	self, err := folderKey(s, t)
	if err != nil {
		return listing{}, err
	}
	feed, err := kv.Follow(s, t.key, kv.FollowOptions{})
	if err != nil {
		return listing{}, asListing(err)
	}
	defer feed.Close()
	events, room := self, kv.RoomOf(s)
	for {
		b, err := feed.Next(ctx)
		if err != nil {
			return listing{}, asListing(err)
		}
		if b.State.OutOfContact() {
			return listing{}, asListing(b.Err)
		}
		if b.Begin {
			events, room = events[:len(self)], kv.RoomOf(s)
		}
		for _, e := range b.Events {
			if err := room.Take(e.Key); err != nil {
				return listing{}, asListing(err)
			}
		}
		events = append(events, b.Events...)
		if b.Synced {
			return listing{keys: settled(events), unseen: asListing(b.Err)}, nil
		}
	}
}

// folderKey returns the key with the directory's own name, slash included, in
// stores that have such keys. To these stores it is in the directory like any
// other key, but no feed of the directory reports it.
func folderKey(s kv.Store, t *target) ([]kv.Event, error) {
	dir := kv.Dir(s, t.key)
	if dir == t.root {
		return nil, nil
	}
	pair, err := s.Get(dir)
	switch {
	case err == nil && pair.Key == dir:
		return []kv.Event{{Key: dir, Index: pair.LastIndex, Size: len(pair.Value)}}, nil
	case err == nil, errors.Is(err, kv.ErrKeyNotFound), errors.Is(err, kv.ErrIsDirectory),
		errors.Is(err, kv.ErrInvalidKey), errors.Is(err, kv.ErrDenied):
		return nil, nil
	}
	return nil, asListing(err)
}

// settled returns the keys that exist after events, sorted.
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

// asListing returns err as the error of a listing: that it was read from a feed
// means nothing to a user.
func asListing(err error) error {
	var e *kv.Error
	if !errors.As(err, &e) {
		return err
	}
	listing := *e
	listing.Op = "list"
	return &listing
}
