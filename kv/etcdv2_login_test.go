package kv_test

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

func TestEtcdLogin(t *testing.T) {
	server := kvtest.StartEtcd(t)
	setup := openEtcd(t, nil, server.Addr)
	etcdPut(t, setup, "app/key", "v")
	etcdPut(t, setup, "other/key", "v")
	root := []string{"--username", "root:secret"}
	for _, args := range [][]string{
		{"user", "add", "root:secret"},
		{"user", "add", "bob:hidden"},
		{"role", "add", "app"},
		{"role", "grant", "--path", "/app*", "--readwrite", "app"},
		{"user", "grant", "--roles", "app", "bob"},
		{"auth", "enable"},
	} {
		etcdctlV2(t, server, args...)
	}
	etcdctlV2(t, server, append(root, "role", "revoke", "--path", "/*", "--readwrite", "guest")...)

	// The server hashes the password for each request, which takes long on a busy
	// machine.
	const patience = 30 * time.Second
	s := openEtcd(t, &kv.Config{Username: "root", Password: "secret", ConnectionTimeout: patience}, server.Addr)
	etcdPut(t, s, "app/key", "by root")
	_, err := kv.InitializeEtcd([]string{server.Addr}, &kv.Config{Username: "root", Password: "wrong"})
	etcdWant(t, "a wrong password", err, kv.ErrDenied)

	bob := openEtcd(t, &kv.Config{Username: "bob", Password: "hidden", ConnectionTimeout: patience}, server.Addr)
	etcdPut(t, bob, "app/key", "by bob")
	if pairs, err := bob.List("app"); err != nil || etcdKeysOf(pairs) != "app/key" {
		t.Errorf("List: %v, %v", etcdKeysOf(pairs), err)
	}
	newEtcdFeed(t, bob, "app").has(t, "app/key")
	lock, err := bob.NewLock("app/lock", &kv.LockOptions{TTL: patience})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Lock(); err != nil {
		t.Errorf("who may write a key may lock it: %v", err)
	} else if err := lock.Unlock(); err != nil {
		t.Errorf("who locked a key may unlock it: %v", err)
	}
	_, err = bob.Get("other/key")
	etcdWant(t, "Get without the right", err, kv.ErrDenied)
	etcdWant(t, "Put without the right", bob.Put("other/key", nil, nil), kv.ErrDenied)
	_, err = bob.List("")
	etcdWant(t, "List without the right", err, kv.ErrDenied)
	feed, err := bob.Follow("other", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = feed.Close() }()
	told := func(what string, ok func(kv.Batch) bool) kv.Batch {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for {
			b, err := feed.Next(ctx)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if ok(b) {
				return b
			}
		}
	}
	b := told("a refusal", func(b kv.Batch) bool { return b.Err != nil })
	etcdWant(t, "a feed without the right", b.Err, kv.ErrDenied)
	if b.State != kv.Denied || b.Since.IsZero() || b.Attempt != 1 {
		t.Errorf("a feed without the right: %v, attempt %d since %v", b.State, b.Attempt, b.Since)
	}
	etcdctlV2(t, server, append(root, "role", "grant", "--path", "/other*", "--readwrite", "app")...)
	told("the right", func(b kv.Batch) bool { return b.State == kv.Live && b.Err == nil })
	nobody := openEtcd(t, nil, server.Addr)
	_, err = nobody.Get("app/key")
	etcdWant(t, "Get without a login", err, kv.ErrDenied)
}

func TestEtcdTLS(t *testing.T) {
	certs := kvtest.NewCertificates(t)
	server := kvtest.StartEtcd(t, kvtest.WithTLS(certs))
	config := func(c *tls.Config) *kv.Config {
		return &kv.Config{TLS: c, ConnectionTimeout: 2 * time.Second}
	}
	for _, addr := range []string{server.Addr, "https://" + server.Addr, "http://" + server.Addr} {
		s := openEtcd(t, config(certs.Client()), addr)
		etcdPut(t, s, "tls/key", "v")
		feed := newEtcdFeed(t, s, "tls")
		feed.has(t, "tls/key")
	}
	_, err := kv.InitializeEtcd([]string{server.Addr}, config(certs.Stranger()))
	etcdWant(t, "no certificate", err, kv.ErrDenied)
	_, err = kv.InitializeEtcd([]string{server.Addr}, config(&tls.Config{}))
	etcdWant(t, "an authority we do not trust", err, kv.ErrNotReachable)
	_, err = kv.InitializeEtcd([]string{server.Addr}, nil)
	etcdWant(t, "no TLS", err, kv.ErrWrongServer)
	_, err = kv.InitializeEtcd([]string{kvtest.SharedEtcd(t).Addr}, config(certs.Client()))
	etcdWant(t, "TLS to a server without", err, kv.ErrWrongServer)
}
