package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/explain"
	"kvist/kv"
)

// watchFlags are the flags of watch.
type watchFlags struct{ json, values, keysOnly, diff bool }

// needsValues reports whether what a key was and is has to be known.
func (f watchFlags) needsValues() bool { return f.diff || f.json && !f.keysOnly }

// check refuses flags that do not go together.
func (f watchFlags) check() error {
	switch {
	case f.diff && f.json:
		return usagef("--diff is for people; --json has before and after")
	case f.values && f.keysOnly:
		return usagef("--values and --keys-only exclude each other")
	}
	return nil
}

const watchLong = `Print each change of a key and of all keys below it: time, a sign (+ new,
~ changed, - gone), kind (put or delete), sizes in bytes before and after
("10>4"; "?" if unknown) and key. Keys that exist already are not printed.

A line of the kind state says when the watch is live, when it lost contact, and,
before the changes concerned, what may have been missed: coalesced (the server
merged several changes of a key), gap or compacted (what happened meanwhile was
not seen). After a gap everything is listed again; changes found by that are
marked "found", and the state after them is live again, resynced.

--json prints one object a line, with these fields if they are known:
  time, kind, key, index, flags, size     of the change
  created        true: the key did not exist before
  size_before    bytes of the value before
  before, after  the values: exactly those of the change if the store keeps
                 them (etcd v3); else read after it and marked "read": true:
                 after may be newer, before is the value read last
  found          true: discovered after a gap (time unknown); no before, after
  value          with --values: the value as it is when the line is printed
  state, missed, keys, resynced, partial, error   of the kind state
Non-UTF-8 text is base64; key_encoding, before_encoding, after_encoding and
encoding (of value) say so. Values that are too large or too many to be read
after their changes are left out.

Without --json, unprintable characters and line breaks in a key are escaped. If
some keys may not be read, a line on standard error says so; if none may, the
exit code is 6. An interrupt (ctrl+c) ends the watch with exit code 0.`

// watch prints changes as they happen.
func (p *Program) watch(o *options) *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "watch TARGET[/PREFIX] | watch TARGET PREFIX",
		Short: "Print the changes of a key and everything under it as they happen",
		Long:  watchLong,
		Example: `  kvist watch prod/config
  kvist watch --diff consul://127.0.0.1:8500/services
  kvist watch --json etcd://127.0.0.1:2379 | jq .key`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		PreRunE:           func(*cobra.Command, []string) error { return f.check() },
		RunE: p.onPrefix(o, func(ctx context.Context, s kv.Store, t *target) error {
			w := &watcher{printer: p.printer(t, f.json), said: p.Stderr, store: s, flags: f, known: map[string]state{}, room: kv.RoomOf(s)}
			err := w.run(ctx, t)
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil // being interrupted is how a watch ends
			}
			return err
		}),
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object a line")
	cmd.Flags().BoolVar(&f.values, "values", false, "with --json, the value too, as it is when the change is printed")
	cmd.Flags().BoolVar(&f.keysOnly, "keys-only", false, "with --json, no before and after: no value is read")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "what changed in the text of each value")
	return cmd
}

// watcher prints what a feed tells. It knows each key's index and size, so
// that a second listing, after a gap, only prints what is different.
type watcher struct {
	*printer
	flags watchFlags
	store kv.Store
	said  io.Writer // standard error
	told  bool      // that there may be more keys

	selves map[string]*kv.KVPair // the watched keys themselves; a value is nil while there is none
	known  map[string]state
	room   *kv.Room        // for what is known
	listed map[string]bool // keys of another listing than the first; nil between them
	synced bool            // the first listing is over
	now    kv.State
	part   bool // only a part is followed
}

// state is what is known of a key.
type state struct {
	index   uint64
	size    int
	preview bool // only the key is known yet
	fresh   bool // it is new, and was not printed yet
}

