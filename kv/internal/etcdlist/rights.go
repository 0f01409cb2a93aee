package etcdlist

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/authpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// rightsFor is how long an answer about rights is believed.
	rightsFor = 30 * time.Second
	// rightsMost is how many spans SpansText names.
	rightsMost = 8
)

// Account is what Rights need of a client of etcd. *etcdclient.Client is one.
type Account interface {
	User() string
	UserGet(ctx context.Context, name string) (*clientv3.AuthUserGetResponse, error)
	RoleGet(ctx context.Context, role string) (*clientv3.AuthRoleGetResponse, error)
	Request(ctx context.Context) (context.Context, context.CancelFunc)
}

// Rights is what the user of a client may read. etcd reports that to every user.
type Rights struct {
	account Account

	mu    sync.Mutex
	asked time.Time
	spans []Span
	known bool
}

// NewRights returns the rights of the user of a client.
func NewRights(account Account) *Rights { return &Rights{account: account} }

// Readable returns the spans that the user may read, as its roles say, in order. It reports whether
// they are known.
func (r *Rights) Readable(ctx context.Context) (spans []Span, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) > rightsFor {
		r.spans, r.known = r.ask(ctx)
		r.asked = time.Now()
	}
	return r.spans, r.known
}

func (r *Rights) ask(ctx context.Context) (spans []Span, known bool) {
	name := r.account.User()
	if name == "" {
		return nil, false
	}
	ctx, cancel := r.account.Request(ctx)
	defer cancel()
	user, err := r.account.UserGet(ctx, name)
	if err != nil {
		return nil, false
	}
	for _, name := range user.Roles {
		role, err := r.account.RoleGet(ctx, name)
		if err != nil {
			return nil, false
		}
		for _, p := range role.Perm {
			if p.PermType == authpb.READ || p.PermType == authpb.READWRITE {
				spans = append(spans, Span{string(p.Key), string(p.RangeEnd)})
			}
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return strings.Compare(a.Start, b.Start) })
	return slices.Compact(spans), true
}

// SpansText names spans for people, "nothing" for none, and not more of them than fit in a line.
func SpansText(spans []Span) string {
	if len(spans) == 0 {
		return "nothing"
	}
	names := make([]string, 0, len(spans))
	for _, span := range spans[:min(len(spans), rightsMost)] {
		names = append(names, span.String())
	}
	if len(spans) > rightsMost {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
