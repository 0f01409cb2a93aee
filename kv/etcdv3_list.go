package kv

import (
	"cmp"
	"context"
	"errors"
	"math"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
)

// v3Span is a range of keys: from start, to before end; only start when end
// is "".
type v3Span struct {
	start, end string
}

// v3Endless is the end of a range that has none.
const v3Endless = "\x00"

// v3DirSpan is all that begins with dir.
func v3DirSpan(dir string) v3Span {
	if dir == "" {
		return v3Span{"\x00", v3Endless} // the API's way to say "all"
	}
	return v3Span{dir, clientv3.GetPrefixRangeEnd(dir)}
}

// options name the span to the client.
func (r v3Span) options(more ...clientv3.OpOption) []clientv3.OpOption {
	if r.end == "" {
		return more
	}
	return append(more, clientv3.WithRange(r.end))
}

// v3Reading is how many values a listing reads besides the keys.
type v3Reading uint8

const (
	allValues  v3Reading = iota
	someValues           // of the first keys, so that the sizes in small trees are known
)

const (
	// v3SizedBytes bounds someValues: a server finds keys without values in its
	// index alone, which takes it half the time.
	v3SizedBytes = 4 << 20
	// v3SizedKeys is of how many keys they are read where ranges stream; where
	// they do not, they are read of trees that have no more keys than that.
	v3SizedKeys = 20_000
)

// v3Point is a moment in the history of a cluster.
type v3Point struct {
	revision int64
	cluster  uint64
}

// v3Listing reads a span as it was at one moment.
type v3Listing struct {
	store  *EtcdV3
	values v3Reading
	// page gets the keys in order, some at a time; sized says whether their
	// values came with them.
	page func(kvs []*mvccpb.KeyValue, sized bool) error
	// expect, if there is one, is told how many keys the span has, where the
	// server says so beforehand.
	expect func(keys int)
	// stridesOf is how many keys a stride is to hold; 0 for what is best.
	stridesOf int
	// peekAfter is when first keys are looked for that are long in coming; 0
	// for v3PeekAfter.
	peekAfter time.Duration
	// sizedKeys is of how many keys values are read; 0 for v3SizedKeys.
	sizedKeys int

	at   v3Point
	rest v3Span // still to be read
}

// run reads the whole span. The error is the client's, or page's.
func (l *v3Listing) run(ctx context.Context, span v3Span) (v3Point, error) {
	l.rest = span
	if err := l.pin(ctx); err != nil {
		return l.at, err
	}
	more, err := l.sized(ctx)
	if err == nil && more {
		err = l.keysOnly(ctx)
	}
	return l.at, err
}

// pin settles on which revision is read: the newest. It is told with every
// answer, so one about a single key will do; what is refused is told when the
// span itself is read.
func (l *v3Listing) pin(ctx context.Context) error {
	ctx, cancel := l.store.request(ctx)
	defer cancel()
	resp, err := l.store.client.Get(ctx, l.rest.start, clientv3.WithKeysOnly())
	if err != nil {
		return err
	}
	l.at = v3Point{resp.Header.Revision, resp.Header.ClusterId}
	return nil
}

// sized reads keys with their values; more says that it stopped before the
// end, since the values became too many.
func (l *v3Listing) sized(ctx context.Context) (more bool, err error) {
	bytes, keys := 0, 0
	more, err = l.stream(ctx, true, func(kvs []*mvccpb.KeyValue) bool {
		for _, kv := range kvs {
			bytes += len(kv.Value)
		}
		keys += len(kvs)
		return l.values == allValues || bytes < v3SizedBytes && keys < v3SizedKeys
	})
	if etcdclient.IsTooMuch(err) && l.values == someValues {
		return true, nil // the sizes are not worth so much
	}
	if !etcdclient.IsUnimplemented(err) {
		if l.at.revision > 0 && (err == nil || errors.Is(err, errBeyondMemory)) {
			l.store.streams37.Store(true)
		}
		return more, err
	}
	if l.values == allValues {
		return false, l.whole(ctx)
	}
	return false, (&v3Pages{v3Listing: l}).run(ctx)
}

