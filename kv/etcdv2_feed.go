package kv

import (
	"context"
	"path"
	"strings"
	"sync"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// Follow implements Follower. Directories are events marked Directory. A key that is locked through
// this package's queue is marked Locked. Ephemeral keys are marked Leased: all that the store
// knows of them is their TTL.
func (s *Etcd) Follow(prefix string, options FollowOptions) (Feed, error) {
	at, err := s.checkPrefix(OpFollow, prefix)
	if err != nil {
		return nil, err
	}
	leave, err := s.enter()
	if err != nil {
		return nil, s.fail(OpFollow, prefix, err)
	}
	scope := newScope(options)
	p := newPump(func(ctx context.Context, p *pump) {
		ctx, cancel := s.long(ctx)
		defer cancel()
		p.startListing(0)
		feed := newV2Feed(s, prefix, at, p, scope)
		defer feed.levelReads.Wait()
		defer cancel() // before that
		s.cluster.Follow(ctx, at, true, feed)
	}, leave)
	return scopedPump{p, scope}, nil
}

// v2Feed fills a pump. It remembers which keys there are, since the deletion of a directory is one
// event, which does not say what was in it.
type v2Feed struct {
	store  *Etcd
	prefix string
	path   string
	pump   *pump
	known  etcdv2.Names[v2State]
	used   int64 // bytes that known takes, as long as everything is followed
	beyond bool  // everything takes too much

	levels     *levels
	partial    bool // only open folders are followed
	levelReads sync.WaitGroup

	marks  sync.Mutex                 // guards queued if only open folders are followed
	queued map[string]map[string]bool // by locked node, the places in its queue
}

// v2State is what a feed has put for a node.
type v2State struct {
	index uint64
	size  int
	flags KeyFlags
}

func newV2Feed(s *Etcd, prefix, at string, p *pump, scope *scope) *v2Feed {
	f := &v2Feed{store: s, prefix: prefix, path: at, pump: p}
	f.levels = newLevels(f, p, scope, f.dir(), s.memory)
	f.levels.standing = true
	f.levels.fail = func(err error) error {
		return s.fail(OpFollow, prefix, v2Absent(err))
	}
	return f
}

// Lost implements etcdv2.Sink.
func (f *v2Feed) Lost(err error) {
	switch {
	case err == nil && f.partial:
		f.levels.regained()
	case err == nil:
		f.pump.lost(Live, nil)
	default:
		f.pump.lost(Reconnecting, f.store.fail(OpFollow, f.prefix, err))
	}
}

// note remembers a node and returns its event.
func (f *v2Feed) note(n etcdv2.Entry, below string) Event {
	e := f.event(n)
	f.known.Put(below, v2State{e.Index, e.Size, e.Flags})
	return e
}

// dir returns what all keys of the feed begin with.
func (f *v2Feed) dir() string {
	return strings.TrimPrefix(strings.TrimSuffix(f.path, "/")+"/", "/")
}

// event returns the put of a node.
func (f *v2Feed) event(n etcdv2.Entry) Event {
	e := Event{Kind: PutEvent, Key: etcdv2.Key(n.Path), Index: n.Index, Size: n.Size, Flags: v2Flags(n)}
	if len(f.queued[n.Path]) > 0 {
		e.Flags |= Locked
	}
	return e
}

// Apply implements etcdv2.Sink.
func (f *v2Feed) Apply(_ context.Context, change *client.Response) error {
	if f.partial {
		f.applyLevels(change)
		if f.levels.isTooLarge() {
			return etcdv2.ErrRelist
		}
		return nil
	}
	f.applyWhole(change)
	if f.used > f.levels.most && f.levels.scope.partial {
		return etcdv2.ErrRelist
	}
	return nil
}

// applyWhole passes on a change if everything is followed.
func (f *v2Feed) applyWhole(change *client.Response) {
	n := change.Node
	below, ok := etcdv2.Below(f.path, n.Key)
	deletion := etcdv2.IsDeletion(change)
	switch {
	case !ok && deletion: // the directory itself, or one above it
		f.gone("", n.ModifiedIndex)
		clear(f.queued)
	case !ok:
	case v2IsHidden(below):
		f.queueChanged(n.Key, !deletion && !n.Dir)
	case deletion:
		f.gone(below, n.ModifiedIndex)
	default:
		f.came(n, below)
	}
}

// came puts a node, and the directories that were made with it: these have no event of their own.
func (f *v2Feed) came(n *client.Node, below string) {
	for dir := range etcdv2.Parents(f.path, n.Key) {
		name, _ := etcdv2.Below(f.path, dir)
		if f.known.At(name) == nil {
			f.pump.live(f.note(etcdv2.Entry{Path: dir, Dir: true, Index: n.ModifiedIndex}, name))
		}
	}
	if f.known.At(below) == nil {
		f.used += v2CostOf(below)
	}
	f.pump.live(f.note(etcdv2.EntryOf(n), below))
}

// gone deletes a key and all below it, or everything if below is "".
func (f *v2Feed) gone(below string, index uint64) {
	dir := f.dir()
	f.known.Remove(below, func(below string) {
		f.used -= v2CostOf(below)
		f.pump.live(Event{Kind: DeleteEvent, Key: dir + below, Index: index})
	})
}

// v2CostOf returns how many bytes a key takes in a feed that follows everything: in the reader's
// tree and in the feed itself.
func v2CostOf(below string) int64 {
	const known = 200
	return costOf(path.Base(below)) + known
}

// queue notes who stands in the queue of a lock. node is any node. It returns false if node is not
// in a queue.
func (f *v2Feed) queue(node string, stands bool) (locked string, ok bool) {
	i := strings.LastIndexByte(node, '/')
	if locked, ok = v2Locked(node[:max(i, 0)]); !ok {
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

// queueChanged marks a key, or takes the mark away, after somebody joined or left the queue for its
// lock, or the queue was deleted as a whole.
func (f *v2Feed) queueChanged(path string, stands bool) {
	locked, ok := v2Locked(path)
	if ok {
		delete(f.queued, locked)
	} else if locked, ok = f.queue(path, stands); !ok {
		return
	}
	f.mark(locked)
}

// mark puts a key again if it is locked now and was not, or the other way round.
func (f *v2Feed) mark(locked string) {
	below, ok := etcdv2.Below(f.path, locked)
	if !ok {
		return
	}
	place := f.known.At(below)
	if place == nil {
		return
	}
	state := place.State
	state.flags &^= Locked
	if len(f.queued[locked]) > 0 {
		state.flags |= Locked
	}
	if place.State != state {
		place.State = state
		f.pump.live(Event{Kind: PutEvent, Key: etcdv2.Key(locked), Index: state.index, Size: state.size, Flags: state.flags})
	}
}
