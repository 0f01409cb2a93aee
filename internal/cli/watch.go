package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/changes"
	"kvist/internal/explain"
	"kvist/kv"
)

// watchFlags are the flags of watch.
type watchFlags struct{ json, values, keysOnly, diff bool }

// needsValues reports whether the values before and after a change are needed.
func (f watchFlags) needsValues() bool { return f.diff || f.json && !f.keysOnly }

// check refuses flags that exclude each other.
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
			w := &watcher{printer: p.printer(t, f.json), errs: p.Stderr, store: s, flags: f, keys: changes.NewTable(kv.RoomOf(s))}
			err := w.run(ctx, t)
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil // an interrupt is how a watch ends
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

// watcher prints the changes that a feed reports.
type watcher struct {
	*printer
	flags  watchFlags
	store  kv.Store
	errs   io.Writer
	warned bool // that there may be more keys

	selves map[string]*kv.KVPair // see watchSelves; the value is nil while there is no such key
	keys   *changes.Table
	rec    changes.Recorder
}

// run follows what is below the target's key, and the key itself, until ctx ends.
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

// pulled is a result of Feed.Next.
type pulled struct {
	kv.Batch
	err error
}

// pull sends the results of a feed to a channel, up to the first error or the end
// of ctx.
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
	if !w.rec.Ready() && errors.Is(b.Err, kv.ErrDenied) && w.keys.Len()+len(b.Events)+len(w.selves) == 0 {
		return b.Err // nothing may be read: there is nothing to wait for
	}
	if b.Synced && b.Err != nil && !w.warned {
		w.warned = true
		fmt.Fprintf(w.errs, "kvist: there may be more keys: %s\n", explain.Error(asListing(b.Err)))
	}
	if n, ok := w.rec.Begin(b); ok {
		if err := w.printState(stateOf(n, n.Missed, b.At)); err != nil {
			return err
		}
	}
	if b.Begin {
		w.keys.Begin()
	}
	for _, e := range b.Events {
		if err := w.event(e, b.At); err != nil {
			return err
		}
	}
	if b.Synced {
		if err := w.sweep(b.At); err != nil {
			return err
		}
	}
	if n, ok := w.rec.End(b); ok {
		return w.printState(stateOf(n, 0, b.At)) // what may have been missed was printed before the changes
	}
	return nil
}

// event prints the change that an event makes, if it makes one.
func (w *watcher) event(e kv.Event, at time.Time) error {
	if w.selves[e.Key] != nil {
		return nil // own prints it; a feed that may read nothing else reports it too
	}
	was, err := w.keys.Take(e)
	if err != nil {
		return err
	}
	c, ok := w.rec.Take(e, was)
	if !ok || c.Kind == changes.FolderRemoved {
		return nil
	}
	c.At = at
	return w.change(c, e.Values)
}

// sweep ends a listing, and prints the keys that it did not bring as deleted.
func (w *watcher) sweep(at time.Time) error {
	for _, gone := range w.keys.End() {
		c, ok := w.rec.Swept(gone.Key, gone.Was)
		if !ok {
			continue
		}
		c.At = at
		if err := w.change(c, nil); err != nil {
			return err
		}
	}
	return nil
}