// keysOnly streams the rest without values. 3.7 does not tell the leases of
// such keys, so they are asked for from the other end.
func (l *v3Listing) keysOnly(ctx context.Context) error {
	leases, _ := l.store.leasedKeys(ctx, math.MaxInt)
	page := l.page
	l.page = func(kvs []*mvccpb.KeyValue, sized bool) error {
		if len(leases) > 0 {
			for _, kv := range kvs {
				kv.Lease = leases[string(kv.Key)]
			}
		}
		return page(kvs, sized)
	}
	_, err := l.stream(ctx, false, func([]*mvccpb.KeyValue) bool { return true }, clientv3.WithKeysOnly())
	return err
}

// whole reads the rest with all values: in one answer, unless that is more
// than an answer may be, and else by fewer and fewer keys at a time.
func (l *v3Listing) whole(ctx context.Context) error {
	for most := 0; ; {
		resp, err := l.some(ctx, most)
		switch {
		case etcdclient.IsTooMuch(err) && most != 1:
			most = max(1, cmp.Or(most, v3FewerOf)/v3FewerBy)
			continue
		case err != nil:
			return err
		}
		if l.expect != nil && most == 0 {
			l.expect(int(resp.Count))
		}
		if err := l.take(resp.Kvs, true); err != nil || !resp.More {
			return err
		}
	}
}

// Of how many keys whole goes down, and by how much, where all are too much.
const (
	v3FewerOf = 1 << 15
	v3FewerBy = 8
)

// some reads the first keys of the rest with their values, at most so many; 0
// is all.
func (l *v3Listing) some(ctx context.Context, most int) (*clientv3.GetResponse, error) {
	reading, cancel := l.store.long(ctx)
	defer cancel()
	resp, err := l.store.client.Get(reading, l.rest.start, l.rest.options(clientv3.WithRev(l.at.revision), clientv3.WithLimit(int64(most)))...)
	return resp, etcdclient.LostContact(reading, err)
}

// stream reads the rest in chunks, as long as further says so. A stream that
// makes no progress for ConnectionTimeout is given up.
func (l *v3Listing) stream(ctx context.Context, sized bool, further func([]*mvccpb.KeyValue) bool, options ...clientv3.OpOption) (more bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l.store.ctx, func() { cancel(context.Canceled) })
	defer stop()
	if l.values == allValues {
		ctx = etcdclient.WithLargeAnswers(ctx)
	}
	options = l.rest.options(append(options, clientv3.WithRev(l.at.revision))...)
	chunks, err := l.store.client.GetStream(ctx, l.rest.start, options...)
	if err != nil {
		cancel(nil)
		return false, err
	}
	defer func() {
		cancel(nil)
		for range chunks { // its sender waits for a reader
		}
	}()
	stalled := time.AfterFunc(l.store.timeout, func() { cancel(context.DeadlineExceeded) })
	defer stalled.Stop()
	for chunk := range chunks {
		stalled.Stop() // waiting for our own reader is no stall
		if err := chunk.Err(); err != nil {
			return false, errors.Join(err, context.Cause(ctx))
		}
		if err := l.take(chunk.Kvs, sized); err != nil {
			return false, err
		}
		if chunk.Header == nil && !further(chunk.Kvs) {
			return true, nil
		}
		stalled.Reset(l.store.timeout)
	}
	return false, context.Cause(ctx)
}

// take hands keys on and remembers from where to go on.
func (l *v3Listing) take(kvs []*mvccpb.KeyValue, sized bool) error {
	if len(kvs) == 0 {
		return nil
	}
	if l.rest.end != "" {
		l.rest.start = string(kvs[len(kvs)-1].Key) + "\x00"
	}
	return l.page(kvs, sized)
}

// List the content of a given prefix
func (s *EtcdV3) List(prefix string) ([]*KVPair, error) {
	dir := v3Dir(prefix)
	var pairs []*KVPair
	found := false
	listing := v3Listing{store: s, values: allValues, page: func(kvs []*mvccpb.KeyValue, _ bool) error {
		for _, kv := range kvs {
			found = true
			if v3Shown(dir, string(kv.Key)) {
				pairs = append(pairs, v3Pair(kv))
			}
		}
		return nil
	}}
	if _, err := listing.run(s.ctx, v3DirSpan(dir)); err != nil {
		return nil, s.denied(s.ctx, "list", prefix, err)
	}
	if found || dir == "" {
		return pairs, nil
	}
	// Nothing below it: it may be a key that is no directory.
	_, err := s.get(s.ctx, "list", dir[:len(dir)-1])
	return nil, err
}

// v3Shown reports whether a key below dir is listed: not dir itself, and not
// what the queue of a lock is made of.
func v3Shown(dir, key string) bool { return key != dir && !isV3Queue(key) }
