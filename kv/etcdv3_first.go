package kv

import (
	"cmp"
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// v3PeekAfter is how long a first page may take before its keys are looked for
// in another way. All but large trees are read in that time.
const v3PeekAfter = 5 * time.Millisecond

// firstPage reads the first keys of the rest with their values; its answer
// tells how many keys there are in all. For that a server before 3.7 counts
// them, which takes it a tenth of a second for a million: meanwhile the same
// first keys are looked for in ranges that hold few.
func (l *v3Listing) firstPage(ctx context.Context) (*clientv3.GetResponse, error) {
	ctx, cancel := l.store.long(ctx)
	defer cancel()
	span := l.rest
	answer, peeked := make(chan v3Answer, 1), make(chan v3Answer, 1)
	go func() {
		resp, err := l.first(ctx, span)
		answer <- v3Answer{resp, err}
	}()
	peeking, stop := context.WithCancel(ctx)
	defer func() { stop(); <-peeked }()
	go func() {
		defer close(peeked)
		if sleep(peeking, cmp.Or(l.peekAfter, v3PeekAfter)) == nil {
			l.peek(peeking, span, peeked)
		}
	}()
	early, found := 0, peeked
	for {
		select {
		case got, ok := <-found:
			if found = nil; !ok {
				break
			}
			early = len(got.resp.Kvs)
			if err := l.take(got.resp.Kvs, true); err != nil {
				return nil, err
			}
		case got := <-answer:
			if got.err != nil {
				return nil, lostContact(ctx, got.err)
			}
			if l.expect != nil {
				l.expect(int(got.resp.Count))
			}
			return got.resp, l.take(got.resp.Kvs[early:], true)
		}
	}
}

// first asks for the first keys of a range at the listing's revision.
func (l *v3Listing) first(ctx context.Context, span v3Span) (*clientv3.GetResponse, error) {
	options := span.options(clientv3.WithRev(l.at.revision), clientv3.WithLimit(v3SizedKeys))
	return l.store.client.Get(ctx, span.start, options...)
}

// peek looks for the first keys of a span by the byte that they go on with
// behind the directory, and gives them, or nothing after an error, which the
// question for the whole span meets too.
func (l *v3Listing) peek(ctx context.Context, span v3Span, found chan<- v3Answer) {
	base := span.start
	if span.end == v3Endless {
		base = ""
	}
	start := span.start
	for _, next := range []byte(v3FirstBytes) {
		end := base + string([]byte{next})
		resp, err := l.first(ctx, v3Span{start, end})
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
// holds what begins with one digit or letter. Names that begin with others are
// few, or found with the first of those.
const v3FirstBytes = "0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ[abcdefghijklmnopqrstuvwxyz{"
