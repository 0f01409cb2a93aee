package kv_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// consulAccount is a token whose rights a test changes.
type consulAccount struct {
	t      *testing.T
	native *api.Client
	policy *api.ACLPolicy
	token  *api.ACLToken
}

var consulAccounts atomic.Int64

func newConsulAccount(t *testing.T, server *kvtest.Server, rules string) *consulAccount {
	t.Helper()
	a := &consulAccount{t: t, native: nativeConsul(t, server.Addr, consulMaster)}
	name := fmt.Sprint("account", consulAccounts.Add(1))
	var err error
	if a.policy, _, err = a.native.ACL().PolicyCreate(&api.ACLPolicy{Name: name, Rules: rules}, nil); err != nil {
		t.Fatal(err)
	}
	if a.token, _, err = a.native.ACL().TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{ID: a.policy.ID}}}, nil); err != nil {
		t.Fatal(err)
	}
	return a
}

// may gives the account other rights.
func (a *consulAccount) may(rules string) {
	a.t.Helper()
	a.policy.Rules = rules
	var err error
	if a.policy, _, err = a.native.ACL().PolicyUpdate(a.policy, nil); err != nil {
		a.t.Fatal(err)
	}
}

// revoke deletes the token.
func (a *consulAccount) revoke() {
	a.t.Helper()
	if _, err := a.native.ACL().TokenDelete(a.token.AccessorID, nil); err != nil {
		a.t.Fatal(err)
	}
}

// consulWithACL starts a server with keys below app and one beside it. lists says whether it
// requires the right to list.
func consulWithACL(t *testing.T, lists bool) *kvtest.Server {
	t.Helper()
	server := kvtest.StartConsul(t, kvtest.WithACL(consulMaster), kvtest.WithConfig(fmt.Sprintf(`{"acl": {"enable_key_list_policy": %v}}`, lists)))
	consulSet(t, nativeConsul(t, server.Addr, consulMaster),
		&api.KVPair{Key: "app/one", Value: []byte("1")}, &api.KVPair{Key: "app/one/below"}, &api.KVPair{Key: "app/two"}, &api.KVPair{Key: "secret"})
	return server
}

// A token with rights to one key follows, plans and deletes just that key.
func TestConsulRightsToOneKey(t *testing.T) {
	t.Parallel()
	for _, lists := range []bool{false, true} {
		t.Run(fmt.Sprintf("list policy %v", lists), func(t *testing.T) {
			t.Parallel()
			server := consulWithACL(t, lists)
			a := newConsulAccount(t, server, `key "app/one" { policy = "write" }`)
			s := openConsul(t, &kv.Config{Token: a.token.SecretID}, server.Addr)
			feed, err := s.Follow("app/one", kv.FollowOptions{Partial: true})
			if err != nil {
				t.Fatal(err)
			}
			r := newConsulFeed(t, feed)
			r.until("the key", func() bool { return r.synced > 0 && len(r.tree) == 1 })
			if r.state != kv.Live || r.tree["app/one"].Size != 1 {
				t.Errorf("%v: %v", r.state, r.tree)
			}
			consulWant(t, "what is below", r.err, kv.ErrDenied)
			if err := s.Put("app/one", []byte("changed"), nil); err != nil {
				t.Fatal(err)
			}
			r.until("the change", func() bool { return r.tree["app/one"].Size == len("changed") })

			plan, err := kv.MakePlan(t.Context(), s, "app/one")
			if err != nil || len(plan.Keys) != 1 || plan.Keys[0].Key != "app/one" {
				t.Fatalf("planned %+v, %v", plan, err)
			}
			consulWant(t, "what the plan does not see", plan.Unseen, kv.ErrDenied)
			if err := s.Delete("app/one"); err != nil {
				t.Fatal(err)
			}
			r.until("its end", func() bool { return len(r.tree) == 0 })

			a.may(`key_prefix "app/one" { policy = "list" }`)
			r.until("what is below", func() bool { return r.tree["app/one/below"].Index > 0 && r.state == kv.Live && r.err == nil })
		})
	}
}

