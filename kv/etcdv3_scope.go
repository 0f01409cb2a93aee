package kv

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
)

// v3CountAt is after which part of the memory that keys may take they are
// counted: those who have more are not read on.
const v3CountAt = 8

// v3ScopedSink fills a feed with all there is, as long as that takes no more
// memory than it may, and then with what is in open folders.
type v3ScopedSink struct {
	v3FeedSink
	scope  *scope
	most   int64
	levels *levels
	costs  keyCosts

	partial bool
	counted atomic.Int64 // keys there are, once they were counted
	counter sync.Once
	beside  sync.WaitGroup

	marks  sync.Mutex // over the locks, and newest
	newest v3Witness  // of what levels had
}

// list implements v3Lister.
func (f *v3ScopedSink) list(ctx context.Context, t *v3Tail, missed Missed) (etcdlist.Point, error) {
	if !f.partial {
		f.costs = keyCosts{}
		at, err := t.listWhole(ctx, missed)
		if !errors.Is(err, errBeyondMemory) {
			return at, err
		}
		f.goPartial(ctx)
	}
	f.marks.Lock()
	f.locks, f.newest = v3OwnLocks{}, v3Witness{}
	f.marks.Unlock()
	at, err := f.store.lists.Now(ctx, t.span.Start) // for the cluster's id
	if err != nil {
		return at, err
	}
	revision, err := f.levels.list(ctx, missed)
	f.marks.Lock()
	t.witness = f.newest
	f.marks.Unlock()
	t.empty = err == nil && t.witness.key == ""
	return etcdlist.Point{Revision: int64(revision), Cluster: at.Cluster}, err
}

// goPartial goes on with open folders, until the feed ends.
func (f *v3ScopedSink) goPartial(ctx context.Context) {
	f.partial = true
	f.levels.total = int(f.counted.Load())
	f.beside.Go(func() { untilEnded(ctx, func() { f.levels.run(ctx) }) })
}

// page tells keys of the whole listing.
func (f *v3ScopedSink) page(ctx context.Context, kvs []*mvccpb.KeyValue, sized bool) error {
	for _, kv := range kvs {
		f.costs.add(string(kv.Key))
	}
	if f.costs.used > f.most/v3CountAt && f.scope.partial {
		f.counter.Do(func() {
			f.beside.Go(func() { _ = contained(func() { f.count(ctx) }) })
		})
	}
	if f.tooMuch() {
		return errBeyondMemory
	}
	return f.v3FeedSink.page(ctx, kvs, sized)
}

// tooMuch reports whether the keys take more than they may, or will.
func (f *v3ScopedSink) tooMuch() bool {
	return f.scope.partial && (f.costs.used > f.most || f.costs.of(int(f.counted.Load())) > f.most)
}

// count asks how many keys there are.
func (f *v3ScopedSink) count(ctx context.Context) {
	ctx, cancel := f.store.long(ctx)
	defer cancel()
	span := etcdlist.DirSpan(f.dir)
	resp, err := f.store.client.Get(ctx, span.Start, span.Options(clientv3.WithCountOnly())...)
	if err == nil {
		f.counted.Store(resp.Count)
	}
}

// expect takes how many keys there are, where the server told beforehand.
func (f *v3ScopedSink) expect(keys int) {
	f.counted.Store(int64(keys))
	f.v3FeedSink.expect(keys)
}

// end ends the whole listing.
func (f *v3ScopedSink) end(ctx context.Context, revision int64) {
	f.counted.Store(0) // it may be others by now
	f.v3FeedSink.end(ctx, revision)
}

// over reports whether a new listing has to leave something out.
func (f *v3ScopedSink) over(ctx context.Context) bool {
	if f.partial {
		return f.levels.over()
	}
	return f.tooMuch()
}

// found says that contact is there again.
func (f *v3ScopedSink) found() {
	if !f.partial {
		f.v3FeedSink.found()
		return
	}
	f.levels.found()
}

// apply tells what changed.
func (f *v3ScopedSink) apply(ctx context.Context, changes []*clientv3.Event) {
	if f.partial {
		f.levels.apply(f.changes(ctx, changes))
		return
	}
	for _, c := range changes {
		_, name, _ := cutLast(string(c.Kv.Key))
		switch {
		case c.Type == clientv3.EventTypeDelete:
			f.costs.used -= costOf(name)
		case c.IsCreate():
			f.costs.used += costOf(name)
		}
	}
	f.v3FeedSink.apply(ctx, changes)
}

// changes are the client's, as levels takes them.
func (f *v3ScopedSink) changes(ctx context.Context, events []*clientv3.Event) []levelChange {
	changes := make([]levelChange, 0, len(events))
	for _, e := range events {
		key := string(e.Kv.Key)
		if owner, changed := f.seeLock(key, e.Type != clientv3.EventTypeDelete); changed && v3Shown(f.dir, owner) {
			if kv, err := f.store.at(ctx, owner, e.Kv.ModRevision); err == nil && kv != nil {
				changes = append(changes, levelChange{Event: f.lockable(owner, kv), mark: true})
			}
		}
		if !v3Shown(f.dir, key) {
			continue
		}
		c := levelChange{Event: Event{Kind: DeleteEvent, Key: key, Index: uint64(e.Kv.ModRevision)}}
		if e.Type != clientv3.EventTypeDelete {
			c = levelChange{Event: f.lockable(key, e.Kv), created: e.IsCreate()}
		}
		if f.values {
			c.Values = v3Values(e)
		}
		changes = append(changes, c)
	}
	return changes
}

// seeNewest notes what a level had, to know the store's history again.
func (f *v3ScopedSink) seeNewest(kvs []*mvccpb.KeyValue) {
	f.marks.Lock()
	defer f.marks.Unlock()
	f.newest.see(kvs)
}

// queued reports whether a key is a place in the queue of a lock, and returns
// the key that is locked by it if that was not known.
func (f *v3ScopedSink) queued(key string) (owner string, ok bool) {
	owner, ok = v3Locked(key)
	if !ok {
		return "", false
	}
	if _, changed := f.seeLock(key, true); !changed {
		f.marks.Lock()
		defer f.marks.Unlock()
		if lock := f.locks[owner]; lock == nil || lock.marked {
			return "", true
		}
	}
	return owner, true
}

// seeLock notes a key that may be a place in the queue of a lock.
func (f *v3ScopedSink) seeLock(key string, put bool) (owner string, changed bool) {
	f.marks.Lock()
	defer f.marks.Unlock()
	return f.locks.see(key, put)
}

// lockable is the put of a key, with its mark if it is locked.
func (f *v3ScopedSink) lockable(key string, kv *mvccpb.KeyValue) Event {
	f.marks.Lock()
	defer f.marks.Unlock()
	return f.event(key, kv)
}
