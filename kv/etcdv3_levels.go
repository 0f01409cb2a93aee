package kv

import (
	"context"
	"math"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
)

const (
	// v3LevelFirst and v3LevelMost are how many keys an answer about a level
	// holds: at first, and at most where nearly all are right in it.
	v3LevelFirst = 64
	v3LevelMost  = 4096
	v3LevelLeast = 8
	// v3LevelSized is how many bytes of values are read of a level, so that
	// the sizes of its first keys are known.
	v3LevelSized = 1 << 20
	// v3CountFew and v3CountMost are how many keys a range is meant to have,
	// since a server counts all of it for each answer.
	v3CountFew, v3CountMost = 2048, 65_536
)

// v3LevelReading reads what is right in a directory, at one revision: some keys
// at a time, and behind the last one's folder, if it is in one, what comes
// next. So a folder costs a question, however many keys are below it, and many
// small ones cost a question together.
type v3LevelReading struct {
	sink     *v3ScopedSink
	see      func([]levelEntry) error
	dir      string
	end      string // where the directory ends
	next     string // where to go on; "" when all is read
	revision int64
	limit    int
	sized    int    // bytes of values still to be read
	dropped  int    // by how many bytes a range's end is shorter than its start
	left     int64  // keys still to come at most; -1 when not known
	folder   string // the last one that was told
	leaps    bool   // the last keys were in a folder that is worth leaping over
	leases   map[string]int64
}

// readLevel implements levelSource.
func (f *v3ScopedSink) readLevel(ctx context.Context, dir string, at uint64, see func([]levelEntry) error) (uint64, string, error) {
	span := v3DirSpan(dir)
	r := v3LevelReading{
		sink: f, see: see, dir: dir, next: span.start, end: span.end, revision: int64(at),
		limit: v3LevelFirst, sized: v3LevelSized, dropped: 1, left: -1,
	}
	if r.revision == 0 {
		l := v3Listing{store: f.store, rest: span}
		if err := l.pin(ctx); err != nil {
			return 0, "", err
		}
		r.revision = l.at.revision
	}
	read := r.ranged
	if f.store.streams37.Load() {
		read = r.stream
	}
	for r.next != "" {
		if err := read(ctx); err != nil {
			return uint64(r.revision), r.next, err
		}
	}
	return uint64(r.revision), "", nil
}

// stream reads on until there is a folder to leap over. A stream that is broken
// off costs the server next to nothing, while it counts all of a range before
// it gives the first keys of that.
func (r *v3LevelReading) stream(ctx context.Context) error {
	sized := r.sized > 0
	var options []clientv3.OpOption
	if !sized {
		options = append(options, r.keysOnly(ctx))
	}
	l := v3Listing{store: r.sink.store, at: v3Point{revision: r.revision}, rest: v3Span{r.next, r.end}}
	l.page = func(kvs []*mvccpb.KeyValue, _ bool) error { return r.take(ctx, kvs) }
	more, err := l.stream(ctx, sized, func([]*mvccpb.KeyValue) bool { return !r.leaps && sized == (r.sized > 0) }, options...)
	if err == nil && !more {
		r.next = ""
	}
	return err
}

// keysOnly leaves the values out, and with them the leases, which are asked for
// from the other end.
func (r *v3LevelReading) keysOnly(ctx context.Context) clientv3.OpOption {
	if r.leases == nil && r.sink.store.streams37.Load() {
		r.leases, _ = r.sink.store.leasedKeys(ctx, math.MaxInt)
	}
	return clientv3.WithKeysOnly()
}

// ranged reads one range.
func (r *v3LevelReading) ranged(ctx context.Context) error {
	asking, cancel := r.sink.store.long(ctx)
	defer cancel()
	end := r.rangeEnd()
	options := []clientv3.OpOption{clientv3.WithRange(end), clientv3.WithLimit(int64(r.limit)), clientv3.WithRev(r.revision)}
	if r.sized <= 0 {
		options = append(options, r.keysOnly(ctx))
	}
	resp, err := r.sink.store.client.Get(asking, r.next, options...)
	if err != nil {
		return etcdclient.LostContact(asking, err)
	}
	if err := r.take(ctx, resp.Kvs); err != nil {
		return err
	}
	r.goOn(resp, end)
	return nil
}

// rangeEnd is where to end the next range. A server counts all keys up to there,
// so that it is not far away where there are many: it is the end of what begins
// as the start does, but for the last bytes, or but for all behind the first
// one. How many there are in a folder is asked for with its first keys.
func (r *v3LevelReading) rangeEnd() string {
	if r.left >= 0 && r.left <= r.sink.store.countMost || r.left < 0 && r.dir != r.sink.dir {
		return r.end
	}
	start, base := strings.TrimSuffix(r.next, "\x00"), 0
	if r.end != v3Endless {
		base = len(r.dir)
	}
	end := ""
	if keep := len(start) - r.dropped; keep > base {
		end = after(start[:keep])
	} else if i := strings.IndexFunc(v3FirstBytes, func(b rune) bool { return len(start) <= base || byte(b) > start[base] }); i >= 0 {
		end = start[:min(base, len(start))] + v3FirstBytes[i:i+1]
	}
	if end <= r.next {
		return r.end
	}
	return end
}

