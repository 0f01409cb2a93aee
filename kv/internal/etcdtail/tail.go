package etcdtail

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
)

// Reason is why a span is listed.
type Reason uint8

// The reasons of a listing.
const (
	First     Reason = iota // nothing was known
	Gap                     // something may have been missed
	Compacted               // as Gap, since the server threw the history away
)

// Sink takes what is in a span and how it changes. One goroutine calls it.
type Sink interface {
	// Begin starts a listing.
	Begin(why Reason)
	// Page takes some of the listing's keys, in order; sized reports whether they have their
	// values.
	Page(ctx context.Context, kvs []*mvccpb.KeyValue, sized bool) error
	// End ends the listing, which is of this revision.
	End(ctx context.Context, revision int64)
	// Apply takes what changed since, in order.
	Apply(ctx context.Context, events []*clientv3.Event)
	// Lost says that contact was lost or the span was refused, Found that contact is there again
	// and nothing was missed.
	Lost(ctx context.Context, err error)
	Found()
}

// Expecter is a Sink that wants to know how many keys a listing will have.
type Expecter interface {
	Expect(keys int)
}

// Lister is a Sink that lists in its own way.
type Lister interface {
	List(ctx context.Context, t *Tail, why Reason) (etcdlist.Point, error)
	// Over reports whether a listing is needed though nothing was missed.
	Over(ctx context.Context) bool
}

// PartReader is a Sink that can do with a part of the span: CannotSee says why the listing that
// ends next is not all of it, with nil for one that is.
type PartReader interface {
	CannotSee(ctx context.Context, err error)
}

// Ender is a Sink of a moment in the past: Ended says that what was there then can no longer be
// read. Nothing follows.
type Ender interface {
	Ended(ctx context.Context, err error)
}

// Client is what a Tail needs of a client of etcd. *etcdclient.Client is one.
type Client interface {
	etcdlist.Client
	// NewWatcher returns a watcher with a stream of its own.
	NewWatcher() clientv3.Watcher
	// Connect waits until there is a connection and reports why there is none; its error is ctx's.
	Connect(ctx context.Context, report func(error)) error
	// UntilDisconnected waits until the connection is lost or ctx ends.
	UntilDisconnected(ctx context.Context)
}

// Tail follows a span. If its reader reads a moment in the past, nothing changes after the listing,
// and no watch is set.
type Tail struct {
	Client Client
	Reader *etcdlist.Reader
	Span   etcdlist.Span
	Sink   Sink
	Values etcdlist.Values // that listings read
	Before bool            // changes come with the values that they replaced
	// Alone is the key that is followed if the span is refused; "" for none.
	Alone string

	pause   wait.Backoff
	newest  state // the newest state seen in the span
	empty   bool  // the last listing found nothing
	resumed bool  // contact was lost since the listing
}

// Run follows the span until ctx ends, also after a panic over an odd answer. The context must end
// with the store.
func (t *Tail) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := panics.Contained(func() { t.goOn(ctx) })
		if err != nil && t.lost(ctx, err) != nil {
			return
		}
	}
}

// goOn lists and follows by turns until ctx ends.
func (t *Tail) goOn(ctx context.Context) {
	var why Reason
	var failed error
	for ctx.Err() == nil {
		var at etcdlist.Point
		at, failed = t.begin(ctx, why, failed)
		switch {
		case failed == nil:
			t.pause.Reset()
			why = t.follow(ctx, at)
		case t.isOver(failed):
			if sink, ok := t.Sink.(Ender); ok {
				sink.Ended(ctx, failed)
			}
			<-ctx.Done()
		case errors.Is(failed, rpctypes.ErrCompacted): // what was being read; the newest is there
			if t.pause.Wait(ctx) != nil {
				return
			}
		case etcdclient.IsForbidden(failed) && t.Alone != "" && t.followAlone(ctx, failed):
		case ctx.Err() != nil || t.lost(ctx, failed) != nil || t.reconnect(ctx) != nil:
			return
		}
	}
}

// isOver reports whether the moment in the past that is read can no longer be.
func (t *Tail) isOver(err error) bool {
	return t.Reader.IsPast() && (errors.Is(err, rpctypes.ErrCompacted) || errors.Is(err, rpctypes.ErrFutureRev) ||
		errors.Is(err, etcdlist.ErrReplaced))
}

// begin lists. After a failed try it first asks whether the span can be read now, so that no
// listing is begun in vain.
func (t *Tail) begin(ctx context.Context, why Reason, failed error) (etcdlist.Point, error) {
	if failed != nil {
		if err := t.ask(ctx); err != nil {
			return etcdlist.Point{}, err
		}
	}
	t.newest, t.empty, t.resumed = state{}, false, false
	if own, ok := t.Sink.(Lister); ok {
		return own.List(ctx, t, why)
	}
	return t.ListWhole(ctx, why)
}

// ask returns why the span cannot be read; nil if it can.
func (t *Tail) ask(ctx context.Context) error {
	ctx, cancel := t.Client.Long(ctx) // a server counts all keys for it
	defer cancel()
	_, err := t.Client.Get(ctx, t.Span.Start, t.Span.Options(clientv3.WithLimit(1), clientv3.WithKeysOnly(), clientv3.WithRev(t.Reader.Then.Revision))...)
	return etcdclient.LostContact(ctx, err)
}

// reconnect waits for a connection, and reports to the sink why there is none. Its error is ctx's.
func (t *Tail) reconnect(ctx context.Context) error {
	return t.Client.Connect(ctx, func(err error) { t.Sink.Lost(ctx, err) })
}

// ListWhole lists all keys of the span.
func (t *Tail) ListWhole(ctx context.Context, why Reason) (etcdlist.Point, error) {
	t.Sink.Begin(why)
	listing := etcdlist.Listing{Reader: t.Reader, Values: t.Values, Page: func(kvs []*mvccpb.KeyValue, sized bool) error {
		t.newest.see(kvs)
		return t.Sink.Page(ctx, kvs, sized)
	}}
	if sink, ok := t.Sink.(Expecter); ok {
		listing.Expect = sink.Expect
	}
	at, err := listing.Run(ctx, t.Span)
	if err == nil {
		t.empty = t.newest.key == ""
		t.Sink.End(ctx, at.Revision)
	}
	return at, err
}

// lost reports to the sink that contact was lost, and pauses. Its error is ctx's.
func (t *Tail) lost(ctx context.Context, err error) error {
	t.Sink.Lost(ctx, err)
	return t.pause.Wait(ctx)
}

// follow passes on what changes after a moment, over as many watches as it takes. It returns when a
// listing is needed, and why.
func (t *Tail) follow(ctx context.Context, at etcdlist.Point) Reason {
	if t.Reader.IsPast() {
		<-ctx.Done()
		return First
	}
	for {
		why, err := t.watch(ctx, &at)
		if ctx.Err() != nil || why != First {
			return why
		}
		t.resumed = true
		if t.lost(ctx, err) != nil || t.reconnect(ctx) != nil {
			return First
		}
	}
}
