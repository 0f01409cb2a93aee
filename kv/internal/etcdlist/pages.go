package etcdlist

import (
	"cmp"
	"context"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
)

const (
	// firstKeys is how many keys the first answer may hold.
	firstKeys = 256
	// peekAfter is how long the first answer may take before its keys are looked for in another
	// way. In that time a server counts all but large trees.
	peekAfter = 3 * time.Millisecond
	// pageBytes is the size that a page with values shall have, and pageKeys how many keys it may
	// hold. The first page, before any size is known, has pageFirst.
	pageBytes = 512 << 10
	pageKeys  = 5000
	pageFirst = 32
)

// firstBytes are the ends of the ranges in which peek looks for the first keys: each range holds
// the names that begin with one digit or small letter. Names that begin otherwise are few, or are
// found with the first of those.
const firstBytes = "0123456789:abcdefghijklmnopqrstuvwxyz{"

// pages reads the rest of a listing from a server before 3.7. Such a server does not stream ranges,
// and counts all keys of a range before it sends the first.
type pages struct {
	*Listing
	shape shape // of the keys that came
	keys  int   // that came
	bytes int   // of their text
}

// run reads small trees with their values, so that the sizes are known, up to a number of bytes;
// and everything else in strides.
func (p *pages) run(ctx context.Context) error {
	if p.rest.End != Endless {
		p.shape.base = len(p.rest.Start)
	}
	first, err := p.first(ctx)
	if err != nil {
		return err
	}
	count := int(first.Count)
	if count > cmp.Or(p.SizedKeys, sizedKeys) {
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
func (p *pages) came(kvs []*mvccpb.KeyValue, sized bool) error {
	for _, kv := range kvs {
		p.shape.learn(kv.Key)
		p.bytes += len(kv.Key)
	}
	p.keys += len(kvs)
	return p.take(kvs, sized)
}

// first asks for the first keys, and so for the number of all, which takes a server a tenth of a
// second for a million. Meanwhile it looks for the same keys in ranges that hold few, and hands
// them on if it finds them.
func (p *pages) first(ctx context.Context) (*clientv3.GetResponse, error) {
	ctx, cancel := p.Reader.Long(ctx)
	defer cancel()
	span := p.rest
	asked, peeked := make(chan answer, 1), make(chan answer, 1)
	go func() {
		var resp *clientv3.GetResponse
		err := panics.Recovered(func() (err error) {
			resp, err = p.get(ctx, span, firstKeys, clientv3.WithKeysOnly())
			return err
		})
		asked <- answer{resp, err}
	}()
	peeking, stop := context.WithCancel(ctx)
	defer func() { stop(); <-peeked }()
	go func() {
		defer close(peeked)
		_ = panics.Contained(func() {
			if wait.Sleep(peeking, cmp.Or(p.PeekAfter, peekAfter)) == nil {
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
		case got := <-asked:
			if got.err == nil && p.Expect != nil {
				p.Expect(int(got.resp.Count))
			}
			return got.resp, etcdclient.LostContact(ctx, got.err)
		}
	}
}

// get asks for the first keys of a range at the listing's revision, at most so many.
func (p *pages) get(ctx context.Context, span Span, most int, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	options = span.Options(append(options, clientv3.WithRev(p.at.Revision), clientv3.WithLimit(int64(most)))...)
	return p.Reader.Get(ctx, span.Start, options...)
}

// peek looks for the first keys of a span by the byte that follows the directory in them, and sends
// them. After an error it sends nothing: the question for the whole span meets the same error.
func (p *pages) peek(ctx context.Context, span Span, found chan<- answer) {
	base := span.Start
	if span.End == Endless {
		base = ""
	}
	start := span.Start
	for _, next := range []byte(firstBytes) {
		end := base + string([]byte{next})
		resp, err := p.get(ctx, Span{start, end}, firstKeys, clientv3.WithKeysOnly())
		switch {
		case err != nil:
			return
		case len(resp.Kvs) > 0:
			found <- answer{resp: resp}
			return
		}
		start = end
	}
}

// sizedPages reads keys with their values until all have come or the values were too many bytes.
func (p *pages) sizedPages(ctx context.Context, count int) error {
	most, bytes, keys := pageFirst, 0, 0
	all := cmp.Or(p.SizedBytes, sizedBytes)
	larger := max(1, all/sizedBytes) // for each page, the server counts what is left
	for p.keys < count && bytes < all {
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
		most = max(1, min(larger*pageKeys, larger*pageBytes*keys/max(1, bytes)))
	}
	return nil
}

// sizedPage reads the next keys with their values.
func (p *pages) sizedPage(ctx context.Context, most int) ([]*mvccpb.KeyValue, error) {
	ctx, cancel := p.Reader.Long(ctx)
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

// strides reads the rest, which has so many keys, without values.
func (p *pages) strides(ctx context.Context, left int) error {
	keys := cmp.Or(p.StrideKeys, strideKeysOf(p.bytes/max(1, p.keys)))
	s := strides{
		get: p.stride, page: func(kvs []*mvccpb.KeyValue) error { return p.take(kvs, false) },
		shape: p.shape, goal: keys, most: 2 * keys,
	}
	return s.run(ctx, p.rest, left)
}

// stride reads the first keys of a range without values.
func (p *pages) stride(ctx context.Context, span Span, most int) (*clientv3.GetResponse, error) {
	ctx, cancel := p.Reader.Long(ctx)
	defer cancel()
	resp, err := p.get(ctx, span, most, clientv3.WithKeysOnly())
	return resp, etcdclient.LostContact(ctx, err)
}
