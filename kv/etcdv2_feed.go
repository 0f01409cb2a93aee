package kv

import (
	"context"
	"path"
	"strings"
	"sync"

	client "go.etcd.io/etcd/client/v2"
)

// Follow implements Follower. Directories are events marked Directory. A key
// that is locked through this package's queue is marked LockedKey. Ephemeral
// keys are marked Leased: all that the store knows of them is their TTL.
func (s *Etcd) Follow(prefix string, options FollowOptions) (Feed, error) {
	at, err := s.checkPrefix("follow", prefix)
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	if err := s.start(func() { <-ended }); err != nil { // Close waits for it
		return nil, s.fail("follow", prefix, err)
	}
	scope := newScope(options)
	p := newPump(func(ctx context.Context, p *pump) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.ctx, cancel)() //nolint:contextcheck // Close of the store ends it as well
		p.startListing(0)
		feed := &etcdFeed{store: s, prefix: prefix, path: at, pump: p}
		feed.levels = newLevels(feed, p, scope, feed.dir(), s.memory)
		feed.levels.standing = true
		feed.levels.fail = func(err error) error {
			if err == nil {
				return nil
			}
			return s.fail("follow", prefix, err)
		}
		defer feed.beside.Wait()
		defer cancel() // before that
		f := etcdFollow{store: s, path: at, recursive: true, sink: feed}
		f.run(ctx)
	}, func() { close(ended) })
	return scopedPump{p, scope}, nil
}

// etcdFeed fills a pump. It remembers which keys there are, for the deletion
// of a directory is one event, which does not tell what was in it.
type etcdFeed struct {
	store  *Etcd
	prefix string
	path   string
	pump   *pump
	known  etcdKnown
	used   int64 // bytes that what is known takes, as long as it is all
	beyond bool  // it takes too much

	levels  *levels
	partial bool // only open folders are followed
	beside  sync.WaitGroup

	marks  sync.Mutex                 // over queued, where only open folders are followed
	queued map[string]map[string]bool // by locked node, who stands in its queue
}

func (f *etcdFeed) lost(err error) {
	switch {
	case err == nil && f.partial:
		f.levels.found()
		return
	case err == nil:
		f.pump.lost(Live, nil)
		return
	}
	f.pump.lost(Reconnecting, f.store.fail("follow", f.prefix, err))
}

// markLocked marks the keys whose queues were met after them.
func (f *etcdFeed) markLocked() {
	for locked := range f.queued {
		f.mark(locked)
	}
}

// note remembers a node and makes its event.
func (f *etcdFeed) note(n etcdBare, below string) Event {
	e := f.event(n)
	f.known.put(below, e.Index, e.Size, e.Flags)
	return e
}

// dir is what all keys of the feed begin with.
func (f *etcdFeed) dir() string {
	return strings.TrimPrefix(strings.TrimSuffix(f.path, "/")+"/", "/")
}

// event is the put of a node.
func (f *etcdFeed) event(n etcdBare) Event {
	e := Event{Kind: PutEvent, Key: etcdKey(n.path), Index: n.index, Size: n.size}
	if n.dir {
		e.Flags |= Directory
	}
	if n.leased {
		e.Flags |= Leased
	}
	if len(f.queued[n.path]) > 0 {
		e.Flags |= LockedKey
	}
	return e
}

// apply tells what an event of the store changes below the prefix.
func (f *etcdFeed) apply(change *client.Response) {
	if f.partial {
		f.applyLevels(change)
		return
	}
	n := change.Node
	below, ok := etcdBelow(f.path, n.Key)
	switch {
	case !ok && isDeletion(change): // the directory itself, or one above it
		f.gone("", n.ModifiedIndex)
		clear(f.queued)
	case !ok:
	case etcdInQueue(below):
		f.queueChanged(n.Key, !isDeletion(change) && !n.Dir)
	case isDeletion(change):
		f.gone(below, n.ModifiedIndex)
	default:
		f.came(n, below)
	}
}

// came tells a node, and the directories that came to be with it: these have
// no event of their own.
func (f *etcdFeed) came(n *client.Node, below string) {
	for dir := range etcdParents(f.path, n.Key) {
		name, _ := etcdBelow(f.path, dir)
		if !f.known.has(name) {
			f.pump.live(f.note(etcdBare{path: dir, dir: true, index: n.ModifiedIndex}, name))
		}
	}
	if !f.known.has(below) {
		f.used += costOf(path.Base(below)) + etcdKnownCost
	}
	f.pump.live(f.note(etcdBareOf(n), below))
}

// gone tells that a key and all below it is deleted; "" is all there is.
func (f *etcdFeed) gone(below string, index uint64) {
	dir := f.dir()
	f.known.remove(below, func(below string) {
		f.used -= costOf(path.Base(below)) + etcdKnownCost
		f.pump.live(Event{Kind: DeleteEvent, Key: dir + below, Index: index})
	})
}

// queue notes who stands in the queue of a lock; node is any's.
func (f *etcdFeed) queue(node string, stands bool) (locked string, ok bool) {
	i := strings.LastIndexByte(node, '/')
	if locked, ok = etcdLocked(node[:max(i, 0)]); !ok {
		return "", false
	}
	if stands && f.queued[locked] == nil {
		f.queued[locked] = map[string]bool{}
	}
	if stands {
		f.queued[locked][node] = true
	} else {
		delete(f.queued[locked], node)
	}
	return locked, true
}

// queueChanged marks a key, or takes the mark away, when somebody joined or
// left the queue for its lock, or the queue was deleted as a whole.
func (f *etcdFeed) queueChanged(path string, stands bool) {
	locked, ok := etcdLocked(path)
	if ok {
		delete(f.queued, locked)
	} else if locked, ok = f.queue(path, stands); !ok {
		return
	}
	f.mark(locked)
}

// mark reports whether a node is locked, if that is news.
func (f *etcdFeed) mark(locked string) {
	below, ok := etcdBelow(f.path, locked)
	if !ok {
		return
	}
	place := f.known.at(below)
	if place == nil {
		return
	}
	flags := place.flags &^ LockedKey
	if len(f.queued[locked]) > 0 {
		flags |= LockedKey
	}
	if place.flags != flags {
		place.flags = flags
		f.pump.live(place.event(etcdKey(locked)))
	}
}
