package etcdtail

import (
	"context"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
)

// askPace is how often the tail asks whether a refused span may be read by now, while it follows
// one key of it.
const askPace = 5 * time.Second

// followAlone follows only the key Alone, if the span is refused and that key is not. It returns
// when the span may be read or a listing is needed, and reports whether the key was followed.
func (t *Tail) followAlone(ctx context.Context, refused error) bool {
	own := *t
	own.Span, own.Alone, own.newest, own.empty, own.resumed = etcdlist.Span{Start: t.Alone}, "", state{}, false, false
	listing := etcdlist.Listing{Reader: t.Reader, Page: func(kvs []*mvccpb.KeyValue, sized bool) error {
		own.newest.see(kvs)
		return t.Sink.Page(ctx, kvs, sized)
	}}
	if !t.isReadable(ctx, t.Alone) {
		return false
	}
	t.Sink.Begin(First)
	at, err := listing.Run(ctx, own.Span)
	if err != nil {
		return false
	}
	if sink, ok := t.Sink.(PartReader); ok {
		sink.CannotSee(ctx, refused)
		defer sink.CannotSee(ctx, nil)
	}
	own.empty = own.newest.key == ""
	t.Sink.End(ctx, at.Revision)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		panics.UntilEnded(ctx, func() {
			for wait.Sleep(ctx, askPace) == nil {
				if t.ask(ctx) == nil {
					cancel()
				}
			}
		})
	}()
	own.follow(ctx, at)
	cancel()
	<-asked
	return true
}

// isReadable reports whether a key may be read, whether or not it is there.
func (t *Tail) isReadable(ctx context.Context, key string) bool {
	ctx, cancel := t.Client.Request(ctx)
	defer cancel()
	_, err := t.Client.Get(ctx, key)
	return err == nil
}
