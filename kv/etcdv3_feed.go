package kv

import (
	"context"
	"strconv"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
)

// Follow implements Follower: one listing at a pinned revision, then a watch
// from the next.
func (s *EtcdV3) Follow(prefix string, options FollowOptions) (Feed, error) {
	return s.feed(prefix, options, false)
}

// FollowValues implements ValueFollower. Values before a change come from the
// same watch; they are not known where the server has compacted them.
func (s *EtcdV3) FollowValues(prefix string, options FollowOptions) (Feed, error) {
	return s.feed(prefix, options, true)
}

// feed is Follow, or FollowValues.
func (s *EtcdV3) feed(prefix string, options FollowOptions, values bool) (Feed, error) {
	if !s.enter() {
		return nil, s.fail("follow", prefix, ErrClosed, nil)
	}
	dir, scope := v3Dir(prefix), newScope(options)
	p := newPump(func(ctx context.Context, p *pump) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.ctx, cancel)()
		sink := &v3ScopedSink{
			v3FeedSink: v3FeedSink{store: s, dir: dir, pump: p, values: values}, scope: scope, most: s.memory,
		}
		sink.levels = newLevels(sink, p, scope, dir, s.memory)
		sink.levels.fail = func(err error) error {
			if err == nil {
				return nil
			}
			return s.explain("follow", prefix, err)
		}
		defer sink.beside.Wait()
		defer cancel() // before that
		tail := v3Tail{
			store: s, span: etcdlist.DirSpan(dir), alone: strings.TrimSuffix(dir, "/"), values: etcdlist.SomeValues, before: values,
			sink: sink, op: "follow", prefix: prefix,
		}
		tail.run(ctx)
	}, s.running.Done)
	return scopedPump{p, scope}, nil
}

// v3FeedSink fills a feed.
type v3FeedSink struct {
	store  *EtcdV3
	dir    string
	pump   *pump
	values bool // changes come with their values
	locks  v3OwnLocks
	unseen error // why a part cannot be read
}

// cannotSee says why the listing that ends next is not all of it; nil for one
// that is.
func (f *v3FeedSink) cannotSee(err error) { f.unseen = err }

func (f *v3FeedSink) lost(err error) { f.pump.lost(Reconnecting, err) }
func (f *v3FeedSink) found()         { f.pump.lost(Live, nil) }

func (f *v3FeedSink) begin(missed Missed) {
	f.locks = v3OwnLocks{}
	f.pump.startListing(missed)
}

func (f *v3FeedSink) expect(keys int) { f.pump.expect(keys) }

// end marks the locked keys whose queue came in a later page than they did.
func (f *v3FeedSink) end(ctx context.Context, revision int64) {
	f.pump.sync(f.unseen)
	for key, lock := range f.locks {
		if !lock.marked {
			f.remark(ctx, key, revision)
		}
	}
}

func (f *v3FeedSink) page(ctx context.Context, kvs []*mvccpb.KeyValue, sized bool) error {
	keys := v3Keys(kvs)
	for _, key := range keys {
		f.locks.see(key, true)
	}
	events := make([]Event, 0, min(len(kvs), batchMax))
	for i, kv := range kvs {
		if !v3Shown(f.dir, keys[i]) {
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

// v3Keys are the keys as parts of one string, which costs far less than as
// many of their own.
func v3Keys(kvs []*mvccpb.KeyValue) []string {
	size := 0
	for _, kv := range kvs {
		size += len(kv.Key)
	}
	var text strings.Builder
	text.Grow(size)
	for _, kv := range kvs {
		text.Write(kv.Key)
	}
	all, keys := text.String(), make([]string, len(kvs))
	for i, kv := range kvs {
		keys[i], all = all[:len(kv.Key)], all[len(kv.Key):]
	}
	return keys
}

func (f *v3FeedSink) apply(ctx context.Context, changes []*clientv3.Event) {
	events := make([]Event, 0, len(changes))
	for _, c := range changes {
		key := string(c.Kv.Key)
		if locked, changed := f.locks.see(key, c.Type != clientv3.EventTypeDelete); changed {
			f.pump.live(events...)
			events = events[:0]
			f.remark(ctx, locked, c.Kv.ModRevision)
		}
		if !v3Shown(f.dir, key) {
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

// event is the put of a key whose value came with it.
func (f *v3FeedSink) event(key string, kv *mvccpb.KeyValue) Event {
	flags := v3Flags(key, kv.Lease)
	if f.locks.mark(key) {
		flags |= LockedKey
	}
	return Event{Kind: PutEvent, Key: key, Index: uint64(kv.ModRevision), Size: len(kv.Value), Flags: flags}
}

// v3Values are what a change made of a key.
func v3Values(c *clientv3.Event) *Values {
	v := &Values{BeforeKnown: c.PrevKv != nil || c.IsCreate()}
	if c.PrevKv != nil {
		v.Before = notNil(c.PrevKv.Value)
	}
	if c.Type != clientv3.EventTypeDelete {
		v.After = notNil(c.Kv.Value)
	}
	return v
}

// notNil is an empty value for one that came as nil.
func notNil(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// remark tells a key again as it was at a revision, since it is locked now or
// no longer is. One that cannot be read gets its mark with its next change.
func (f *v3FeedSink) remark(ctx context.Context, key string, revision int64) {
	if !v3Shown(f.dir, key) {
		return
	}
	ctx, cancel := f.store.request(ctx)
	defer cancel()
	resp, err := f.store.client.Get(ctx, key, clientv3.WithRev(revision))
	if err == nil && len(resp.Kvs) > 0 {
		f.pump.live(f.event(key, resp.Kvs[0]))
	}
}

// v3Flags are the marks of a key. One that is named after its lease is a place
// in the queue of a lock, as all recipes of etcd make it.
func v3Flags(key string, lease int64) KeyFlags {
	if lease == 0 {
		return 0
	}
	if isV3Place(key, lease) {
		return Leased | LockedKey
	}
	return Leased
}

// isNamedAfter reports whether name is that lease in hex: without leading zeros,
// as the recipes write it, or with them, as etcdctl prints it.
func isNamedAfter(name string, lease int64) bool {
	return lease != 0 && (name == leaseName(lease) || name == leaseID(lease))
}

// leaseName is a lease as the recipes of etcd name keys after it.
func leaseName(lease int64) string { return strconv.FormatUint(uint64(lease), 16) }
