package kv

import (
	"context"
	"math"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
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

// v3Level reads what is right in a directory, at one revision: some keys at a
// time, and behind the last one's folder, if it is in one, what comes next. So
// a folder costs a question, however many keys are below it, and many small
// ones cost a question together.
type v3LevelReading struct {
	sink     *v3ScopedSink
	dir      string
	end      string // where the directory ends
	next     string // where to go on
	revision int64
	limit    int
	sized    int    // bytes of values still to be read
	dropped  int    // by how many bytes a range's end is shorter than its start
	left     int64  // keys still to come at most; -1 when not known
	folder   string // the last one that was told
	leases   map[string]int64
}

// readLevel implements levelSource.
func (f *v3ScopedSink) readLevel(ctx context.Context, dir string, at uint64, see func([]levelEntry) error) (uint64, string, error) {
	span := v3DirSpan(dir)
	r := v3LevelReading{sink: f, dir: dir, next: span.start, end: span.end, revision: int64(at), limit: v3LevelFirst, sized: v3LevelSized, dropped: 1, left: -1}
	for r.next != "" {
		resp, end, err := r.ask(ctx)
		if err != nil {
			return 0, "", err
		}
		if r.revision == 0 {
			r.revision = resp.Header.Revision
		}
		entries, err := r.take(ctx, resp, end)
		if err == nil {
			err = see(entries)
		}
		if err != nil {
			return uint64(r.revision), r.next, err
		}
	}
	return uint64(r.revision), "", nil
}

// ask asks for the next keys. It returns where the range ends that was asked
// for.
func (r *v3LevelReading) ask(ctx context.Context) (*clientv3.GetResponse, string, error) {
	ctx, cancel := r.sink.store.long(ctx)
	defer cancel()
	end := r.rangeEnd()
	options := []clientv3.OpOption{clientv3.WithRange(end), clientv3.WithLimit(int64(r.limit)), clientv3.WithRev(r.revision)}
	if r.sized <= 0 {
		if r.leases == nil && r.sink.store.streams37.Load() {
			r.leases, _ = r.sink.store.leasedKeys(ctx, math.MaxInt) // which are not told with keys alone
		}
		options = append(options, clientv3.WithKeysOnly())
	}
	resp, err := r.sink.store.client.Get(ctx, r.next, options...)
	return resp, end, lostContact(ctx, err)
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

// take makes entries of an answer, and sets where to go on.
func (r *v3LevelReading) take(ctx context.Context, resp *clientv3.GetResponse, end string) ([]levelEntry, error) {
	entries := make([]levelEntry, 0, len(resp.Kvs))
	var locked []string
	keys := v3Keys(resp.Kvs)
	for i, kv := range resp.Kvs {
		key := keys[i]
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
	r.goOn(resp, keys, end, len(entries))
	for _, key := range locked {
		kv, err := r.sink.store.at(ctx, key, r.revision)
		if err != nil {
			return nil, err
		}
		if kv != nil {
			entries = append(entries, levelEntry{Event: r.sink.lockable(key, kv), key: true, again: true})
		}
	}
	return entries, nil
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

// goOn sets where the next range begins, and how much is asked for at once.
func (r *v3LevelReading) goOn(resp *clientv3.GetResponse, keys []string, end string, news int) {
	switch {
	case end == r.end:
		r.left = resp.Count - int64(len(keys))
	case r.left >= 0:
		r.left -= int64(len(keys))
	}
	switch {
	case resp.Count > r.sink.store.countMost:
		r.dropped = max(1, r.dropped-1)
	case resp.Count < v3CountFew && resp.Count > 0:
		r.dropped++
	}
	if !resp.More || len(keys) == 0 {
		r.next = end
		if end == r.end {
			r.next = ""
		}
		return
	}
	last := keys[len(keys)-1]
	r.next = last + "\x00"
	if name, _, inside := strings.Cut(last[len(r.dir):], "/"); inside {
		r.next = r.dir + name + "0" // which is the byte behind the slash
		r.dropped = 1               // what comes next may be as large
	}
	if news*8 < len(keys) {
		r.limit = max(v3LevelLeast, r.limit/2)
	} else {
		r.limit = min(v3LevelMost, 2*r.limit)
	}
}

// v3IsRightIn reports whether a key is right in a directory.
func v3IsRightIn(dir, key string) bool {
	rest, ok := strings.CutPrefix(key, dir)
	return ok && !strings.Contains(rest, "/")
}

// someIn implements levelSource. Places in the queue of a lock are none that
// are shown; a folder that seems to have nothing else is taken for one that
// has, where there are many.
func (f *v3ScopedSink) someIn(ctx context.Context, dir string) (bool, uint64, error) {
	ctx, cancel := f.store.long(ctx)
	defer cancel()
	resp, err := f.store.client.Get(ctx, dir, clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(v3LevelFirst))
	if err != nil {
		return false, 0, lostContact(ctx, err)
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
