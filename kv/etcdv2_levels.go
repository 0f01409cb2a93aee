package kv

import (
	"context"
	"errors"
	"path"
	"strings"

	client "go.etcd.io/etcd/client/v2"
)

// etcdKnownCost is what a feed itself takes, in bytes, for a key that it
// remembers, as long as it follows all there is.
const etcdKnownCost = 200

// count adds what a key takes. The error says that all take too much, and that
// the reader can do with a part.
func (f *etcdFeed) count(ctx context.Context, below string) error {
	f.used += costOf(path.Base(below)) + etcdKnownCost
	if f.used <= f.levels.most || !f.levels.scope.partial {
		return nil
	}
	f.beyond = true
	return errBeyondMemory
}

// list makes a listing, of all there is or of what is open.
func (f *etcdFeed) list(ctx context.Context, _ *etcdFollow, missed Missed) (uint64, error) {
	if !f.partial {
		f.used, f.beyond = 0, false
		index, err := f.listWhole(ctx, missed)
		if !f.beyond {
			return index, err
		}
		f.partial, f.known = true, etcdKnown{}
		f.beside.Go(func() { untilEnded(ctx, func() { f.levels.run(ctx) }) })
	}
	f.marks.Lock()
	f.queued = map[string]map[string]bool{}
	f.marks.Unlock()
	return f.levels.list(ctx, missed)
}

// over reports whether a listing is needed though nothing was missed.
func (f *etcdFeed) over(ctx context.Context) bool {
	if f.partial {
		return f.levels.over()
	}
	return f.used > f.levels.most && f.levels.scope.partial
}

// etcdLevelReading is the reading of what is right in a directory.
type etcdLevelReading struct {
	feed    *etcdFeed
	path    string
	see     func([]levelEntry) error
	entries []levelEntry
	queues  []string // of locks on keys in the directory
	stopped error
}

// readLevel implements levelSource. The entries come in no order.
func (f *etcdFeed) readLevel(ctx context.Context, dir string, _ uint64, see func([]levelEntry) error) (uint64, string, error) {
	r := etcdLevelReading{feed: f, path: "/" + strings.TrimSuffix(dir, "/"), see: see}
	index, err := f.store.stream(ctx, r.path, false, r.take)
	if err != nil && (!etcdMissing(err) || index == 0) {
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

// take takes a node. What is left over is read for the index alone.
func (r *etcdLevelReading) take(n etcdBare) error {
	name, ok := etcdBelow(r.path, n.path)
	_, queue := etcdLocked(n.path)
	switch {
	case !ok || r.stopped != nil:
	case queue && n.dir:
		r.queues = append(r.queues, n.path)
	case !etcdInQueue(name):
		r.entries = append(r.entries, levelEntry{Event: r.feed.lockable(n), key: true, folder: n.dir})
		if len(r.entries) == batchMax {
			r.flush()
		}
	}
	return nil //nolint:nilerr // the reading goes on, for the index alone
}

func (r *etcdLevelReading) flush() {
	if r.stopped == nil {
		r.stopped = r.see(r.entries)
	}
	r.entries = nil
}

// queue reads who stands in the queue for a lock, and tells the key again.
func (r *etcdLevelReading) queue(ctx context.Context, queue string) error {
	_, err := r.feed.store.stream(ctx, queue, false, func(n etcdBare) error {
		if _, ok := etcdBelow(queue, n.path); ok {
			r.feed.seeQueue(n.path, !n.dir)
		}
		return nil
	})
	if !etcdMissing(err) && err != nil { // a queue that is gone by now is none
		return err
	}
	locked, _ := etcdLocked(queue)
	if e, ok := r.feed.readNow(ctx, locked); ok {
		r.entries = append(r.entries, levelEntry{Event: e, key: true, again: true})
	}
	return nil
}

// someIn implements levelSource: directories stay when they are empty.
func (f *etcdFeed) someIn(context.Context, string, string) (bool, uint64, error) { return true, 0, nil }

// readNow is a key that is there as an event.
func (f *etcdFeed) readNow(ctx context.Context, path string) (Event, bool) {
	ctx, cancel := f.store.small(ctx)
	defer cancel()
	n, _, err := f.store.node(ctx, path, false)
	if err != nil {
		return Event{}, false
	}
	return f.lockable(etcdBareOf(n)), true
}

// applyLevels tells what an event of the store means for what is open.
func (f *etcdFeed) applyLevels(change *client.Response) {
	n := change.Node
	below, ok := etcdBelow(f.path, n.Key)
	switch {
	case !ok && isDeletion(change): // the directory itself, or one above it
		f.levels.startOver()
	case !ok:
	case etcdInQueue(below):
		f.queueChangedAt(n.Key, !isDeletion(change) && !n.Dir)
	case isDeletion(change):
		f.levels.apply([]levelChange{{
			Event: Event{Kind: DeleteEvent, Key: etcdKey(n.Key), Index: n.ModifiedIndex}, folder: n.Dir,
		}})
	default:
		f.levels.apply([]levelChange{{Event: f.lockable(etcdBareOf(n)), created: change.PrevNode == nil, folder: n.Dir}})
	}
}

// queueChangedAt tells a key again, of which the queue for its lock changed.
func (f *etcdFeed) queueChangedAt(path string, stands bool) {
	f.marks.Lock()
	locked, ok := etcdLocked(path)
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

// seeQueue is queue for what several goroutines see.
func (f *etcdFeed) seeQueue(path string, stands bool) (locked string, ok bool) {
	f.marks.Lock()
	defer f.marks.Unlock()
	return f.queue(path, stands)
}

// lockable is the put of a node, with its mark if it is locked.
func (f *etcdFeed) lockable(n etcdBare) Event {
	f.marks.Lock()
	defer f.marks.Unlock()
	return f.event(n)
}

// errEtcdRelist says that what is followed is to be listed anew.
var errEtcdRelist = errors.New("what is followed is too large by now")
