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

// folderKey is the key that is called as the directory is, slash included, in
// stores that have such keys: to them it is in the directory like any other,
// though no feed of the directory tells of it.
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
