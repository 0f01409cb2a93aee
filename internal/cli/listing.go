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
	keys   []kv.Entry // sorted by key
	unseen error      // why there may be more; nil if the listing is whole
}

// readListing lists what is below a prefix, within the memory that keys may take.
func readListing(ctx context.Context, s kv.Store, t *target) (listing, error) {
	keys, err := folderKey(s, t)
	if err != nil {
		return listing{}, err
	}
	room := kv.RoomOf(s)
	unseen, err := kv.ListKeys(ctx, s, t.key, kv.ListOptions{}, func(e kv.Entry) error {
		keys = append(keys, e)
		return room.Take(e.Key)
	})
	if err != nil {
		return listing{}, asListing(err)
	}
	slices.SortFunc(keys, func(a, b kv.Entry) int { return cmp.Compare(a.Key, b.Key) })
	return listing{keys, unseen}, nil
}

// folderKey returns the key with the directory's own name, slash included, in
// stores that have such keys. To these stores it is in the directory like any
// other key, but no feed of the directory reports it.
func folderKey(s kv.Store, t *target) ([]kv.Entry, error) {
	dir := kv.Dir(s, t.key)
	if dir == t.root {
		return nil, nil
	}
	pair, err := s.Get(dir)
	switch {
	case err == nil && pair.Key == dir:
		return []kv.Entry{{Key: dir, Index: pair.LastIndex, Size: len(pair.Value)}}, nil
	case err == nil, errors.Is(err, kv.ErrKeyNotFound), errors.Is(err, kv.ErrIsDirectory),
		errors.Is(err, kv.ErrInvalidKey), errors.Is(err, kv.ErrDenied):
		return nil, nil
	}
	return nil, asListing(err)
}

// asListing returns err as the error of a listing: that it was read from a feed
// means nothing to a user.
func asListing(err error) error {
	var e *kv.Error
	if !errors.As(err, &e) {
		return err
	}
	listing := *e
	listing.Op = kv.OpList
	return &listing
}
