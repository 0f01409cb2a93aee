package kv_test

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A login reaches what it has rights to, and is ErrDenied elsewhere until it gets the right.
func TestEtcdV2Login(t *testing.T) {
	server := kvtest.StartEtcd(t)
	setup := v2Open(t, nil, server.Addr)
	v2Put(t, setup, "app/key", "v")
	v2Put(t, setup, "other/key", "v")
	root := []string{"--username", "root:secret"}
	for _, args := range [][]string{
		{"user", "add", "root:secret"},
		{"user", "add", "bob:hidden"},
		{"role", "add", "app"},
		{"role", "grant", "--path", "/app*", "--readwrite", "app"},
		{"user", "grant", "--roles", "app", "bob"},
		{"auth", "enable"},
	} {
		v2Ctl(t, server, args...)
	}
	v2Ctl(t, server, append(root, "role", "revoke", "--path", "/*", "--readwrite", "guest")...)

	// The server hashes the password for each request, which takes long on a busy
	// machine.
	const patience = 30 * time.Second
	s := v2Open(t, &kv.Config{Username: "root", Password: "secret", ConnectionTimeout: patience}, server.Addr)
	v2Put(t, s, "app/key", "by root")
	_, err := kv.InitializeEtcd([]string{server.Addr}, &kv.Config{Username: "root", Password: "wrong"})
	v2Want(t, "a wrong password", err, kv.ErrDenied)

	bob := v2Open(t, &kv.Config{Username: "bob", Password: "hidden", ConnectionTimeout: patience}, server.Addr)
	v2Put(t, bob, "app/key", "by bob")
	if pairs, err := bob.List("app"); err != nil || v2KeysOf(pairs) != "app/key" {
		t.Errorf("List: %v, %v", v2KeysOf(pairs), err)
	}
	v2NewFeed(t, bob, "app").has(t, "app/key")
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
	v2Want(t, "Get without the right", err, kv.ErrDenied)
	v2Want(t, "Put without the right", bob.Put("other/key", nil, nil), kv.ErrDenied)
	_, err = bob.List("")
	v2Want(t, "List without the right", err, kv.ErrDenied)
	feed, err := bob.Follow("other", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = feed.Close() }()
	await := func(what string, ok func(kv.Batch) bool) kv.Batch {
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
	b := await("a refusal", func(b kv.Batch) bool { return b.Err != nil })
	v2Want(t, "a feed without the right", b.Err, kv.ErrDenied)
	if b.State != kv.Denied || b.Since.IsZero() || b.Attempt != 1 {
		t.Errorf("a feed without the right: %v, attempt %d since %v", b.State, b.Attempt, b.Since)
	}
	v2Ctl(t, server, append(root, "role", "grant", "--path", "/other*", "--readwrite", "app")...)
	await("the right", func(b kv.Batch) bool { return b.State == kv.Live && b.Err == nil })
	nobody := v2Open(t, nil, server.Addr)
	_, err = nobody.Get("app/key")
	v2Want(t, "Get without a login", err, kv.ErrDenied)
}

// TLS is spoken to every form of address, and each way that it fails has its kind.
func TestEtcdV2TLS(t *testing.T) {
	certs := kvtest.NewCertificates(t)
	server := kvtest.StartEtcd(t, kvtest.WithTLS(certs))
	config := func(c *tls.Config) *kv.Config {
		return &kv.Config{TLS: c, ConnectionTimeout: 2 * time.Second}
	}
	for _, addr := range []string{server.Addr, "https://" + server.Addr, "http://" + server.Addr} {
		s := v2Open(t, config(certs.Client()), addr)
		v2Put(t, s, "tls/key", "v")
		feed := v2NewFeed(t, s, "tls")
		feed.has(t, "tls/key")
	}
	_, err := kv.InitializeEtcd([]string{server.Addr}, config(certs.Stranger()))
	v2Want(t, "no certificate", err, kv.ErrDenied)
	_, err = kv.InitializeEtcd([]string{server.Addr}, config(&tls.Config{}))
	v2Want(t, "an authority we do not trust", err, kv.ErrNotReachable)
	_, err = kv.InitializeEtcd([]string{server.Addr}, nil)
	v2Want(t, "no TLS", err, kv.ErrWrongServer)
	// The server closes a connection that it does not understand, and its answer may be lost by that.
	for range 5 {
		_, err = kv.InitializeEtcd([]string{kvtest.SharedEtcd(t).Addr}, config(certs.Client()))
		if !errors.Is(err, kv.ErrNotReachable) {
			break
		}
	}
	v2Want(t, "TLS to a server without", err, kv.ErrWrongServer)
}
