package kv

import (
	"context"
	"errors"
	"strings"
)

// Lister is a Store that lists keys without their values, and without a watch.
type Lister interface {
	// ListKeys keeps the promises of the function ListKeys.
	ListKeys(ctx context.Context, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error)
}

// ListOptions say what ListKeys visits. The zero value is the whole subtree.
type ListOptions struct {
	// Level visits only the keys right in the directory and its folders. Of
	// the keys, a store may then report the names alone.
	Level bool
}

// Entry is a key in a listing, or a folder.
type Entry struct {
	Key   string // in full; that of a folder without a slash at its end
	Index uint64 // the key's LastIndex; 0 where only its name is reported
	Size  int    // bytes of the value; -1 where the store does not report it
	Flags KeyFlags
	// Folder says that there are keys below Key. Such an entry comes only
	// with ListOptions.Level, and besides the entry of a key of that name.
	Folder bool
}

// ListKeys calls visit for each key below prefix, at any depth, in no promised
// order and from one goroutine. It leaves out what List leaves out, and a
// missing prefix is no error. The listing lasts as long as it makes progress,
// until ctx ends, or until visit returns an error, which ListKeys returns as
// it is. A key that changes meanwhile is visited once or not at all.
//
// unseen is why there may be more keys: the login may not read all that is
// below prefix. If it may read nothing below prefix, but the key of that name,
// that key alone is visited.
func ListKeys(ctx context.Context, s Store, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	if l, ok := As[Lister](s); ok {
		return l.ListKeys(ctx, prefix, options, visit)
	}
	return listByFollow(ctx, s, prefix, options, visit)
}

// listByFollow lists what the first listing of a feed puts.
func listByFollow(ctx context.Context, s Store, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	feed, err := Follow(s, prefix, FollowOptions{})
	if err != nil {
		return nil, asOp(OpList, err)
	}
	defer feed.Close()
	var into listing = &wholeListing{prefix: prefix, store: s}
	if options.Level {
		into = &levelListing{dir: Dir(s, prefix), visit: visit, seen: map[Entry]bool{}}
	}
	into.begin()
	for {
		b, err := feed.Next(ctx)
		switch {
		case err != nil:
			return nil, asOp(OpList, err)
		case b.State.OutOfContact():
			return nil, asOp(OpList, b.Err)
		case b.Begin:
			into.begin()
		}
		for _, e := range b.Events {
			if err := into.apply(e); err != nil {
				return nil, err
			}
		}
		if b.Synced {
			return asOp(OpList, b.Err), into.end(visit)
		}
	}
}

// listing takes the events of a feed until its first listing has ended.
type listing interface {
	begin()
	apply(e Event) error
	end(visit func(Entry) error) error
}

// wholeListing is all keys that a feed has put: it may put one again, or
// delete it, before its listing ends.
type wholeListing struct {
	prefix string
	store  Store
	room   *Room
	keys   map[string]Entry
}

func (l *wholeListing) begin() { l.room, l.keys = RoomOf(l.store), map[string]Entry{} }

// apply takes an event; the error is an ErrTooMany.
func (l *wholeListing) apply(e Event) error {
	_, there := l.keys[e.Key]
	switch {
	case e.Kind == DeleteEvent && there:
		l.room.Give(e.Key)
		delete(l.keys, e.Key)
	case e.Kind == PutEvent:
		if !there {
			if err := l.room.Take(e.Key); err != nil {
				return tooMany(OpList, l.prefix, err)
			}
		}
		l.keys[e.Key] = Entry{Key: e.Key, Index: e.Index, Size: e.Size, Flags: e.Flags}
	}
	return nil
}

func (l *wholeListing) end(visit func(Entry) error) error {
	for _, e := range l.keys {
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// levelListing visits the names in one directory as they come.
type levelListing struct {
	dir   string
	visit func(Entry) error
	seen  map[Entry]bool
}

func (l *levelListing) begin() {}

func (l *levelListing) apply(e Event) error {
	if e.Kind != PutEvent {
		return nil
	}
	entry := Entry{Key: e.Key, Size: -1}
	if below, ok := strings.CutPrefix(e.Key, l.dir); ok {
		var name string
		name, _, entry.Folder = strings.Cut(below, "/")
		entry.Key = l.dir + name
	}
	if l.seen[entry] {
		return nil
	}
	l.seen[entry] = true
	return l.visit(entry)
}

func (l *levelListing) end(func(Entry) error) error { return nil }

// asOp returns err as the error of another operation: that a listing is read
// from a feed, say, is of no interest to a person.
func asOp(op Op, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	renamed := *e
	renamed.Op = op
	return &renamed
}
