package kv_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

const consulMaster = "7f6d2a1c-kvist-master"

// consulToken makes a token with these rights and returns it.
func consulToken(t *testing.T, server *kvtest.Server, rules string) string {
	t.Helper()
	native := nativeConsul(t, server.Addr, consulMaster)
	policy, _, err := native.ACL().PolicyCreate(&api.ACLPolicy{Name: "kvist", Rules: rules}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := native.ACL().TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{ID: policy.ID}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return token.SecretID
}

func TestConsulLogin(t *testing.T) {
	server := kvtest.StartConsul(t, kvtest.WithACL(consulMaster))
	_, err := kv.InitializeConsul([]string{server.Addr}, &kv.Config{Token: "no such token"})
	consulWant(t, "an unknown token", err, kv.ErrDenied)

	master := openConsul(t, &kv.Config{Token: consulMaster}, server.Addr)
	for _, key := range []string{"app/a", "app/b", "ro/a", "secret/a"} {
		if err := master.Put(key, []byte("v"), nil); err != nil {
			t.Fatal(err)
		}
	}
	token := consulToken(t, server, `key_prefix "app/" { policy = "write" } key_prefix "ro/" { policy = "read" }`)
	s := openConsul(t, &kv.Config{Token: token}, server.Addr)
	if err := s.Put("app/c", []byte("v"), nil); err != nil {
		t.Errorf("put where it is allowed: %v", err)
	}
	_, err = s.Get("secret/a")
	consulWant(t, "get", err, kv.ErrDenied)
	_, err = s.Get("secret//a")
	if err == nil {
		t.Error("get of a folded key that may not be read succeeded")
	}
	consulWant(t, "put", s.Put("ro/a", []byte("w"), nil), kv.ErrDenied)
	consulWant(t, "put of a large value", s.Put("ro/a", make([]byte, 450<<10), nil), kv.ErrDenied)
	consulWant(t, "delete", s.Delete("ro/a"), kv.ErrDenied)
	consulWant(t, "delete of a tree", s.DeleteTree("ro"), kv.ErrDenied)
	consulWant(t, "ephemeral put", s.Put("app/e", nil, &kv.WriteOptions{Ephemeral: true}), kv.ErrDenied)
	pair, err := s.Get("ro/a")
	if err != nil || string(pair.Value) != "v" {
		t.Errorf("ro/a is %+v, %v", pair, err)
	}
	health, err := s.Health(context.Background())
	if err != nil || !health.Healthy || health.Server != "Consul" || health.Note == "" {
		t.Errorf("health without agent:read: %+v, %v", health, err)
	}
}

// The feed says that keys are missing where Consul leaves them out without a word.
func TestConsulFeedTellsThatKeysAreHidden(t *testing.T) {
	server := kvtest.StartConsul(t, kvtest.WithACL(consulMaster))
	master := openConsul(t, &kv.Config{Token: consulMaster}, server.Addr)
	for _, key := range []string{"app/a", "secret/a"} {
		if err := master.Put(key, []byte("v"), nil); err != nil {
			t.Fatal(err)
		}
	}
	token := consulToken(t, server, `key_prefix "app/" { policy = "read" }`)
	s := openConsul(t, &kv.Config{Token: token}, server.Addr)
	for _, c := range []struct {
		prefix string
		keys   int
		denied bool
	}{{"", 1, true}, {"secret", 0, true}, {"app", 1, false}} {
		feed, err := s.Follow(c.prefix, kv.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := newConsulFeed(t, feed)
		r.until("a listing", func() bool { return r.synced > 0 })
		if len(r.tree) != c.keys || errors.Is(r.err, kv.ErrDenied) != c.denied {
			t.Errorf("%q: %d keys, %v", c.prefix, len(r.tree), r.err)
		}
	}
}

// A plan deletes what may be deleted and reports the rest.
func TestConsulPlanWithoutAllRights(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t, kvtest.WithACL(consulMaster))
	master := openConsul(t, &kv.Config{Token: consulMaster}, server.Addr)
	for _, key := range []string{"app/a", "app/b", "app/fix/a", "app/fix/b"} {
		if err := master.Put(key, []byte("v"), nil); err != nil {
			t.Fatal(err)
		}
	}
	token := consulToken(t, server, `key_prefix "app/" { policy = "write" } key_prefix "app/fix/" { policy = "read" }`)
	s := openConsul(t, &kv.Config{Token: token}, server.Addr)
	plan, err := kv.MakePlan(context.Background(), master, "app")
	if err != nil {
		t.Fatal(err)
	}
	report, err := plan.CarryOut(context.Background(), s, nil)
	if err != nil || report.Deleted != 2 || len(report.Kept) != 2 || report.Left != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	for _, kept := range report.Kept {
		consulWant(t, kept.Key, kept.Err, kv.ErrDenied)
	}
	consulWant(t, "the tree", s.DeleteTree("app"), kv.ErrDenied)
}

func TestConsulTLS(t *testing.T) {
	certs := kvtest.NewCertificates(t)
	server := kvtest.StartConsul(t, kvtest.WithTLS(certs))
	for _, addr := range []string{server.Addr, "https://" + server.Addr} {
		s := openConsul(t, &kv.Config{TLS: certs.Client()}, addr)
		if err := s.Put("a", []byte("v"), nil); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	_, err := kv.InitializeConsul([]string{server.Addr}, nil)
	consulWant(t, "without TLS", err, kv.ErrWrongServer)
	_, err = kv.InitializeConsul([]string{server.Addr}, &kv.Config{TLS: certs.Stranger()})
	consulWant(t, "without a certificate", err, kv.ErrDenied)
	_, err = kv.InitializeConsul([]string{"https://" + server.Addr}, nil)
	if err == nil {
		t.Error("an authority that is not trusted was taken")
	}
}
