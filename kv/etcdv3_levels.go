package kv

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/etcdlocks"
	"kvist/kv/internal/etcdtail"
)

const (
	// v3CountAt is the part of the memory for keys after which a feed asks how many there are: if
	// they are too many, it need not read on.
	v3CountAt = 8
	// v3SomeMost is how many keys are read to find one that is no place in a queue.
	v3SomeMost = 64
)

// v3ScopedSink fills a feed with all keys, as long as they take no more memory than they may, and
// then with what is in open folders.
type v3ScopedSink struct {
	v3FeedSink
	scope  *scope
	levels *levels
	costs  keyCosts

	partial bool // it follows only open folders
	counted atomic.Int64
	counter sync.Once
	beside  sync.WaitGroup

	outOfContact atomic.Bool // of a feed of the past, when it last read a level

	mu     sync.Mutex      // over the marks, and newest
	newest etcdtail.Newest // of what levels had
}

// List implements etcdtail.Lister.
func (f *v3ScopedSink) List(ctx context.Context, t *etcdtail.Tail, why etcdtail.Reason) (etcdlist.Point, error) {
	if !f.partial {
		f.costs = keyCosts{}
		at, err := t.ListWhole(ctx, why)
		if !errors.Is(err, errBeyondMemory) {
			return at, err
		}
		f.becomePartial(ctx)
	}
	f.mu.Lock()
	f.marks, f.newest = etcdlocks.NewMarks(v3Queues), etcdtail.Newest{}
	f.mu.Unlock()
	at, err := f.store.reader.Now(ctx, t.Span.Start) // for the id of the cluster
	if err != nil {
		return at, err
	}
	revision, err := f.levels.list(ctx, v3Missed[why])
	if err != nil {
		return at, err
	}
	f.mu.Lock()
	t.Listed(f.newest)
	f.mu.Unlock()
	return etcdlist.Point{Revision: int64(revision), Cluster: at.Cluster}, nil
}

// becomePartial makes the feed follow only open folders, until it ends.
func (f *v3ScopedSink) becomePartial(ctx context.Context) {
	f.partial = true
	f.levels.total = int(f.counted.Load())
	f.beside.Go(func() { untilEnded(ctx, func() { f.levels.run(ctx) }) })
}

// Page implements etcdtail.Sink for a listing of all keys.
func (f *v3ScopedSink) Page(ctx context.Context, kvs []*mvccpb.KeyValue, sized bool) error {
	for _, kv := range kvs {
		f.costs.add(string(kv.Key))
	}
	if f.costs.used > f.store.memory/v3CountAt && f.scope.partial {
		f.counter.Do(func() {
			f.beside.Go(func() { _ = contained(func() { f.count(ctx) }) })
		})
	}
	if f.isTooMuch() {
		return errBeyondMemory
	}
	return f.v3FeedSink.Page(ctx, kvs, sized)
}

// isTooMuch reports whether the keys take more memory than they may, or will.
func (f *v3ScopedSink) isTooMuch() bool {
	return f.scope.partial && (f.costs.used > f.store.memory || f.costs.of(int(f.counted.Load())) > f.store.memory)
}

// count asks how many keys there are.
func (f *v3ScopedSink) count(ctx context.Context) {
	ctx, cancel := f.store.long(ctx)
	defer cancel()
	span := etcdlist.DirSpan(f.dir)
	resp, err := f.store.client.Get(ctx, span.Start, span.Options(clientv3.WithCountOnly(), clientv3.WithRev(f.store.past))...)
	if err == nil {
		f.counted.Store(resp.Count)
	}
}

// Expect implements etcdtail.Expecter.
func (f *v3ScopedSink) Expect(keys int) {
	f.counted.Store(int64(keys))
	f.v3FeedSink.Expect(keys)
}

// End implements etcdtail.Sink for a listing of all keys.
func (f *v3ScopedSink) End(ctx context.Context, revision int64) {
	f.counted.Store(0) // there may be more by now
	f.v3FeedSink.End(ctx, revision)
}

// Over implements etcdtail.Lister: it reports whether a new listing must leave something out.
func (f *v3ScopedSink) Over(context.Context) bool {
	if f.partial {
		return f.levels.isTooLarge()
	}
	return f.isTooMuch()
}

// Found implements etcdtail.Sink.
func (f *v3ScopedSink) Found() {
	if f.partial {
		f.levels.regained()
		return
	}
	f.v3FeedSink.Found()
}

// Apply implements etcdtail.Sink.
func (f *v3ScopedSink) Apply(ctx context.Context, changes []*clientv3.Event) {
	if f.partial {
		f.levels.apply(f.changes(ctx, changes))
		return
	}
	for _, c := range changes {
		_, name, _ := etcdlocks.CutLast(string(c.Kv.Key))
		switch {
		case c.Type == clientv3.EventTypeDelete:
			f.costs.used -= costOf(name)
		case c.IsCreate():
			f.costs.used += costOf(name)
		}
	}
	f.v3FeedSink.Apply(ctx, changes)
}

