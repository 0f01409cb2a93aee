package kv

import (
	"cmp"
	"context"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
)

const (
	// v3FirstKeys is how many keys a first answer may hold.
	v3FirstKeys = 256
	// v3PeekAfter is how long a first answer may take before its keys are
	// looked for in another way. All but large trees are counted in that time.
	v3PeekAfter = 3 * time.Millisecond
	// v3SizedPage is how many bytes a page with values is meant to have, and
	// v3SizedPageKeys how many keys at most; the first one, of which nothing is
	// known, has v3SizedPageFirst.
	v3SizedPage      = 512 << 10
	v3SizedPageKeys  = 5000
	v3SizedPageFirst = 32
)

// v3Pages reads the rest of a listing from a server before 3.7, which cannot
// stream a range, and counts all keys of one before it gives the first.
type v3Pages struct {
	*v3Listing
	shape v3Shape // of the keys that came
	keys  int     // that came
	bytes int     // of their text
}

// run reads small trees with their values, so that the sizes are known, until
// these are too many bytes; and all else in strides.
func (p *v3Pages) run(ctx context.Context) error {
	if p.rest.end != v3Endless {
		p.shape.base = len(p.rest.start)
	}
	first, err := p.first(ctx)
	if err != nil {
		return err
	}
	count := int(first.Count)
	if count > cmp.Or(p.sizedKeys, v3SizedKeys) {
		err = p.came(first.Kvs[p.keys:], false)
	} else {
		err = p.sizedPages(ctx, count)
	}
	if err != nil || p.keys == count {
		return err
	}
	return p.strides(ctx, count-p.keys)
}

// came hands keys on and learns from them.
func (p *v3Pages) came(kvs []*mvccpb.KeyValue, sized bool) error {
	for _, kv := range kvs {
		p.shape.learn(kv.Key)
		p.bytes += len(kv.Key)
	}
	p.keys += len(kvs)
	return p.take(kvs, sized)
}

// first asks for the first keys, and so for the number of all, which a server
// takes a tenth of a second to find for a million. Meanwhile the same keys are
// looked for in ranges that hold few, and handed on when they are found.
func (p *v3Pages) first(ctx context.Context) (*clientv3.GetResponse, error) {
	ctx, cancel := p.store.long(ctx)
	defer cancel()
	span := p.rest
	answer, peeked := make(chan v3Answer, 1), make(chan v3Answer, 1)
	go func() {
		var resp *clientv3.GetResponse
		err := recovered(func() (err error) {
			resp, err = p.get(ctx, span, v3FirstKeys, clientv3.WithKeysOnly())
			return err
		})
		answer <- v3Answer{resp, err}
	}()
	peeking, stop := context.WithCancel(ctx)
	defer func() { stop(); <-peeked }()
	go func() {
		defer close(peeked)
		_ = contained(func() {
			if sleep(peeking, cmp.Or(p.peekAfter, v3PeekAfter)) == nil {
				p.peek(peeking, span, peeked)
			}
		})
	}()
	found := peeked
	for {
		select {
		case got, ok := <-found:
			if found = nil; !ok {
				break
			}
			if err := p.came(got.resp.Kvs, false); err != nil {
				return nil, err
			}
		case got := <-answer:
			if got.err == nil && p.expect != nil {
				p.expect(int(got.resp.Count))
			}
			return got.resp, etcdclient.LostContact(ctx, got.err)
		}
	}
}

// get asks for the first keys of a range, at most so many, at the listing's
// revision.
func (p *v3Pages) get(ctx context.Context, span v3Span, most int, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	options = span.options(append(options, clientv3.WithRev(p.at.revision), clientv3.WithLimit(int64(most)))...)
	return p.store.client.Get(ctx, span.start, options...)
}

// peek looks for the first keys of a span by the byte that they go on with
// behind the directory, and gives them, or nothing after an error, which the
// question for the whole span meets too.
func (p *v3Pages) peek(ctx context.Context, span v3Span, found chan<- v3Answer) {
	base := span.start
	if span.end == v3Endless {
		base = ""
	}
	start := span.start
	for _, next := range []byte(v3FirstBytes) {
		end := base + string([]byte{next})
		resp, err := p.get(ctx, v3Span{start, end}, v3FirstKeys, clientv3.WithKeysOnly())
		switch {
		case err != nil:
			return
		case len(resp.Kvs) > 0:
			found <- v3Answer{resp: resp}
			return
		}
		start = end
	}
}

// v3FirstBytes are where the ranges end that are searched for first keys: each
// holds what begins with one digit or small letter. Names that begin with
// others are few, or found with the first of those.
const v3FirstBytes = "0123456789:abcdefghijklmnopqrstuvwxyz{"

// sizedPages reads keys with their values, until all have come or the values
// were too many bytes.
func (p *v3Pages) sizedPages(ctx context.Context, count int) error {
	most, bytes, keys := v3SizedPageFirst, 0, 0
	for p.keys < count && bytes < v3SizedBytes {
		kvs, err := p.sizedPage(ctx, most)
		if etcdclient.IsTooMuch(err) {
			return nil // the sizes are not worth so much
		}
		if err != nil {
			return err
		}
		for _, kv := range kvs {
			bytes += len(kv.Key) + len(kv.Value)
		}
		keys += len(kvs)
		most = max(1, min(v3SizedPageKeys, v3SizedPage*keys/max(1, bytes)))
	}
	return nil
}

// sizedPage reads the next keys with their values.
func (p *v3Pages) sizedPage(ctx context.Context, most int) ([]*mvccpb.KeyValue, error) {
	ctx, cancel := p.store.long(ctx)
	defer cancel()
	resp, err := p.get(ctx, p.rest, most)
	switch {
	case err != nil:
		return nil, etcdclient.LostContact(ctx, err)
	case len(resp.Kvs) == 0:
		return nil, errMiscounted
	}
	return resp.Kvs, p.came(resp.Kvs, true)
}

// strides reads the rest, so many keys, without values.
func (p *v3Pages) strides(ctx context.Context, left int) error {
	want := cmp.Or(p.stridesOf, v3StrideOf(p.bytes/max(1, p.keys)))
	s := v3Strides{
		get: p.stride, page: func(kvs []*mvccpb.KeyValue) error { return p.take(kvs, false) },
		shape: p.shape, want: want, most: 2 * want,
	}
	return s.run(ctx, p.rest, left)
}

// stride reads the first keys of a range without values.
func (p *v3Pages) stride(ctx context.Context, start, end string, most int) (*clientv3.GetResponse, error) {
	ctx, cancel := p.store.long(ctx)
	defer cancel()
	resp, err := p.get(ctx, v3Span{start, end}, most, clientv3.WithKeysOnly())
	return resp, etcdclient.LostContact(ctx, err)
}
