package kv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// etcdFollow keeps up with a node, or with all that is below it: it reads
// what is there, and then waits for one event after the other from the index
// that came with the reading, so that nothing falls between the two.
//
// The server keeps the last 1000 events of the whole store
// (Documentation/v2/api.md of etcd). After lost contact, or when events come
// faster than they are fetched, those needed may be gone: then all is read
// again.
type etcdFollow struct {
	store     *Etcd
	path      string
	recursive bool
	sink      etcdSink
}

// etcdSink is what an etcdFollow tells.
type etcdSink interface {
	// list reads what is there, by follow.read or means of its own, and gives
	// the index to go on from. missed says why it is read again.
	list(ctx context.Context, follow *etcdFollow, missed Missed) (index uint64, err error)
	// apply tells a change of the node, of one below it, or the deletion of
	// one above it.
	apply(change *client.Response)
	// lost tells why contact was lost, and with nil that it is back.
	lost(err error)
}

// run goes on until ctx ends.
func (f *etcdFollow) run(ctx context.Context) {
	var missed Missed
	var pace backoff
	for ctx.Err() == nil {
		var index uint64
		err := recovered(func() (err error) {
			index, err = f.sink.list(ctx, f, missed)
			return err
		})
		if err != nil {
			if ctx.Err() == nil {
				f.sink.lost(err)
				_ = pace.wait(ctx)
			}
			continue
		}
		pace.reset()
		if err := contained(func() { missed = f.keepUp(ctx, index) }); err != nil {
			missed = Gap
			f.sink.lost(err)
			_ = pace.wait(ctx)
		}
	}
}

// read gives what is at the path, nil when there is nothing.
func (f *etcdFollow) read(ctx context.Context) (*client.Node, uint64, error) {
	if !f.recursive {
		small, cancel := f.store.small(ctx)
		defer cancel()
		ctx = small
	}
	node, index, err := f.store.node(ctx, f.path, f.recursive)
	if etcdMissing(err) {
		return nil, index, nil
	}
	return node, index, err
}

// keepUp applies events after the one with that index, over lost contact, for
// as long as nothing is missed. It returns what was missed.
func (f *etcdFollow) keepUp(ctx context.Context, after uint64) Missed {
	var pace backoff
	for {
		began := time.Now()
		reached, err := f.stream(ctx, after)
		if ctx.Err() != nil {
			return 0
		}
		if etcdCode(err) == client.ErrorCodeEventIndexCleared {
			return Gap | Compacted
		}
		if errors.Is(err, errEtcdRelist) {
			return Gap
		}
		if reached > after || time.Since(began) > f.store.timeout {
			pace.reset()
		}
		after = reached
		if f.regain(ctx, err, after, &pace) != nil {
			return Gap
		}
	}
}

// regain waits until the cluster answers again. The error is ctx's, or says
// that the store is not the one it was.
func (f *etcdFollow) regain(ctx context.Context, why error, after uint64, pace *backoff) error {
	for {
		f.sink.lost(why)
		if err := pace.wait(ctx); err != nil {
			return err
		}
		small, cancel := f.store.small(ctx)
		index, err := f.store.index(small, f.path)
		cancel()
		switch {
		case err == nil && index < after:
			return errEtcdReset
		case err == nil:
			f.sink.lost(nil)
			return nil
		}
		why = err
	}
}

// stream applies events until one cannot be fetched; it returns the index of
// the last one. Each takes a request of its own.
func (f *etcdFollow) stream(ctx context.Context, after uint64) (uint64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	endpoint := f.store.endpoint()
	guarded := make(chan struct{})
	go func() {
		defer close(guarded)
		if err := contained(func() { f.store.guard(ctx, endpoint, f.path, 1, cancel) }); err != nil {
			cancel(err)
		}
	}()
	defer func() { cancel(nil); <-guarded }()

	watcher := endpoint.keys.Watcher(f.path, &client.WatcherOptions{AfterIndex: after, Recursive: f.recursive})
	for {
		change, err := watcher.Next(ctx)
		if errors.Is(err, context.Canceled) {
			return after, context.Cause(ctx)
		}
		if err != nil {
			return after, etcdCauses(err)
		}
		if change.Node.ModifiedIndex <= after {
			return after, fmt.Errorf("%w: an event at %d, where those after %d were asked for", errEtcdNonsense, change.Node.ModifiedIndex, after)
		}
		after = change.Node.ModifiedIndex
		if f.concerns(change) {
			f.sink.apply(change)
		}
		if own, ok := f.sink.(interface{ over(context.Context) bool }); ok && own.over(ctx) {
			return after, errEtcdRelist
		}
	}
}

// concerns reports whether an event is about what is followed. Events of the
// past are picked by the server with less care than those of the present:
// hidden nodes are among them, and deletions of directories whose name only
// shares text with one above the path (EventHistory.scan of etcd).
func (f *etcdFollow) concerns(change *client.Response) bool {
	key := change.Node.Key
	if key == f.path || f.path == "/" && key == "" {
		return true
	}
	if below, ok := etcdBelow(f.path, key); ok {
		return !strings.Contains("/"+below, "/_")
	}
	_, above := etcdBelow(key, f.path)
	return above && isDeletion(change)
}

// isDeletion reports whether a node is gone after an event.
func isDeletion(change *client.Response) bool {
	switch change.Action {
	case "delete", "compareAndDelete", "expire":
		return true
	}
	return false
}