// run follows the prefix that is meant, and the keys of that name, until ctx
// ends.
func (w *watcher) run(ctx context.Context, t *target) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	open := kv.Follow
	if w.flags.needsValues() {
		open = kv.FollowValues
	}
	feed, err := open(w.store, t.key, kv.FollowOptions{})
	if err != nil {
		return err
	}
	defer feed.Close()
	selves, err := w.watchSelves(ctx, t)
	if err != nil {
		return err
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
		case o := <-selves:
			err = w.own(ctx, o)
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
	if !w.synced && errors.Is(b.Err, kv.ErrDenied) && len(w.known)+len(b.Events)+len(w.selves) == 0 {
		return b.Err // nothing of it may be read: there is nothing to wait for
	}
	if b.Synced && b.Err != nil && !w.told {
		w.told = true
		fmt.Fprintf(w.said, "kvist: there may be more keys: %s\n", explain.Error(asListing(b.Err)))
	}
	again := w.synced && b.Begin
	if again {
		w.listed, w.now = map[string]bool{}, kv.Listing
	}
	if w.synced && (again || b.Missed != 0) { // before the changes that it is about
		if err := w.printState(stateOf(b, b.Missed, again)); err != nil {
			return err
		}
	}
	for _, e := range b.Events {
		if err := w.event(e, b.At); err != nil {
			return err
		}
	}
	if !b.Synced && b.State == w.now && b.Partial == w.part {
		return nil
	}
	resynced := b.Synced && w.synced
	if b.Synced {
		if err := w.gone(b.At); err != nil {
			return err
		}
	}
	w.now, w.part = b.State, b.Partial
	r := stateOf(b, 0, false)
	r.Resynced = resynced
	return w.printState(r)
}

// event prints a change, unless a listing tells what is known already.
func (w *watcher) event(e kv.Event, at time.Time) error {
	if w.selves[e.Key] != nil {
		return nil // it is watched beside: a feed tells it where that is all it may read
	}
	was, there := w.known[e.Key]
	switch e.Kind {
	case kv.FolderEvent:
		w.forget(e.Key)
		return nil
	case kv.FolderGoneEvent:
		return nil
	case kv.DeleteEvent:
		if there {
			w.room.Give(e.Key)
		}
		delete(w.known, e.Key)
		delete(w.listed, e.Key)
		return w.change(e, was, there, at)
	}
	if !there {
		if err := w.room.Take(e.Key); err != nil {
			return err
		}
	}
	w.known[e.Key] = state{index: e.Index, size: e.Size, preview: e.Preview}
	if w.listed != nil {
		w.listed[e.Key] = true
	}
	switch {
	case !w.synced, w.listed != nil && there && was.index == e.Index:
		return nil // it is known
	case e.Preview:
		w.known[e.Key] = state{size: e.Size, preview: true, fresh: !there || was.fresh}
		return nil
	case there && was.preview && !was.fresh:
		return nil // it becomes known
	case was.fresh:
		was, there = state{}, false
	}
	return w.change(e, was, there, at)
}

// forget drops what is not followed any more, which does not mean that it is
// gone.
func (w *watcher) forget(folder string) {
	for key := range w.known {
		if strings.HasPrefix(key, strings.TrimSuffix(folder, "/")+"/") {
			w.room.Give(key)
			delete(w.known, key)
		}
	}
}

// gone ends a listing: what was known and is not in it was deleted unseen.
func (w *watcher) gone(at time.Time) error {
	listed := w.listed
	if !w.synced {
		w.synced = true
		return nil
	}
	var missing []string
	for key := range w.known {
		if !listed[key] {
			missing = append(missing, key)
		}
	}
	slices.Sort(missing)
	for _, key := range missing {
		was := w.known[key]
		w.room.Give(key)
		delete(w.known, key)
		if err := w.change(kv.Event{Kind: kv.DeleteEvent, Key: key, Size: -1}, was, true, at); err != nil {
			return err
		}
	}
	w.listed = nil
	return nil
}
