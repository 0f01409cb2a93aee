package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/explain"
	"kvist/kv"
)

// watchFlags are the flags of watch.
type watchFlags struct{ json, values bool }

// watch prints changes as they happen.
func (p *Program) watch(o *options) *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "watch TARGET[/PREFIX] | watch TARGET PREFIX",
		Short: "Print the changes of a key and all below it as they happen",
		Long: `Print each change of a key and of all keys below it: time, kind (put, delete or
state), size and key. What was there before is not printed. A line of the kind
state says when the watch is live, when it lost contact, and what may have been
missed: coalesced, gap or compacted. An interrupt (ctrl+c) ends it with exit
code 0.`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := p.keyTarget(cmd.Context(), o, args)
			if err != nil {
				return err
			}
			return p.use(cmd.Context(), t, func(ctx context.Context, s kv.Store) error {
				w := &watcher{printer: p.printer(f.json), store: s, values: f.values, known: map[string]uint64{}}
				err := w.run(ctx, t.key())
				if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
					return nil // being interrupted is how a watch ends
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object a line")
	cmd.Flags().BoolVar(&f.values, "values", false, "with --json, the value too, as it is when the change is printed")
	return cmd
}

// watcher prints what a feed tells. It knows each key's index, so that a
// second listing, after a gap, only prints what is different.
type watcher struct {
	*printer
	store  kv.Store
	values bool

	self   uint64 // index of the watched key itself, 0 before its first state
	known  map[string]uint64
	listed map[string]bool // keys of the running listing; nil between listings
	synced bool            // the first listing is over
	state  kv.State
}

// run follows prefix until ctx ends, and the key of that name too if there is
// one.
func (w *watcher) run(ctx context.Context, prefix string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	feed, err := kv.Follow(w.store, prefix)
	if err != nil {
		return err
	}
	defer feed.Close()
	var self <-chan *kv.KVPair
	if _, err := w.store.Get(prefix); err == nil {
		if self, err = w.store.Watch(prefix, ctx.Done()); err != nil {
			return err
		}
	}
	batches := pull(ctx, feed)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case b := <-batches:
			if b.err != nil {
				return b.err
			}
			err = w.batch(b.Batch)
		case pair, open := <-self:
			if !open {
				self = nil
				continue
			}
			err = w.own(pair)
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			return err
		}
	}
}

// pulled is what Next returned.
type pulled struct {
	kv.Batch
	err error
}

// pull makes a channel of a feed; it ends after the first error, or with ctx.
func pull(ctx context.Context, feed kv.Feed) <-chan pulled {
	batches := make(chan pulled)
	go func() {
		for {
			b, err := feed.Next(ctx)
			select {
			case batches <- pulled{b, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return batches
}

// batch prints one batch of the feed.
func (w *watcher) batch(b kv.Batch) error {
	if b.Err != nil && !w.synced && errors.Is(b.Err, kv.ErrDenied) {
		return b.Err // there is nothing to wait for
	}
	if b.Begin {
		w.listed = map[string]bool{}
	}
	for _, e := range b.Events {
		if err := w.event(e, b.At); err != nil {
			return err
		}
	}
	if b.Synced {
		if err := w.gone(b.At); err != nil {
			return err
		}
	}
	if changed := b.State != w.state || b.Missed != 0 || b.Synced; !changed {
		return nil
	}
	w.state = b.State
	return w.printState(b)
}

// event prints a change, unless a listing tells what is known already.
func (w *watcher) event(e kv.Event, at time.Time) error {
	if e.Kind == kv.DeleteEvent {
		delete(w.known, e.Key)
		return w.change("delete", e, at)
	}
	index, was := w.known[e.Key]
	w.known[e.Key] = e.Index
	if w.listed != nil {
		w.listed[e.Key] = true
		if !w.synced || was && index == e.Index {
			return nil
		}
	}
	return w.change("put", e, at)
}

// gone ends a listing: what was known and is not in it was deleted unseen.
func (w *watcher) gone(at time.Time) error {
	for _, key := range slices.Sorted(maps.Keys(w.known)) {
		if w.listed[key] {
			continue
		}
		delete(w.known, key)
		if err := w.change("delete", kv.Event{Kind: kv.DeleteEvent, Key: key, Size: -1}, at); err != nil {
			return err
		}
	}
	w.listed = nil
	w.synced = true
	return nil
}

// own prints a change of the watched key itself. Its first state is what was
// there at the start, and no change.
func (w *watcher) own(pair *kv.KVPair) error {
	first, same := w.self == 0, pair.LastIndex == w.self
	w.self = pair.LastIndex
	switch {
	case pair.Value == nil:
		return w.change("delete", kv.Event{Key: pair.Key, Size: -1}, time.Now())
	case first || same:
		return nil
	}
	return w.change("put", kv.Event{Key: pair.Key, Index: pair.LastIndex, Size: len(pair.Value)}, time.Now())
}

// change prints one change.
func (w *watcher) change(kind string, e kv.Event, at time.Time) error {
	if !w.json {
		size := "-"
		if kind == "put" && e.Size >= 0 {
			size = strconv.Itoa(e.Size)
		}
		_, err := fmt.Fprintf(w, "%s %-6s %8s %s\n", stamp(at), kind, size, w.name(e.Key))
		return err
	}
	r := newRecord(e.Key)
	if kind == "put" {
		r = r.size(e.Size)
		r.Flags = flagNames(e.Flags)
		if w.values {
			r = w.withValue(r, &e)
		}
	}
	r.Time, r.Kind, r.Index = stamp(at), kind, e.Index
	return w.object(r)
}

// withValue reads the value that the key has by now, and its index.
func (w *watcher) withValue(r record, e *kv.Event) record {
	pair, err := w.store.Get(e.Key)
	if err != nil {
		return r // it is gone again, which the next event tells
	}
	e.Index = pair.LastIndex
	return r.value(pair.Value)
}

// stateRecord is a state of the feed as JSON.
type stateRecord struct {
	Time   string `json:"time"`
	Kind   string `json:"kind"` // "state"
	State  string `json:"state"`
	Missed string `json:"missed,omitempty"`
	Keys   int    `json:"keys"`
	Error  string `json:"error,omitempty"`
}

// printState prints what the feed is doing and what it may have missed.
func (w *watcher) printState(b kv.Batch) error {
	r := stateRecord{stamp(b.At), "state", b.State.String(), b.Missed.String(), len(w.known), explain.Error(b.Err)}
	if w.json {
		return w.object(r)
	}
	text := fmt.Sprintf("%s state  %s, %d keys", r.Time, r.State, r.Keys)
	if r.Missed != "" {
		text += ", may have missed something: " + r.Missed
	}
	if r.Error != "" {
		text += ": " + r.Error
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// stamp is a time as watch prints it.
func stamp(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z07:00") }