// take tells keys that came, and sets where to go on behind them.
func (r *v3LevelReading) take(ctx context.Context, kvs []*mvccpb.KeyValue) error {
	r.sink.seeNewest(kvs)
	entries, locked := r.entries(kvs)
	if len(kvs) > 0 {
		r.goBehind(string(kvs[len(kvs)-1].Key), len(entries)*8 < len(kvs))
	}
	for _, key := range locked {
		kv, err := r.sink.store.at(ctx, key, r.revision)
		if err != nil {
			return err
		}
		if kv != nil {
			entries = append(entries, levelEntry{Event: r.sink.lockable(key, kv), key: true, again: true})
		}
	}
	return r.see(entries)
}

// entries are what keys mean for the level, and which keys in it turned out to
// be locked after they were told.
func (r *v3LevelReading) entries(kvs []*mvccpb.KeyValue) (entries []levelEntry, locked []string) {
	entries = make([]levelEntry, 0, len(kvs))
	for i, key := range v3Keys(kvs) {
		kv := kvs[i]
		r.sized -= len(kv.Value)
		if owner, ok := r.sink.queued(key); ok {
			if owner != "" && v3IsRightIn(r.dir, owner) {
				locked = append(locked, owner)
			}
			continue
		}
		name, _, inside := strings.Cut(key[len(r.dir):], "/")
		switch {
		case key == r.sink.dir:
		case !inside:
			entries = append(entries, levelEntry{Event: r.event(key, kv), key: true})
		case name != r.folder || r.folder == "":
			r.folder = name
			entries = append(entries, levelEntry{Event: Event{Key: r.dir + name}, folder: true})
		}
	}
	return entries, locked
}

// event is the put of a key right in the level.
func (r *v3LevelReading) event(key string, kv *mvccpb.KeyValue) Event {
	if r.leases != nil {
		kv.Lease = r.leases[key]
	}
	e := r.sink.lockable(key, kv)
	if r.sized <= 0 && len(kv.Value) == 0 {
		e.Size = -1
	}
	return e
}

// goBehind sets where to go on behind the last key, or behind the folder that
// it is in, if few keys of an answer were news.
func (r *v3LevelReading) goBehind(last string, few bool) {
	r.next, r.leaps = last+"\x00", false
	name, _, inside := strings.Cut(last[len(r.dir):], "/")
	if !inside {
		return
	}
	if few || !r.sink.store.streams37.Load() {
		r.next, r.leaps = r.dir+name+"0", true // "0" is the byte behind the slash
	}
}

// goOn sets how much is asked for at once, and where to go on behind a range
// that was read to its end.
func (r *v3LevelReading) goOn(resp *clientv3.GetResponse, end string) {
	switch {
	case end == r.end:
		r.left = resp.Count - int64(len(resp.Kvs))
	case r.left >= 0:
		r.left -= int64(len(resp.Kvs))
	}
	switch {
	case !resp.More || len(resp.Kvs) == 0:
		r.next = end
		if end == r.end {
			r.next = ""
		}
		return
	case r.leaps:
		r.dropped = 1 // what comes next may be as large
		r.limit = max(v3LevelLeast, r.limit/2)
	default:
		r.limit = min(v3LevelMost, 2*r.limit)
	}
	switch {
	case resp.Count > r.sink.store.countMost:
		r.dropped = max(1, r.dropped-1)
	case resp.Count < v3CountFew:
		r.dropped++
	}
}

// v3IsRightIn reports whether a key is right in a directory.
func v3IsRightIn(dir, key string) bool {
	rest, ok := strings.CutPrefix(key, dir)
	return ok && !strings.Contains(rest, "/")
}

// someIn implements levelSource. It looks around the key that was deleted,
// farther and farther away: a server counts all keys of what it is asked for,
// and neighbours are few. Where all that is found are places in the queue of a
// lock, more of them than fit into an answer count as keys.
func (f *v3ScopedSink) someIn(ctx context.Context, dir, gone string) (bool, uint64, error) {
	for keep := len(gone) - 1; ; keep = max(len(dir), keep-4) {
		some, index, err := f.someWith(ctx, gone[:max(len(dir), keep)])
		if some || err != nil || keep <= len(dir) {
			return some, index, err
		}
	}
}

// someWith reports whether there are keys that begin with a prefix.
func (f *v3ScopedSink) someWith(ctx context.Context, prefix string) (bool, uint64, error) {
	ctx, cancel := f.store.long(ctx)
	defer cancel()
	resp, err := f.store.client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(v3LevelFirst))
	if err != nil {
		return false, 0, etcdclient.LostContact(ctx, err)
	}
	some := resp.More
	for _, kv := range resp.Kvs {
		some = some || !isV3Queue(string(kv.Key))
	}
	return some, uint64(resp.Header.Revision), nil
}

// at is a key as it was at a revision; nil when it was not there.
func (s *EtcdV3) at(ctx context.Context, key string, revision int64) (*mvccpb.KeyValue, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, key, clientv3.WithRev(revision))
	if err != nil || len(resp.Kvs) == 0 {
		return nil, err
	}
	return resp.Kvs[0], nil
}