// changes returns changes as levels takes them.
func (f *v3ScopedSink) changes(ctx context.Context, events []*clientv3.Event) []levelChange {
	changes := make([]levelChange, 0, len(events))
	for _, e := range events {
		key := string(e.Kv.Key)
		if owner, changed := f.seeLock(key, e.Type != clientv3.EventTypeDelete); changed && v3IsShown(f.dir, owner) {
			if kv, err := f.store.at(ctx, owner, e.Kv.ModRevision); err == nil && kv != nil {
				changes = append(changes, levelChange{Event: f.markedEvent(owner, kv), mark: true})
			}
		}
		if !v3IsShown(f.dir, key) {
			continue
		}
		c := levelChange{Event: Event{Kind: DeleteEvent, Key: key, Index: uint64(e.Kv.ModRevision)}}
		if e.Type != clientv3.EventTypeDelete {
			c = levelChange{Event: f.markedEvent(key, e.Kv), created: e.IsCreate()}
		}
		if f.values {
			c.Values = v3Values(e)
		}
		changes = append(changes, c)
	}
	return changes
}

// readLevel implements levelSource.
func (f *v3ScopedSink) readLevel(ctx context.Context, dir string, at uint64, see func([]levelEntry) error) (uint64, string, error) {
	into := v3LevelEntries{sink: f, dir: dir}
	level := etcdlist.Level{Reader: f.store.reader, Dir: dir, Revision: int64(at), Large: dir == f.dir}
	level.Page = func(kvs []*mvccpb.KeyValue, sized bool) (int, error) {
		f.mu.Lock()
		f.newest.See(kvs)
		f.mu.Unlock()
		f.noteLeases(len(kvs), sized)
		entries, locked := into.of(kvs, sized)
		fresh := len(entries)
		for _, key := range locked {
			kv, err := f.store.at(ctx, key, level.Revision)
			if err != nil {
				return fresh, err
			}
			if kv != nil {
				entries = append(entries, levelEntry{Event: f.markedEvent(key, kv), key: true, remarked: true})
			}
		}
		return fresh, see(entries)
	}
	next, err := level.Run(ctx)
	f.contact(ctx, err)
	return uint64(level.Revision), next, err
}

// contact reports that contact was lost or is there again, by what became of reading a level. Only
// a feed of the past must: others have a watch that notices.
func (f *v3ScopedSink) contact(ctx context.Context, err error) {
	if f.store.past == 0 || ctx.Err() != nil {
		return
	}
	switch {
	case isAnyOf(v3Kind(err), errLost, ErrNotReachable):
		f.outOfContact.Store(true)
		f.Lost(ctx, err)
	case err == nil && f.outOfContact.Swap(false):
		f.levels.regained()
	}
}

// v3LevelEntries makes entries of the keys of one level.
type v3LevelEntries struct {
	sink   *v3ScopedSink
	dir    string
	folder string // the last one that was reported
}

// of returns what keys mean for the level, and which keys in it turned out to be locked after they
// were reported.
func (l *v3LevelEntries) of(kvs []*mvccpb.KeyValue, sized bool) (entries []levelEntry, locked []string) {
	entries = make([]levelEntry, 0, len(kvs))
	for i, key := range v3Keys(kvs) {
		if owner, ok := l.sink.queued(key); ok {
			if owner != "" && v3IsRightIn(l.dir, owner) {
				locked = append(locked, owner)
			}
			continue
		}
		name, _, inside := strings.Cut(key[len(l.dir):], "/")
		switch {
		case key == l.sink.dir:
		case !inside:
			e := l.sink.markedEvent(key, kvs[i])
			if !sized {
				e.Size = -1
			}
			entries = append(entries, levelEntry{Event: e, key: true})
		case name != l.folder || l.folder == "":
			l.folder = name
			entries = append(entries, levelEntry{Event: Event{Key: l.dir + name}, folder: true})
		}
	}
	return entries, locked
}

// queued reports whether a key is a place in a queue, and returns the locked key if it has not been
// reported as locked.
func (f *v3ScopedSink) queued(key string) (owner string, ok bool) {
	owner, ok = v3Queues.Locked(key)
	if !ok {
		return "", false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, changed := f.marks.See(key, true); !changed && !f.marks.IsUnshown(owner) {
		return "", true
	}
	return owner, true
}

// seeLock notes a key that may be a place in a queue.
func (f *v3ScopedSink) seeLock(key string, put bool) (owner string, changed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.marks.See(key, put)
}

// markedEvent is event for levels, which several goroutines read.
func (f *v3ScopedSink) markedEvent(key string, kv *mvccpb.KeyValue) Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.event(key, kv)
}

// someIn implements levelSource. It looks around the deleted key, farther and farther away: a
// server counts all keys that it is asked for, and neighbours are few. If all that it finds are
// places in queues, more of them than fit into an answer count as keys.
func (f *v3ScopedSink) someIn(ctx context.Context, dir, deleted string) (bool, uint64, error) {
	for keep := len(deleted) - 1; ; keep = max(len(dir), keep-4) {
		some, index, err := f.someWith(ctx, deleted[:max(len(dir), keep)])
		if some || err != nil || keep <= len(dir) {
			return some, index, err
		}
	}
}

// someWith reports whether there are keys that begin with a prefix.
func (f *v3ScopedSink) someWith(ctx context.Context, prefix string) (bool, uint64, error) {
	ctx, cancel := f.store.long(ctx)
	defer cancel()
	resp, err := f.store.client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(v3SomeMost))
	if err != nil {
		return false, 0, etcdclient.LostContact(ctx, err)
	}
	some := resp.More
	for _, kv := range resp.Kvs {
		some = some || !v3IsQueue(string(kv.Key))
	}
	return some, uint64(resp.Header.Revision), nil
}