// A feed whose token may read nothing is Denied, with the server's words, and becomes Live once the
// token may read.
func TestConsulDeniedFeed(t *testing.T) {
	t.Parallel()
	for _, lists := range []bool{false, true} {
		t.Run(fmt.Sprintf("list policy %v", lists), func(t *testing.T) {
			t.Parallel()
			server := consulWithACL(t, lists)
			a := newConsulAccount(t, server, `key_prefix "other/" { policy = "list" }`)
			s := openConsul(t, &kv.Config{Token: a.token.SecretID}, server.Addr)
			r := deniedConsul(t, s, "")
			consulWant(t, "the feed", r.err, kv.ErrDenied)
			a.may(`key_prefix "" { policy = "list" }`)
			r.until("all keys", func() bool { return r.state == kv.Live && len(r.tree) == 4 && r.err == nil })

			a.revoke()
			begin := time.Now()
			r.until("the revoked token", func() bool { return r.state == kv.Denied })
			if took := time.Since(begin); took > kvtest.Allow(5*time.Second) {
				t.Errorf("reported after %s", took)
			}
			consulWant(t, "the feed", r.err, kv.ErrDenied)
		})
	}
}

// deniedConsul returns a feed that is Denied.
func deniedConsul(t *testing.T, s *kv.Consul, prefix string) *consulFeedReader {
	t.Helper()
	feed, err := s.Follow(prefix, kv.FollowOptions{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	r := newConsulFeed(t, feed)
	r.until("the refusal", func() bool { return r.state == kv.Denied })
	return r
}

// A token that may read just the keys below a prefix sees the locks there.
func TestConsulLocksBelowAPrefix(t *testing.T) {
	t.Parallel()
	server := consulWithACL(t, false)
	a := newConsulAccount(t, server, `key_prefix "app/" { policy = "write" } session_prefix "" { policy = "write" }`)
	s := openConsul(t, &kv.Config{Token: a.token.SecretID}, server.Addr)
	lock, err := s.NewLock("app/lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	locks, err := s.Locks(context.Background(), "app")
	if err != nil || len(locks) != 1 || locks[0].Key != "app/lock" {
		t.Errorf("%+v, %v", locks, err)
	}
}

// A token that may read only a part of the subtree gets the locks in that part and ErrIncomplete.
func TestConsulLocksBesideWhatIsDenied(t *testing.T) {
	for _, lists := range []bool{false, true} {
		t.Run(fmt.Sprintf("list policy %v", lists), func(t *testing.T) {
			t.Parallel()
			server := consulWithACL(t, lists)
			master := openConsul(t, &kv.Config{Token: consulMaster}, server.Addr)
			for _, key := range []string{"app/lock", "other/lock"} {
				lock, err := master.NewLock(key, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := lock.Lock(); err != nil {
					t.Fatal(err)
				}
			}
			a := newConsulAccount(t, server, `key_prefix "app/" { policy = "list" }`)
			s := openConsul(t, &kv.Config{Token: a.token.SecretID}, server.Addr)
			locks, err := s.Locks(t.Context(), "")
			consulWant(t, "a part", err, kv.ErrDenied)
			if !lists { // otherwise the server refuses the whole
				consulWant(t, "a part", err, kv.ErrIncomplete)
				if len(locks) != 1 || locks[0].Key != "app/lock" {
					t.Errorf("%+v", locks)
				}
			}
			if locks, err = s.Locks(t.Context(), "app"); err != nil || len(locks) != 1 {
				t.Errorf("where all may be read: %+v, %v", locks, err)
			}
			if locks, err = s.Locks(t.Context(), "other"); len(locks) != 0 {
				t.Errorf("where nothing may be read: %+v", locks)
			}
			consulWant(t, "nothing", err, kv.ErrDenied)
		})
	}
}
