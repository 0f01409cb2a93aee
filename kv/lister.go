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
	// AtOnce visits each key of a subtree as soon as it is read, so that none
	// waits in memory for what comes later. A key may then be visited again:
	// one that turns out to be locked only after its first visit comes once
	// more with just its name and that mark, and Index 0, even if it is not
	// there. It does nothing for a Level.
	AtOnce bool
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

// ListKeys calls visit for each key below prefix, at any depth, in any order
// and from one goroutine. It omits the keys that List omits. A missing prefix
// is not an error. ListKeys lasts as long as it makes progress, until ctx ends,
// or until visit returns an error, which it returns as it is. A key that
// changes meanwhile is visited once or not at all, but see ListOptions.AtOnce.
//
// unseen is why there may be more keys: the login may not read all keys below
// prefix. If it may read only the key called prefix, that key is visited.
func ListKeys(ctx context.Context, s Store, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	if l, ok := As[Lister](s); ok {
		return l.ListKeys(ctx, prefix, options, visit)
	}
	return listByList(ctx, s, prefix, options, visit)
}

// listByList lists what List returns.
func listByList(ctx context.Context, s Store, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pairs, err := s.List(prefix)
	if err != nil && !errors.Is(err, ErrKeyNotFound) {
		return nil, err
	}
	if options.Level {
		visit = levelOf(Dir(s, prefix), visit)
	}
	for _, p := range pairs {
		if err := visit(Entry{Key: p.Key, Index: p.LastIndex, Size: len(p.Value)}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// levelOf returns a visitor of the keys below dir that visits only the entries
// of its level, each once.
func levelOf(dir string, visit func(Entry) error) func(Entry) error {
	folders := map[string]bool{}
	return func(e Entry) error {
		name, _, deeper := strings.Cut(strings.TrimPrefix(e.Key, dir), "/")
		if !deeper {
			return visit(e)
		}
		if folders[name] {
			return nil
		}
		folders[name] = true
		return visit(Entry{Key: dir + name, Size: -1, Folder: true})
	}
}
