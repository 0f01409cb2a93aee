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
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
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
	spans []v3Span
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
func (s *EtcdV3) readable(ctx context.Context) (spans []v3Span, known bool) {
	r := &s.rights
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) > v3RightsFor {
		r.spans, r.known = s.askRights(ctx)
		r.asked = time.Now()
	}
	return r.spans, r.known
}

func (s *EtcdV3) askRights(ctx context.Context) (spans []v3Span, known bool) {
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
				spans = append(spans, v3Span{string(p.Key), string(p.RangeEnd)})
			}
		}
	}
	slices.SortFunc(spans, func(a, b v3Span) int { return strings.Compare(a.start, b.start) })
	return slices.Compact(spans), true
}

// v3Overlap are the parts of spans, which are in order, that lie in another
// span, each key once.
func v3Overlap(spans []v3Span, in v3Span) []v3Span {
	var parts []v3Span
	reached := strings.TrimLeft(in.start, "\x00") // "\x00" is the API's way to say "from the first"
	for _, span := range spans {
		part := v3Span{max(span.start, reached), span.end}
		if span.end == "" {
			part.end = span.start + "\x00"
		}
		if part.end == v3Endless || in.end != v3Endless && part.end > in.end {
			part.end = in.end
		}
		if part.end != v3Endless && part.start >= part.end {
			continue
		}
		parts = append(parts, part.single())
		if part.end == v3Endless {
			break
		}
		reached = part.end
	}
	return parts
}

// single is a span that is written as the API has one of a single key, if it is
// one.
func (r v3Span) single() v3Span {
	if r.end == r.start+"\x00" && r.start != "" {
		r.end = ""
	}
	return r
}

// v3SpansText names ranges as people write them.
func v3SpansText(spans []v3Span) string {
	names := make([]string, 0, len(spans))
	for _, span := range spans[:min(len(spans), v3RightsMost)] {
		names = append(names, span.String())
	}
	if len(spans) > v3RightsMost {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// String is a span in words: a directory by its name, one key as such, what
// begins with a text by that and a star.
func (r v3Span) String() string {
	switch {
	case r.end == "":
		return "the key " + r.start
	case r.end == v3Endless && strings.Trim(r.start, "\x00") == "":
		return "everything"
	case r.end == v3Endless:
		return r.start + " and all behind it"
	case r.end == clientv3.GetPrefixRangeEnd(r.start) && strings.HasSuffix(r.start, "/"):
		return r.start
	case r.end == clientv3.GetPrefixRangeEnd(r.start):
		return r.start + "*"
	}
	return r.start + " to " + r.end
}

// followAlone follows the one key at the prefix, where its range is refused
// and the key itself may be read. It returns when the whole range may be read,
// or a listing is needed; false when the key is refused too.
func (t *v3Tail) followAlone(ctx context.Context, refused error) bool {
	own := *t
	own.span, own.alone, own.witness, own.empty, own.resumed = v3Span{start: t.alone}, "", v3Witness{}, false, false
	listing := v3Listing{store: t.store, values: allValues, page: func(kvs []*mvccpb.KeyValue, sized bool) error {
		own.witness.see(kvs)
		return t.sink.page(ctx, kvs, sized)
	}}
	if _, err := t.store.get(ctx, t.op, t.alone); err != nil && !errors.Is(err, ErrKeyNotFound) {
		return false
	}
	t.sink.begin(0)
	at, err := listing.run(ctx, own.span)
	if err != nil {
		return false
	}
	if sink, ok := t.sink.(interface{ cannotSee(err error) }); ok {
		sink.cannotSee(t.store.denied(ctx, t.op, t.prefix, refused))
		defer sink.cannotSee(nil)
	}
	own.empty = own.witness.key == ""
	t.sink.end(ctx, at.revision)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		untilEnded(ctx, func() {
			for sleep(ctx, v3RightsPace) == nil {
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
