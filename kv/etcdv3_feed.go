package kv

import (
	"context"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/etcdlocks"
	"kvist/kv/internal/etcdtail"
	"kvist/kv/internal/wait"
)

// Follow implements Follower by a listing at one revision and a watch from the next.
func (s *EtcdV3) Follow(prefix string, options FollowOptions) (Feed, error) {
	return s.feed(prefix, options, false)
}

// FollowValues implements ValueFollower. The values before a change come with the watch, unless the
// server has compacted them.
func (s *EtcdV3) FollowValues(prefix string, options FollowOptions) (Feed, error) {
	return s.feed(prefix, options, true)
}

// feed is Follow or, with values, FollowValues.
func (s *EtcdV3) feed(prefix string, options FollowOptions, values bool) (Feed, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, s.fail(OpFollow, prefix, err)
	}
	dir, scope := v3Dir(prefix), newScope(options)
	p := newPump(func(ctx context.Context, p *pump) {
		ctx, cancel := wait.Joined(ctx, s.ctx)
		sink := &v3ScopedSink{
			v3FeedSink: v3FeedSink{store: s, prefix: prefix, dir: dir, pump: p, values: values, marks: etcdlocks.NewMarks(v3Queues)},
			scope:      scope,
		}
		sink.levels = newLevels(sink, p, scope, dir, s.memory)
		sink.levels.fail = func(err error) error { return s.fail(OpFollow, prefix, err) }
		defer sink.beside.Wait()
		defer cancel() // before that
		tail := s.tail(etcdlist.DirSpan(dir), sink)
		tail.Alone, tail.Values, tail.Before = strings.TrimSuffix(dir, "/"), etcdlist.SomeValues, values
		tail.Run(ctx)
	}, leave)
	return scopedPump{p, scope}, nil
}

// v3FeedSink fills a feed with all keys.
type v3FeedSink struct {
	store  *EtcdV3
	prefix string // for errors
	dir    string
	pump   *pump
	values bool // changes come with their values
	marks  etcdlocks.Marks
	unseen error // why a part cannot be read
}

// CannotSee implements etcdtail.PartReader.
func (f *v3FeedSink) CannotSee(ctx context.Context, err error) {
	f.unseen = f.store.failRange(ctx, OpFollow, f.prefix, err)
}

// Lost implements etcdtail.Sink.
func (f *v3FeedSink) Lost(ctx context.Context, err error) {
	f.pump.lost(Reconnecting, f.store.failRange(ctx, OpFollow, f.prefix, err))
}

// Found implements etcdtail.Sink.
func (f *v3FeedSink) Found() { f.pump.lost(Live, nil) }

// Begin implements etcdtail.Sink.
func (f *v3FeedSink) Begin(why etcdtail.Reason) {
	f.marks = etcdlocks.NewMarks(v3Queues)
	f.pump.startListing(v3Missed[why])
}

// Expect implements etcdtail.Expecter.
func (f *v3FeedSink) Expect(keys int) { f.pump.expect(keys) }

// Page implements etcdtail.Sink.
func (f *v3FeedSink) Page(ctx context.Context, kvs []*mvccpb.KeyValue, sized bool) error {
	f.noteLeases(len(kvs), sized)
	keys := v3Keys(kvs)
	for _, key := range keys {
		f.marks.See(key, true)
	}
	events := make([]Event, 0, min(len(kvs), batchMax))
	for i, kv := range kvs {
		if !v3IsShown(f.dir, keys[i]) {
			continue
		}
		e := f.event(keys[i], kv)
		if !sized {
			e.Size = -1
		}
		events = append(events, e)
		if len(events) == batchMax {
			if err := f.pump.list(ctx, events...); err != nil {
				return err
			}
			events = events[:0]
		}
	}
	return f.pump.list(ctx, events...)
}

// noteLeases notes whether keys of the past came without their leases.
func (f *v3FeedSink) noteLeases(keys int, sized bool) {
	if keys > 0 && !sized && f.store.reader.LacksLeases() {
		f.pump.leaseless()
	}
}

// End implements etcdtail.Sink. It marks the locked keys whose queue came in a later page than they
// did.
func (f *v3FeedSink) End(ctx context.Context, revision int64) {
	f.pump.endListing(f.unseen)
	for _, key := range f.marks.Unshown() {
		f.remark(ctx, key, revision)
	}
}

// Ended implements etcdtail.Ender: what was listed is all that there will be.
func (f *v3FeedSink) Ended(ctx context.Context, err error) {
	f.pump.endListing(f.store.failRange(ctx, OpFollow, f.prefix, err))
}

// Apply implements etcdtail.Sink.
func (f *v3FeedSink) Apply(ctx context.Context, changes []*clientv3.Event) {
	events := make([]Event, 0, len(changes))
	for _, c := range changes {
		key := string(c.Kv.Key)
		if locked, changed := f.marks.See(key, c.Type != clientv3.EventTypeDelete); changed {
			f.pump.live(events...)
			events = events[:0]
			f.remark(ctx, locked, c.Kv.ModRevision)
		}
		if !v3IsShown(f.dir, key) {
			continue
		}
		e := Event{Kind: DeleteEvent, Key: key, Index: uint64(c.Kv.ModRevision)}
		if c.Type != clientv3.EventTypeDelete {
			e = f.event(key, c.Kv)
		}
		if f.values {
			e.Values = v3Values(c)
		}
		events = append(events, e)
	}
	if len(events) > 0 {
		f.pump.live(events...)
	}
}

// event returns the put of a key that came with its value.
func (f *v3FeedSink) event(key string, kv *mvccpb.KeyValue) Event {
	flags := v3Flags(key, kv.Lease)
	if f.marks.Show(key) {
		flags |= Locked
	}
	return Event{Kind: PutEvent, Key: key, Index: uint64(kv.ModRevision), Size: len(kv.Value), Flags: flags}
}

// remark puts a key again as it was at a revision, since it is locked now or no longer is. A key
// that cannot be read gets its mark with its next change.
func (f *v3FeedSink) remark(ctx context.Context, key string, revision int64) {
	if !v3IsShown(f.dir, key) {
		return
	}
	if kv, err := f.store.at(ctx, key, revision); err == nil && kv != nil {
		f.pump.live(f.event(key, kv))
	}
}

// v3Values returns what a change made of a key.
func v3Values(c *clientv3.Event) *ValueChange {
	v := &ValueChange{BeforeKnown: c.PrevKv != nil || c.IsCreate()}
	if c.PrevKv != nil {
		v.Before = v3NotNil(c.PrevKv.Value)
	}
	if c.Type != clientv3.EventTypeDelete {
		v.After = v3NotNil(c.Kv.Value)
	}
	return v
}
