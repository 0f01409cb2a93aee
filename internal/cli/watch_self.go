package cli

import (
	"context"
	"errors"
	"time"

	"kvist/kv"
)

// watchSelf watches the key that is called as the prefix is, which is no part
// of what is below it. One that is not there is waited for. No channel where
// there can be no such key, or it may not be read: what is below it may.
func (w *watcher) watchSelf(ctx context.Context, key string) (<-chan *kv.KVPair, error) {
	pair, err := w.store.Get(key)
	switch {
	case err == nil:
		w.self = pair
	case errors.Is(err, kv.ErrKeyNotFound) && key != "":
		w.self = &kv.KVPair{Key: key}
	default:
		return nil, nil
	}
	return w.store.Watch(key, ctx.Done())
}

// own prints a change of the watched key itself. What was there at the start
// is no change.
func (w *watcher) own(ctx context.Context, pair *kv.KVPair) error {
	was := w.self
	w.self = pair
	gone := pair.Value == nil
	if gone && was.Value == nil || !gone && was.Value != nil && was.LastIndex == pair.LastIndex {
		return nil
	}
	e := kv.Event{Kind: kv.PutEvent, Key: pair.Key, Index: pair.LastIndex, Size: len(pair.Value)}
	if gone {
		e.Kind, e.Size = kv.DeleteEvent, -1
	}
	e.Values = w.ownValues(ctx, e, was.Value, pair.Value)
	return w.change(e, state{index: was.LastIndex, size: len(was.Value)}, was.Value != nil, time.Now())
}

// ownValues are the values of a change of the watched key itself: exactly,
// where the store still knows them. A watch of a key may leave out states that
// came and went.
func (w *watcher) ownValues(ctx context.Context, e kv.Event, before, after []byte) *kv.Values {
	if history, ok := kv.As[kv.ChangeReader](w.store); ok && w.flags.needsValues() {
		if v, err := history.ReadChange(ctx, e); err == nil {
			return &v
		}
	}
	return &kv.Values{Before: before, BeforeKnown: true, After: after, Read: true}
}
