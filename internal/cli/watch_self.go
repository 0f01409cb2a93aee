package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"kvist/internal/changes"
	"kvist/kv"
)

// ownPair is a state of a watched key itself, and which of the two keys it is.
type ownPair struct {
	key  string
	pair *kv.KVPair
}

// watchSelves watches the keys that have the prefix's own name and are no part
// of what is below it: the named one, and the one with a slash at its end if
// the store distinguishes the two. It waits for keys that do not exist yet. The
// root is no key.
func (w *watcher) watchSelves(ctx context.Context, t *target) (<-chan ownPair, error) {
	dir := kv.Dir(w.store, t.key)
	if dir == t.root {
		return nil, nil
	}
	out := make(chan ownPair)
	w.selves = map[string]*kv.KVPair{}
	names := []string{dir}
	if !strings.HasSuffix(t.key, "/") {
		names = append(names, strings.TrimSuffix(dir, "/"))
	}
	for _, key := range names {
		if err := w.watchSelf(ctx, key, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// watchSelf watches one key. It does nothing if no such key can exist, or if it
// may not be read: what is below may be readable.
func (w *watcher) watchSelf(ctx context.Context, key string, out chan<- ownPair) error {
	pair, err := w.store.Get(key)
	switch {
	case err == nil && w.selves[pair.Key] != nil:
		return nil // the store knows it by another spelling, which is watched
	case err == nil:
		w.selves[pair.Key] = pair
		key = pair.Key
	case errors.Is(err, kv.ErrKeyNotFound):
		w.selves[key] = &kv.KVPair{Key: key}
	default:
		return nil
	}
	pairs, err := w.store.Watch(key, ctx.Done())
	if err != nil {
		return err
	}
	go func() {
		for pair := range pairs {
			select {
			case out <- ownPair{key, pair}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

// own prints a change of a watched key itself. The state at the start is no
// change.
func (w *watcher) own(ctx context.Context, o ownPair) error {
	was, pair := w.selves[o.key], o.pair
	if other := w.selves[pair.Key]; pair.Key != o.key && other != nil {
		return nil // the same key by its other spelling
	}
	w.selves[o.key] = pair
	gone := pair.Value == nil
	if gone && was.Value == nil || !gone && was.Value != nil && was.LastIndex == pair.LastIndex {
		return nil
	}
	e := kv.Event{Kind: kv.PutEvent, Key: pair.Key, Index: pair.LastIndex, Size: len(pair.Value)}
	if gone {
		e.Kind, e.Size = kv.DeleteEvent, -1
	}
	c := changes.Change{
		At: time.Now(), Kind: changes.Changed, Key: pair.Key,
		Was: changes.Side{Index: was.LastIndex, Size: len(was.Value)}, Now: changes.Side{Index: e.Index, Size: e.Size},
	}
	switch {
	case gone:
		c.Kind = changes.Removed
	case was.Value == nil:
		c.Kind = changes.Added
	}
	return w.change(c, w.ownValues(ctx, e, was.Value, pair.Value))
}

// ownValues returns the values of a change of the watched key itself: exactly,
// if the store still has them. A watch of a key may leave out states between.
func (w *watcher) ownValues(ctx context.Context, e kv.Event, before, after []byte) *kv.ValueChange {
	if history, ok := kv.As[kv.ChangeReader](w.store); ok && w.flags.needsValues() {
		if v, err := history.ReadChange(ctx, e); err == nil {
			return &v
		}
	}
	return &kv.ValueChange{Before: before, BeforeKnown: true, After: after, Read: true}
}
