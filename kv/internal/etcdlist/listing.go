package etcdlist

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
)

// Values is how many values a listing reads besides the keys.
type Values uint8

// How many values a listing reads.
const (
	AllValues  Values = iota
	SomeValues        // of the first keys, so that the sizes in small trees are known
)

const (
	// sizedBytes bounds SomeValues. A server finds keys without values in its index alone, which
	// takes it half the time.
	sizedBytes = 4 << 20
	// sizedKeys is how many keys are read with values where ranges stream. Where they do not, trees
	// with more keys are read without values.
	sizedKeys = 20_000
	// pastBytes is sizedBytes, and no number of keys is a bound, where only the values bring the
	// leases along. Keys beyond it come without their leases.
	pastBytes = 128 << 20
	// fewerOf is how many keys are asked for with all values when one answer for all was too large,
	// and fewerBy how many times fewer when that was too large as well.
	fewerOf = 1 << 15
	fewerBy = 8
)

// Listing reads a span as it is at one moment.
type Listing struct {
	Reader *Reader
	Values Values
	// Page gets the keys in order, some at a time; sized reports whether they came with values.
	Page func(kvs []*mvccpb.KeyValue, sized bool) error
	// Expect, if not nil, gets the number of keys in the span if the server reports it beforehand.
	Expect func(keys int)

	// StrideKeys is how many keys a range without values shall hold, PeekAfter how late the first
	// keys may come before they are looked for in another way, and SizedKeys and SizedBytes how many
	// keys are read with values. 0 means the best that is known; tests choose others, and who needs
	// the values chooses more.
	StrideKeys int
	PeekAfter  time.Duration
	SizedKeys  int
	SizedBytes int

	at   Point
	rest Span // still to be read
}

// Run reads the whole span. The error is the client's, or that of Page. The context must end with
// the store.
func (l *Listing) Run(ctx context.Context, span Span) (Point, error) {
	l.rest = span
	var err error
	if l.at, err = l.Reader.Now(ctx, span.Start); err != nil {
		return l.at, err
	}
	more, err := l.sized(ctx)
	if err == nil && more {
		err = l.keysOnly(ctx)
	}
	return l.at, err
}

// sized reads keys with their values. It reports whether it stopped before the end because of too
// many values.
func (l *Listing) sized(ctx context.Context) (more bool, err error) {
	bytes, keys := 0, 0
	more, err = l.stream(ctx, true, func(kvs []*mvccpb.KeyValue) bool {
		for _, kv := range kvs {
			bytes += len(kv.Value)
		}
		keys += len(kvs)
		switch {
		case l.Values == AllValues:
			return true
		case l.Reader.LacksLeases():
			return bytes < pastBytes
		}
		return bytes < cmp.Or(l.SizedBytes, sizedBytes) && keys < cmp.Or(l.SizedKeys, sizedKeys)
	})
	if etcdclient.IsTooMuch(err) && l.Values == SomeValues {
		return true, nil // the sizes are not worth so much
	}
	if !etcdclient.IsUnimplemented(err) {
		return more, err
	}
	if l.Values == AllValues {
		return false, l.whole(ctx)
	}
	return false, (&pages{Listing: l}).run(ctx)
}

// keysOnly streams the rest without values. etcd 3.7 leaves the leases out with the values, so they
// are read from the leases' side, which knows those of now.
func (l *Listing) keysOnly(ctx context.Context) error {
	var leases map[string]int64
	if !l.Reader.IsPast() {
		leases = l.Reader.LeasedKeys(ctx)
	}
	page := l.Page
	l.Page = func(kvs []*mvccpb.KeyValue, sized bool) error {
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

// whole reads the rest with all values, in one answer if that is not too large, else by fewer and
// fewer keys at a time.
func (l *Listing) whole(ctx context.Context) error {
	for most := 0; ; {
		resp, err := l.some(ctx, most)
		switch {
		case etcdclient.IsTooMuch(err) && most != 1:
			most = max(1, cmp.Or(most, fewerOf)/fewerBy)
			continue
		case err != nil:
			return err
		}
		if l.Expect != nil && most == 0 {
			l.Expect(int(resp.Count))
		}
		if err := l.take(resp.Kvs, true); err != nil || !resp.More {
			return err
		}
	}
}

// some reads the first keys of the rest with their values, at most so many; 0 is all.
func (l *Listing) some(ctx context.Context, most int) (*clientv3.GetResponse, error) {
	ctx, cancel := l.Reader.Long(ctx)
	defer cancel()
	resp, err := l.Reader.Get(ctx, l.rest.Start, l.rest.Options(clientv3.WithRev(l.at.Revision), clientv3.WithLimit(int64(most)))...)
	return resp, etcdclient.LostContact(ctx, err)
}

// stream reads the rest in chunks as long as further returns true, and reports whether it stopped
// before the end. It gives up a stream that makes no progress for as long as a small request may
// last. No stream outlives the call.
func (l *Listing) stream(ctx context.Context, sized bool, further func([]*mvccpb.KeyValue) bool, options ...clientv3.OpOption) (more bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	if l.Values == AllValues {
		ctx = etcdclient.WithLargeAnswers(ctx)
	}
	options = l.rest.Options(append(options, clientv3.WithRev(l.at.Revision))...)
	chunks, err := l.Reader.GetStream(ctx, l.rest.Start, options...)
	if err != nil {
		cancel(nil)
		return false, err
	}
	defer func() {
		cancel(nil)
		for range chunks { // its sender waits for a reader
		}
	}()
	timeout := l.Reader.Timeout()
	stalled := time.AfterFunc(timeout, func() { cancel(context.DeadlineExceeded) })
	defer stalled.Stop()
	for chunk := range chunks {
		stalled.Stop() // a slow reader on our side is no stall
		if err := chunk.Err(); err != nil {
			return false, errors.Join(err, context.Cause(ctx))
		}
		l.Reader.streams.Store(true)
		if err := l.take(chunk.Kvs, sized); err != nil {
			return false, err
		}
		if chunk.Header == nil && !further(chunk.Kvs) {
			return true, nil
		}
		stalled.Reset(timeout)
	}
	if context.Cause(ctx) == nil {
		l.Reader.streams.Store(true) // also if there were no keys
	}
	return false, context.Cause(ctx)
}

// take hands keys on and notes where to go on.
func (l *Listing) take(kvs []*mvccpb.KeyValue, sized bool) error {
	if len(kvs) == 0 {
		return nil
	}
	if l.rest.End != "" {
		l.rest.Start = string(kvs[len(kvs)-1].Key) + "\x00"
	}
	return l.Page(kvs, sized)
}
