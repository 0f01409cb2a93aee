package etcdv2

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
)

// Missed says why a Sink has to list again.
type Missed uint8

// The reasons for a listing.
const (
	NothingMissed Missed = iota // it is the first
	ContactLost                 // the events of a while were missed
	EventsCleared               // the server no longer has the events of a while
)

// Sink takes what Follow finds.
type Sink interface {
	// List reads what is there and returns the store's index that came with it. missed says why.
	List(ctx context.Context, missed Missed) (index uint64, err error)
	// Apply takes a change of the node, of a node below it, or the deletion of one above it. With
	// ErrRelist it asks for a new listing.
	Apply(ctx context.Context, change *client.Response) error
	// Lost says why contact was lost, and by nil that it is back.
	Lost(err error)
}

// Follow keeps up with a node, or with all that is below it, until ctx ends. It has sink list what
// is there, and then waits for one event after the other from the index that came with the
// listing, so that nothing falls between the two.
//
// The server keeps the last 1000 events of the whole store (Documentation/v2/api.md of etcd).
// After lost contact, or if events come faster than they are fetched, those needed may be gone.
// Then sink lists again.
func (c *Cluster) Follow(ctx context.Context, path string, recursive bool, sink Sink) {
	f := follower{cluster: c, path: path, recursive: recursive, sink: sink}
	f.run(ctx)
}

// Snapshot reads a node for a Sink, with all that is below it if recursive. The node is nil if
// there is none.
func (c *Cluster) Snapshot(ctx context.Context, path string, recursive bool) (*client.Node, uint64, error) {
	get := c.GetTree
	if !recursive {
		request, cancel := c.request(ctx)
		defer cancel()
		ctx, get = request, c.Get
	}
	node, index, err := get(ctx, path)
	if IsMissing(err) {
		return nil, index, nil
	}
	return node, index, err
}

type follower struct {
	cluster   *Cluster
	path      string
	recursive bool
	sink      Sink
}

// run goes on until ctx ends.
func (f *follower) run(ctx context.Context) {
	missed := NothingMissed
	var pause wait.Backoff
	for ctx.Err() == nil {
		var index uint64
		err := panics.Recovered(func() (err error) {
			index, err = f.sink.List(ctx, missed)
			return err
		})
		if err != nil {
			if ctx.Err() == nil {
				f.sink.Lost(err)
				_ = pause.Wait(ctx)
			}
			continue
		}
		pause.Reset()
		if err := panics.Contained(func() { missed = f.keepUp(ctx, index) }); err != nil {
			missed = ContactLost
			f.sink.Lost(err)
			_ = pause.Wait(ctx)
		}
	}
}

// keepUp applies the events after an index, over lost contact, for as long as nothing is missed.
// It returns what was missed.
func (f *follower) keepUp(ctx context.Context, after uint64) Missed {
	var pause wait.Backoff
	for {
		began := time.Now()
		reached, err := f.stream(ctx, after)
		if ctx.Err() != nil {
			return NothingMissed
		}
		if Code(err) == client.ErrorCodeEventIndexCleared {
			return EventsCleared
		}
		if errors.Is(err, ErrRelist) {
			return ContactLost
		}
		if reached > after || time.Since(began) > f.cluster.config.Timeout {
			pause.Reset()
		}
		after = reached
		if f.regain(ctx, err, after, &pause) != nil {
			return ContactLost
		}
	}
}

// regain waits until the cluster answers again. Its error is that of ctx, or says that the store
// was replaced by another.
func (f *follower) regain(ctx context.Context, why error, after uint64, pause *wait.Backoff) error {
	for {
		f.sink.Lost(why)
		if err := pause.Wait(ctx); err != nil {
			return err
		}
		request, cancel := f.cluster.request(ctx)
		index, err := f.cluster.Index(request, f.path)
		cancel()
		switch {
		case err == nil && index < after:
			return errReplaced
		case err == nil:
			f.sink.Lost(nil)
			return nil
		}
		why = err
	}
}

// stream applies events until it cannot fetch one, and returns the index of the last. Each takes a
// request of its own.
func (f *follower) stream(ctx context.Context, after uint64) (uint64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	m := f.cluster.member()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := panics.Contained(func() { f.cluster.pulse(ctx, m, f.path, 1, cancel) }); err != nil {
			cancel(err)
		}
	}()
	defer func() { cancel(nil); <-ended }()

	watcher := m.keys.Watcher(f.path, &client.WatcherOptions{AfterIndex: after, Recursive: f.recursive})
	for {
		change, err := watcher.Next(ctx)
		if errors.Is(err, context.Canceled) {
			return after, context.Cause(ctx)
		}
		if err != nil {
			return after, causes(err)
		}
		if change.Node.ModifiedIndex <= after {
			return after, fmt.Errorf("%w: an event at %d, where those after %d were asked for", ErrBadAnswer, change.Node.ModifiedIndex, after)
		}
		after = change.Node.ModifiedIndex
		if !f.concerns(change) {
			continue
		}
		if err := f.sink.Apply(ctx, change); err != nil {
			return after, err
		}
	}
}

// concerns reports whether an event is about what is followed. The server picks events of the past
// with less care than those of the present: hidden nodes are among them, and deletions of
// directories whose name only shares text with one above the path (EventHistory.scan of etcd).
func (f *follower) concerns(change *client.Response) bool {
	key := change.Node.Key
	if key == f.path || f.path == "/" && key == "" {
		return true
	}
	if below, ok := Below(f.path, key); ok {
		return !strings.Contains("/"+below, "/_")
	}
	_, above := Below(key, f.path)
	return above && IsDeletion(change)
}

// IsDeletion reports whether a node is gone after an event.
func IsDeletion(change *client.Response) bool {
	switch change.Action {
	case "delete", "compareAndDelete", "expire":
		return true
	}
	return false
}
