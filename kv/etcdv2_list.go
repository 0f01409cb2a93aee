package kv

import (
	"context"
	"path"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// ListKeys implements Lister. A directory is a key and, in a level, a folder as well, even if it is
// empty.
func (s *Etcd) ListKeys(ctx context.Context, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	at, err := s.checkPrefix(OpList, prefix)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.long(ctx)
	defer cancel()
	l := v2KeyListing{
		path: at, level: options.Level, atOnce: options.AtOnce, visit: visit, room: RoomOf(s),
		open: map[string]*v2OpenDirectory{}, locked: map[string]bool{},
	}
	_, err = s.cluster.List(ctx, at, !options.Level, l.take)
	switch {
	case l.err != nil:
		return nil, l.err
	case err == nil || etcdv2.IsMissing(err):
		return nil, nil
	case etcdv2.Code(err) == client.ErrorCodeUnauthorized:
		return s.listAlone(ctx, at, s.fail(OpList, prefix, err), visit)
	}
	return nil, s.fail(OpList, prefix, err)
}

// listAlone visits the key of a prefix that the login may not list, if it may read that.
func (s *Etcd) listAlone(ctx context.Context, at string, denied error, visit func(Entry) error) (unseen, err error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	node, _, err := s.cluster.Get(ctx, at)
	if err != nil || node.Dir {
		return nil, denied
	}
	return denied, visit(v2Entry(etcdv2.EntryOf(node)))
}

// v2KeyListing visits the nodes of a listing. A directory comes after all that is in it. A key
// waits for its directory, since the queue that marks it as locked may come after it. If it is
// visited at once, its mark follows.
type v2KeyListing struct {
	path   string
	level  bool
	atOnce bool
	visit  func(Entry) error
	room   *Room // for the keys that wait
	open   map[string]*v2OpenDirectory
	locked map[string]bool // of those that were visited at once, by path
	err    error           // of visit or of room
}

// v2OpenDirectory is a directory of which not all is known.
type v2OpenDirectory struct {
	keys   []Entry
	locked map[string]bool // by path
}

// take takes the next node.
func (l *v2KeyListing) take(n etcdv2.Entry) error {
	below, ok := etcdv2.Below(l.path, n.Path)
	switch {
	case !ok: // the prefix itself, which comes last
		if l.err = l.close(l.path); l.err == nil {
			l.err = l.markLocked()
		}
	case l.level && !v2IsHidden(below):
		l.err = l.visitLevel(n)
	case !l.level:
		l.err = l.takeBelow(n, below)
	}
	return l.err
}

// takeBelow takes a node of the whole subtree.
func (l *v2KeyListing) takeBelow(n etcdv2.Entry, below string) error {
	if n.Dir {
		if err := l.close(n.Path); err != nil {
			return err
		}
	} else if locked, ok := v2Locked(path.Dir(n.Path)); ok {
		l.see(locked)
	}
	switch {
	case v2IsHidden(below):
		return nil
	case l.atOnce:
		return l.visit(v2Entry(n))
	}
	return l.wait(n)
}

// see notes that a key is locked.
func (l *v2KeyListing) see(locked string) {
	if l.atOnce {
		l.locked[locked] = true
		return
	}
	l.in(locked).locked[locked] = true
}

// markLocked visits the marks of keys that were visited at once.
func (l *v2KeyListing) markLocked() error {
	for locked := range l.locked {
		if err := l.visit(Entry{Key: etcdv2.Key(locked), Size: -1, Flags: Locked}); err != nil {
			return err
		}
	}
	return nil
}

// visitLevel visits a node right in the directory.
func (l *v2KeyListing) visitLevel(n etcdv2.Entry) error {
	if err := l.visit(v2Entry(n)); err != nil || !n.Dir {
		return err
	}
	return l.visit(Entry{Key: etcdv2.Key(n.Path), Size: -1, Folder: true})
}

// in returns the directory that a node is in.
func (l *v2KeyListing) in(at string) *v2OpenDirectory {
	dir := path.Dir(at)
	if l.open[dir] == nil {
		l.open[dir] = &v2OpenDirectory{locked: map[string]bool{}}
	}
	return l.open[dir]
}

// wait has a key wait for its directory.
func (l *v2KeyListing) wait(n etcdv2.Entry) error {
	if err := l.room.Take(n.Path); err != nil {
		return tooMany(OpList, etcdv2.Key(l.path), err)
	}
	dir := l.in(n.Path)
	dir.keys = append(dir.keys, v2Entry(n))
	return nil
}

// close visits the keys right in a directory.
func (l *v2KeyListing) close(at string) error {
	dir := l.open[at]
	if dir == nil {
		return nil
	}
	delete(l.open, at)
	for _, e := range dir.keys {
		l.room.Give("/" + e.Key)
		if dir.locked["/"+e.Key] {
			e.Flags |= Locked
		}
		if err := l.visit(e); err != nil {
			return err
		}
	}
	return nil
}

// v2Entry returns a node as a key in a listing.
func v2Entry(n etcdv2.Entry) Entry {
	return Entry{Key: etcdv2.Key(n.Path), Index: n.Index, Size: n.Size, Flags: v2Flags(n)}
}

// v2Flags returns the marks of a node, apart from that of a lock.
func v2Flags(n etcdv2.Entry) KeyFlags {
	var flags KeyFlags
	if n.Dir {
		flags |= Directory
	}
	if n.TTL {
		flags |= Leased
	}
	return flags
}

// List implements etcdv2.Sink. It makes a listing of everything, or of what is open.
func (f *v2Feed) List(ctx context.Context, missed etcdv2.Missed) (uint64, error) {
	why := v2Missed(missed)
	if !f.partial {
		f.used, f.beyond = 0, false
		index, err := f.listWhole(ctx, why)
		if !f.beyond {
			return index, err
		}
		f.partial, f.known = true, etcdv2.Names[v2State]{}
		f.levelReads.Go(func() { untilEnded(ctx, func() { f.levels.run(ctx) }) })
	}
	f.marks.Lock()
	f.queued = map[string]map[string]bool{}
	f.marks.Unlock()
	return f.levels.list(ctx, why)
}

// v2Missed returns the bits for the reason of a listing.
func v2Missed(m etcdv2.Missed) Missed {
	switch m {
	case etcdv2.ContactLost:
		return Gap
	case etcdv2.EventsCleared:
		return Gap | Compacted
	}
	return 0
}

// count adds what a key takes. The error says that everything takes too much, and that a part is
// enough for the reader.
func (f *v2Feed) count(below string) error {
	f.used += v2CostOf(below)
	if f.used <= f.levels.most || !f.levels.scope.partial {
		return nil
	}
	f.beyond = true
	return errBeyondMemory
}

// listWhole makes a listing of everything and returns the index to go on from. The feed stays lost
// until the store answers.
func (f *v2Feed) listWhole(ctx context.Context, missed Missed) (uint64, error) {
	f.known, f.queued = etcdv2.Names[v2State]{}, map[string]map[string]bool{}
	l := v2Listing{feed: f, missed: missed, top: map[string]bool{}}
	index, err := f.store.cluster.List(ctx, f.path, false, func(n etcdv2.Entry) error { return l.first(ctx, n) })
	if err == nil && l.deep {
		if err = l.flush(ctx); err != nil {
			return 0, err
		}
		index, err = f.store.cluster.List(ctx, f.path, true, func(n etcdv2.Entry) error { return l.again(ctx, n) })
		if etcdv2.IsMissing(err) || err == nil {
			l.sweep(index)
		}
	}
	if err != nil && !etcdv2.IsMissing(err) {
		return 0, err
	}
	if err := l.flush(ctx); err != nil {
		return 0, err
	}
	for locked := range f.queued { // a queue may come after its key
		f.mark(locked)
	}
	f.pump.endListing(nil)
	return index, nil
}

// v2Listing is a listing of a feed. It reads what is right below the prefix first: the server
// builds a whole subtree before it sends the first byte of it.
type v2Listing struct {
	feed   *v2Feed
	begun  bool
	missed Missed
	batch  []Event
	top    map[string]bool // right below the prefix: whether the second reading has it
	deep   bool            // there are directories
}

// first takes a node of the first level.
func (l *v2Listing) first(ctx context.Context, n etcdv2.Entry) error {
	below, ok := etcdv2.Below(l.feed.path, n.Path)
	if !ok {
		return nil
	}
	l.deep = l.deep || n.Dir
	l.top[below] = false
	return l.take(ctx, n, below)
}

// again takes a node of the whole subtree. It puts a node of the first level once more only if the
// node has changed.
func (l *v2Listing) again(ctx context.Context, n etcdv2.Entry) error {
	below, ok := etcdv2.Below(l.feed.path, n.Path)
	if !ok {
		return nil
	}
	if _, met := l.top[below]; met {
		l.top[below] = true
		if place := l.feed.known.At(below); place != nil && place.State.index == n.Index {
			return nil
		}
	}
	return l.take(ctx, n, below)
}

func (l *v2Listing) take(ctx context.Context, n etcdv2.Entry, below string) error {
	l.begin()
	l.feed.queue(n.Path, !n.Dir)
	if v2IsHidden(below) {
		return nil
	}
	if err := l.feed.count(below); err != nil {
		return err
	}
	if l.batch = append(l.batch, l.feed.note(n, below)); len(l.batch) < batchMax {
		return nil
	}
	return l.flush(ctx)
}

// sweep deletes what was on the first level and no longer is.
func (l *v2Listing) sweep(index uint64) {
	for below, met := range l.top {
		if !met {
			l.feed.gone(below, index)
		}
	}
}

func (l *v2Listing) begin() {
	if !l.begun {
		l.begun = true
		l.feed.pump.startListing(l.missed)
	}
}

func (l *v2Listing) flush(ctx context.Context) error {
	l.begin()
	err := l.feed.pump.list(ctx, l.batch...)
	l.batch = l.batch[:0]
	return err
}
