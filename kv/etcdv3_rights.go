package kv

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/authpb"
	"go.etcd.io/etcd/api/v3/mvccpb"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/wait"
)

const (
	// v3RightsFor is how long what a user may read is believed.
	v3RightsFor = 30 * time.Second
	// v3RightsPace is how often it is looked whether a refused range may be
	// read by now, while a part of it is followed.
	v3RightsPace = 5 * time.Second
	// v3RightsMost is how many ranges an error names.
	v3RightsMost = 8
)

// v3Rights is what our user may read, as far as it was asked.
type v3Rights struct {
	mu    sync.Mutex
	asked time.Time
	spans []etcdlist.Span
	known bool
}

// denied is explain for a read of a range: a refusal names what our user may
// read instead, which etcd tells every user.
func (s *EtcdV3) denied(ctx context.Context, op Op, key string, err error) error {
	if !etcdclient.IsForbidden(err) {
		return s.explain(op, key, err)
	}
	spans, known := s.readable(ctx)
	if !known {
		return s.explain(op, key, err)
	}
	may := "nothing"
	if len(spans) > 0 {
		may = v3SpansText(spans)
	}
	return s.fail(op, key, ErrDenied, etcdclient.WithText("the user "+s.client.User()+" may read "+may, err))
}

// readable are the ranges that our user may read, as its roles say, in order.
func (s *EtcdV3) readable(ctx context.Context) (spans []etcdlist.Span, known bool) {
	r := &s.rights
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) > v3RightsFor {
		r.spans, r.known = s.askRights(ctx)
		r.asked = time.Now()
	}
	return r.spans, r.known
}

func (s *EtcdV3) askRights(ctx context.Context) (spans []etcdlist.Span, known bool) {
	if s.client.User() == "" {
		return nil, false
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	user, err := s.client.UserGet(ctx, s.client.User())
	if err != nil {
		return nil, false
	}
	for _, name := range user.Roles {
		role, err := s.client.RoleGet(ctx, name)
		if err != nil {
			return nil, false
		}
		for _, p := range role.Perm {
			if p.PermType == authpb.READ || p.PermType == authpb.READWRITE {
				spans = append(spans, etcdlist.Span{Start: string(p.Key), End: string(p.RangeEnd)})
			}
		}
	}
	slices.SortFunc(spans, func(a, b etcdlist.Span) int { return strings.Compare(a.Start, b.Start) })
	return slices.Compact(spans), true
}

// v3SpansText names ranges as people write them.
func v3SpansText(spans []etcdlist.Span) string {
	names := make([]string, 0, len(spans))
	for _, span := range spans[:min(len(spans), v3RightsMost)] {
		names = append(names, span.String())
	}
	if len(spans) > v3RightsMost {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// followAlone follows the one key at the prefix, where its range is refused
// and the key itself may be read. It returns when the whole range may be read,
// or a listing is needed; false when the key is refused too.
func (t *v3Tail) followAlone(ctx context.Context, refused error) bool {
	own := *t
	own.span, own.alone, own.witness, own.empty, own.resumed = etcdlist.Span{Start: t.alone}, "", v3Witness{}, false, false
	listing := etcdlist.Listing{Reader: t.store.lists, Page: func(kvs []*mvccpb.KeyValue, sized bool) error {
		own.witness.see(kvs)
		return t.sink.page(ctx, kvs, sized)
	}}
	if _, err := t.store.get(ctx, t.op, t.alone); err != nil && !errors.Is(err, ErrKeyNotFound) {
		return false
	}
	t.sink.begin(0)
	at, err := listing.Run(ctx, own.span)
	if err != nil {
		return false
	}
	if sink, ok := t.sink.(interface{ cannotSee(err error) }); ok {
		sink.cannotSee(t.store.denied(ctx, t.op, t.prefix, refused))
		defer sink.cannotSee(nil)
	}
	own.empty = own.witness.key == ""
	t.sink.end(ctx, at.Revision)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		untilEnded(ctx, func() {
			for wait.Sleep(ctx, v3RightsPace) == nil {
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
