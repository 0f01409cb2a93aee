package kv

import (
	"context"

	"kvist/kv/internal/etcdv2"
)

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
	f.pump.sync(nil)
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
