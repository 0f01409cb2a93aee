package kv

import (
	"context"
	"strings"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// v2LevelReading is the reading of what is right in a directory.
type v2LevelReading struct {
	feed    *v2Feed
	path    string
	see     func([]levelEntry) error
	entries []levelEntry
	queues  []string // of locks on keys in the directory
	stopped error
}

// readLevel implements levelSource. The entries have no order.
func (f *v2Feed) readLevel(ctx context.Context, dir string, _ uint64, see func([]levelEntry) error) (uint64, string, error) {
	r := v2LevelReading{feed: f, path: "/" + strings.TrimSuffix(dir, "/"), see: see}
	index, err := f.store.cluster.List(ctx, r.path, false, r.take)
	if err != nil && (!etcdv2.IsMissing(err) || index == 0) {
		return 0, "", err
	}
	r.flush()
	for _, queue := range r.queues {
		if err := r.queue(ctx, queue); err != nil {
			return 0, "", err
		}
	}
	r.flush()
	return index, "", r.stopped
}

// take takes a node. After a stop it only reads on for the index.
func (r *v2LevelReading) take(n etcdv2.Entry) error {
	name, ok := etcdv2.Below(r.path, n.Path)
	_, queue := v2Locked(n.Path)
	switch {
	case !ok || r.stopped != nil:
	case queue && n.Dir:
		r.queues = append(r.queues, n.Path)
	case !v2IsHidden(name):
		r.entries = append(r.entries, levelEntry{Event: r.feed.lockable(n), key: true, folder: n.Dir})
		if len(r.entries) == batchMax {
			r.flush()
		}
	}
	return nil //nolint:nilerr // the reading goes on, for the index alone
}

func (r *v2LevelReading) flush() {
	if r.stopped == nil {
		r.stopped = r.see(r.entries)
	}
	r.entries = nil
}

// queue reads who stands in the queue for a lock, and puts the key again.
func (r *v2LevelReading) queue(ctx context.Context, queue string) error {
	_, err := r.feed.store.cluster.List(ctx, queue, false, func(n etcdv2.Entry) error {
		if _, ok := etcdv2.Below(queue, n.Path); ok {
			r.feed.seeQueue(n.Path, !n.Dir)
		}
		return nil
	})
	if !etcdv2.IsMissing(err) && err != nil { // a queue that is missing was left meanwhile
		return err
	}
	locked, _ := v2Locked(queue)
	if e, ok := r.feed.readNow(ctx, locked); ok {
		r.entries = append(r.entries, levelEntry{Event: e, key: true, remarked: true})
	}
	return nil
}

// someIn implements levelSource. Directories stay when they are empty.
func (f *v2Feed) someIn(context.Context, string, string) (bool, uint64, error) { return true, 0, nil }

// readNow returns the put of a key, and false if there is no such key.
func (f *v2Feed) readNow(ctx context.Context, path string) (Event, bool) {
	ctx, cancel := f.store.request(ctx)
	defer cancel()
	n, _, err := f.store.cluster.Get(ctx, path)
	if err != nil {
		return Event{}, false
	}
	return f.lockable(etcdv2.EntryOf(n)), true
}

// applyLevels passes on a change if only open folders are followed.
func (f *v2Feed) applyLevels(change *client.Response) {
	n := change.Node
	below, ok := etcdv2.Below(f.path, n.Key)
	deletion := etcdv2.IsDeletion(change)
	switch {
	case !ok && deletion: // the directory itself, or one above it
		f.levels.startOver()
	case !ok:
	case v2IsHidden(below):
		f.queueChangedAt(n.Key, !deletion && !n.Dir)
	case deletion:
		f.levels.apply([]levelChange{{
			Event: Event{Kind: DeleteEvent, Key: etcdv2.Key(n.Key), Index: n.ModifiedIndex}, folder: n.Dir,
		}})
	default:
		f.levels.apply([]levelChange{{Event: f.lockable(etcdv2.EntryOf(n)), created: change.PrevNode == nil, folder: n.Dir}})
	}
}

// queueChangedAt puts a key again after the queue for its lock changed.
func (f *v2Feed) queueChangedAt(path string, stands bool) {
	f.marks.Lock()
	locked, ok := v2Locked(path)
	if ok {
		delete(f.queued, locked)
	}
	f.marks.Unlock()
	if !ok {
		if locked, ok = f.seeQueue(path, stands); !ok {
			return
		}
	}
	if e, ok := f.readNow(f.store.ctx, locked); ok {
		f.levels.apply([]levelChange{{Event: e, mark: true}})
	}
}

// seeQueue is queue for several goroutines at once.
func (f *v2Feed) seeQueue(path string, stands bool) (locked string, ok bool) {
	f.marks.Lock()
	defer f.marks.Unlock()
	return f.queue(path, stands)
}

// lockable is event for several goroutines at once.
func (f *v2Feed) lockable(n etcdv2.Entry) Event {
	f.marks.Lock()
	defer f.marks.Unlock()
	return f.event(n)
}
