package kv_test

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/client/v3/concurrency"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A store that cannot be opened fails with the reason as its kind.
func TestEtcdV3OpenSaysWhyNot(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, c := range map[string]struct {
		addr func() string
		want error
	}{
		"nobody there": {func() string { return closed.Addr().String() }, kv.ErrNotReachable},
		"no answer":    {func() string { return silent.Addr().String() }, kv.ErrNotReachable},
		"ZooKeeper":    {func() string { return kvtest.SharedZooKeeper(t).Addr }, kv.ErrWrongServer},
		"Consul":       {func() string { return kvtest.SharedConsul(t).Addr }, kv.ErrWrongServer},
	} {
		addr := c.addr()
		began := time.Now()
		_, err := kv.InitializeEtcdV3([]string{addr}, &kv.Config{ConnectionTimeout: 3 * time.Second})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if took := time.Since(began); took > kvtest.Allow(4*time.Second) {
			t.Errorf("%s: took %v", name, took)
		}
	}
	if _, err := kv.InitializeEtcdV3(nil, nil); !errors.Is(err, kv.ErrNotReachable) {
		t.Errorf("without an address: %v", err)
	}
}

// An address that nobody answers at is no failure if another one works.
func TestEtcdV3TriesTheNextAddress(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	s, err := kv.InitializeEtcdV3([]string{closed.Addr().String(), "http://" + kvtest.SharedEtcd(t).Addr + "/"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Put("next/address", []byte("x"), nil); err != nil {
		t.Error(err)
	}
}

// A server that demands a certificate accepts the right one, and the lack of one is ErrDenied.
func TestEtcdV3MutualTLS(t *testing.T) {
	t.Parallel()
	certs := kvtest.NewCertificates(t)
	server := kvtest.StartEtcd(t, kvtest.WithTLS(certs))
	open := func(addr string, secure *tls.Config) (kv.Store, error) {
		return kv.InitializeEtcdV3([]string{addr}, &kv.Config{TLS: secure, ConnectionTimeout: 2 * time.Second})
	}
	for _, addr := range []string{server.Addr, "https://" + server.Addr, "http://" + server.Addr} {
		s, err := open(addr, certs.Client())
		if err != nil {
			t.Fatalf("%s: %v", addr, err)
		}
		if err := s.Put("tls/key", []byte("x"), nil); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
		s.Close()
	}
	if _, err := open(server.Addr, certs.Stranger()); !errors.Is(err, kv.ErrDenied) {
		t.Errorf("without a certificate: %v", err)
	}
	if _, err := open(server.Addr, nil); !errors.Is(err, kv.ErrNotReachable) || !strings.Contains(err.Error(), "wants TLS") {
		t.Errorf("without TLS: %v", err)
	}
	if _, err := open("https://"+server.Addr, nil); !errors.Is(err, kv.ErrNotReachable) {
		t.Errorf("without trust in its authority: %v", err)
	}
}

// v3WithLogin starts an etcd where root may do everything, and reader may read and write below
// "app/" but only read below "app/fixed/".
func v3WithLogin(t *testing.T) *kvtest.Server {
	t.Helper()
	server := kvtest.StartEtcd(t)
	v3DemandLogin(t, server)
	return server
}

// v3DemandLogin makes a server demand a login, with the rights of v3WithLogin.
func v3DemandLogin(t *testing.T, server *kvtest.Server) {
	t.Helper()
	for _, args := range [][]string{
		{"user", "add", "root:secret"},
		{"role", "add", "app"},
		{"role", "grant-permission", "app", "read", "app/", "app0"},
		{"role", "grant-permission", "app", "write", "app/", "app/fixed/"},
		{"role", "grant-permission", "app", "write", "app/fixed0", "app0"},
		{"user", "add", "reader:hidden"},
		{"user", "grant-role", "reader", "app"},
		{"put", "app/a", "1"},
		{"put", "app/b", "2"},
		{"put", "app/fixed/c", "3"},
		{"put", "other/d", "4"},
		{"auth", "enable"},
	} {
		v3Etcdctl(t, server, args...)
	}
}

// The right login opens the store and others are ErrDenied, as is what the user has no right to.
func TestEtcdV3Login(t *testing.T) {
	server := v3WithLogin(t)
	for name, config := range map[string]*kv.Config{
		"no login":       nil,
		"wrong password": {Username: "reader", Password: "wrong"},
		"no such user":   {Username: "nobody", Password: "hidden"},
	} {
		if _, err := kv.InitializeEtcdV3([]string{server.Addr}, config); !errors.Is(err, kv.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
	if pair, err := s.Get("app/a"); err != nil || string(pair.Value) != "1" {
		t.Errorf("what it may read: %v, %v", pair, err)
	}
	if err := s.Put("app/a", []byte("1"), nil); err != nil {
		t.Errorf("what it may write: %v", err)
	}
	if err := s.Put("app/fixed/c", []byte("x"), nil); !errors.Is(err, kv.ErrDenied) {
		t.Errorf("what it may only read: %v", err)
	}
	if _, err := s.Get("other/d"); !errors.Is(err, kv.ErrDenied) {
		t.Errorf("what it may not read: %v", err)
	}
	if _, err := s.List(""); !errors.Is(err, kv.ErrDenied) {
		t.Errorf("all of it: %v", err)
	}
	if pairs, err := s.List("app"); err != nil || len(pairs) != 3 {
		t.Errorf("its part: %v, %v", pairs, err)
	}
}

// A plan keeps the keys that the user may not delete, and deletes the others.
func TestEtcdV3PlanWithoutRightsToAll(t *testing.T) {
	server := v3WithLogin(t)
	s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
	plan, err := kv.MakePlan(t.Context(), s, "app/")
	if err != nil {
		t.Fatal(err)
	}
	report, err := plan.CarryOut(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Deleted != 2 || len(report.Kept) != 1 || report.Kept[0].Key != "app/fixed/c" || !errors.Is(report.Kept[0].Err, kv.ErrDenied) {
		t.Errorf("%+v", report)
	}
}

// A user whose rights end at the prefix sees the locks below it. etcd 3.7 does not report to that
// user which keys are bound to the leases of others.
func TestEtcdV3LocksWithoutRightsToAll(t *testing.T) {
	for name, server := range map[string]*kvtest.Server{"3.4": kvtest.StartEtcd(t), "3.7": kvtest.StartEtcdEmbedded(t)} {
		t.Run(name, func(t *testing.T) {
			v3DemandLogin(t, server)
			s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
			root := v3Native(t, server, "root", "secret")
			for _, name := range []string{"app/job", "other/job"} {
				if err := concurrency.NewMutex(v3Session(t, root), name).Lock(t.Context()); err != nil {
					t.Fatal(err)
				}
				locks, err := s.Locks(t.Context(), "app")
				if err != nil || len(locks) != 1 || locks[0].Key != "app/job" {
					t.Errorf("with %s: %+v, %v", name, locks, err)
				}
			}
			if locks, err := s.Locks(t.Context(), "other"); !errors.Is(err, kv.ErrDenied) {
				t.Errorf("what it may not read: %+v, %v", locks, err)
			}
		})
	}
}

// A feed of a part that the user may not read is denied, and begins when the right is granted.
func TestEtcdV3FeedOfAForbiddenPart(t *testing.T) {
	server := v3WithLogin(t)
	s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
	feed, err := s.Follow("other", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	b := v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.Err != nil })
	if !errors.Is(b.Err, kv.ErrDenied) {
		t.Errorf("told %v", b.Err)
	}
	v3Etcdctl(t, server, "--user", "root:secret", "role", "grant-permission", "app", "read", "other/", "other0")
	b = v3FeedUntil(t, feed, tree, v3Synced)
	if b.Err != nil || len(tree) != 1 {
		t.Errorf("when it was allowed: %v, %v", tree, b.Err)
	}
}
