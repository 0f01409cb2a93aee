package kv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// openConsul opens a store that is closed with the test.
func openConsul(t *testing.T, config *kv.Config, addrs ...string) *kv.Consul {
	t.Helper()
	return opened(t, kv.InitializeConsul, addrs, config).(*kv.Consul)
}

// opened opens a store that is closed with the test. It tries for a minute: a server that has only
// just started takes long to answer where it has little of the processors.
func opened(t *testing.T, open kv.Initialize, addrs []string, config *kv.Config) kv.Store {
	t.Helper()
	s, err := open(addrs, config)
	for end := time.Now().Add(time.Minute); errors.Is(err, kv.ErrNotReachable) && time.Now().Before(end); {
		s, err = open(addrs, config)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// nativeConsul returns Consul's own client on a server.
func nativeConsul(t *testing.T, addr, token string) *api.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := api.NewClient(&api.Config{Address: addr, Token: token, HttpClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// consulWant checks the kind of an error.
func consulWant(t *testing.T, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) || err == nil && kind != nil {
		t.Errorf("%s: %v, not %v", what, err, kind)
	}
}

// consulEventually waits for something that another client or the server does.
func consulEventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	for !done() {
		select {
		case <-deadline.C:
			t.Fatalf("not in time: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// consulSet writes keys like another client, by a transaction, which accepts any key.
func consulSet(t *testing.T, client *api.Client, pairs ...*api.KVPair) {
	t.Helper()
	var ops api.TxnOps
	for _, p := range pairs {
		ops = append(ops, &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVSet, Key: p.Key, Value: p.Value, Flags: p.Flags}})
	}
	if ok, answer, _, err := client.Txn().Txn(ops, nil); err != nil || !ok {
		t.Fatalf("set: %+v, %v", answer, err)
	}
}

// Keys that no URL carries, or that begin with slashes, are returned under a name that also finds
// them.
func TestConsulKeysThatURLsFold(t *testing.T) {
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	names := map[string]string{ // key in Consul: its name on this side
		"/a": "//a", "//a": "///a", "/": "//", "a//b": "a//b", "a/./b": "a/./b", "a/..": "a/..", "..": "..", "a/": "a/", "a": "a", "a//": "a//",
		"tab\t/nul\x00": "tab\t/nul\x00", "\u200b": "\u200b",
	}
	var pairs []*api.KVPair
	for name := range names {
		pairs = append(pairs, &api.KVPair{Key: name, Value: []byte(name)})
	}
	consulSet(t, native, pairs...)

	listed, err := s.List("")
	if err != nil || len(listed) != len(names) {
		t.Fatalf("list: %d of %d keys, %v", len(listed), len(names), err)
	}
	for _, pair := range listed {
		name := string(pair.Value)
		if pair.Key != names[name] {
			t.Errorf("%q is listed as %q", name, pair.Key)
		}
		got, err := s.Get(pair.Key)
		if err != nil || string(got.Value) != name || got.LastIndex != pair.LastIndex {
			t.Errorf("get %q: %+v, %v", pair.Key, got, err)
		}
	}
	below, err := s.List("//")
	if err != nil || len(below) != 2 || below[0].Key != "///a" || below[1].Key != "//a" {
		t.Errorf("below the directory named by no letter: %v, %v", keysOfPairs(below), err)
	}
	consulWant(t, "delete of a missing key", s.Delete("///b"), kv.ErrKeyNotFound)
	if err := s.DeleteTree("a//"); err != nil {
		t.Fatal(err)
	}
	if there, err := s.Exists("a/"); !there || err != nil {
		t.Errorf("the key a/ went with the directory a//: %v", err)
	}
	for _, gone := range []string{"a//b", "a//"} {
		if there, err := s.Exists(gone); there || err != nil {
			t.Errorf("%q: %v, %v", gone, there, err)
		}
	}
	if there, err := s.Exists("a/./b"); !there || err != nil {
		t.Errorf("a sibling went as well: %v", err)
	}
}

func keysOfPairs(pairs []*kv.KVPair) []string {
	var keys []string
	for _, p := range pairs {
		keys = append(keys, p.Key)
	}
	return keys
}

// A key that no URL carries can be watched.
func TestConsulWatchOfAKeyThatURLsFold(t *testing.T) {
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	values, err := s.Watch("//odd//key", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"1", "2"} {
		consulSet(t, native, &api.KVPair{Key: "/odd//other", Value: []byte(value)}, &api.KVPair{Key: "/odd//key", Value: []byte(value)})
		if pair := <-values; string(pair.Value) != value || pair.Key != "//odd//key" {
			t.Fatalf("%+v came, not %q", pair, value)
		}
	}
	if err := s.Delete("//odd//key"); err != nil {
		t.Fatal(err)
	}
	if pair := <-values; pair.Value != nil || pair.LastIndex == 0 {
		t.Errorf("%+v came for the deletion", pair)
	}
}

// A write keeps the key's flags and the session that holds it, even if the value is too large for a
// transaction.
func TestConsulEditsKeepFlagsAndSession(t *testing.T) {
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	session, _, err := native.Session().CreateNoChecks(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := native.KV().Acquire(&api.KVPair{Key: "k", Flags: 42, Session: session}, nil); !ok || err != nil {
		t.Fatalf("acquire: %v, %v", ok, err)
	}
	for _, size := range []int{10, 300 << 10, 450 << 10, 512 << 10} {
		value := bytes.Repeat([]byte{0xfe}, size)
		old, err := s.Get("k")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Put("k", value[1:], nil); err != nil {
			t.Fatalf("put of %d bytes: %v", size-1, err)
		}
		_, _, err = s.AtomicPut("k", value, old, nil)
		consulWant(t, fmt.Sprintf("atomic put of %d bytes over a change", size), err, kv.ErrKeyModified)
		if old, err = s.Get("k"); err != nil {
			t.Fatal(err)
		}
		ok, written, err := s.AtomicPut("k", value, old, nil)
		if !ok || err != nil {
			t.Fatalf("atomic put of %d bytes: %v", size, err)
		}
		pair, _, err := native.KV().Get("k", nil)
		if err != nil || pair.Flags != 42 || pair.Session != session || !bytes.Equal(pair.Value, value) || pair.ModifyIndex != written.LastIndex {
			t.Errorf("%d bytes: flags %d, session %q, index %d after %d, %v", size, pair.Flags, pair.Session, pair.ModifyIndex, written.LastIndex, err)
		}
	}
	_, _, err = s.AtomicPut("k", make([]byte, 450<<10), nil, nil)
	consulWant(t, "creation of a key that is there", err, kv.ErrKeyExists)
	consulWant(t, "513 KiB", s.Put("k", make([]byte, 513<<10), nil), kv.ErrTooLarge)
	consulWant(t, "513 KiB, checked", s.CheckWrite("k", make([]byte, 513<<10)), kv.ErrTooLarge)
	consulWant(t, "450 KiB below a folded key", s.Put("a//b", make([]byte, 450<<10), nil), kv.ErrTooLarge)
}

// The agent's own limits count if it says them.
func TestConsulAsksForTheAgentsLimits(t *testing.T) {
	server := kvtest.StartConsul(t, kvtest.WithConfig(`{"limits": {"kv_max_value_size": 1000, "txn_max_req_len": 1000}}`))
	s := openConsul(t, nil, server.Addr)
	if err := s.Put("k", make([]byte, 1000), nil); err != nil {
		t.Error(err)
	}
	consulWant(t, "1001 bytes", s.CheckWrite("k", make([]byte, 1001)), kv.ErrTooLarge)
}

// A dead endpoint is skipped, at the start and later.
func TestConsulSeveralEndpoints(t *testing.T) {
	t.Parallel()
	first, second := kvtest.StartConsul(t), kvtest.StartConsul(t)
	s := openConsul(t, nil, kvtest.DeadAddr(), first.Addr, second.Addr)
	if err := s.Put("where", []byte("first"), nil); err != nil {
		t.Fatal(err)
	}
	consulSet(t, nativeConsul(t, second.Addr, ""), &api.KVPair{Key: "where", Value: []byte("second")})
	first.Kill()
	pair, err := s.Get("where")
	if err != nil || string(pair.Value) != "second" {
		t.Fatalf("%+v, %v", pair, err)
	}
	second.Kill()
	_, err = s.Get("where")
	consulWant(t, "get with all endpoints dead", err, kv.ErrNotReachable)
	consulWant(t, "put with all endpoints dead", s.Put("where", nil, nil), kv.ErrNotReachable)
	if text := fmt.Sprint(err); strings.Contains(text, "kvist/v1") {
		t.Errorf("the error names no server: %s", text)
	}
}

// The environment variables of Consul's own client are ignored.
func TestConsulLeavesTheEnvironmentAlone(t *testing.T) {
	server := kvtest.StartConsul(t, kvtest.WithACL("master"))
	t.Setenv("CONSUL_HTTP_TOKEN", "master")
	s := openConsul(t, nil, server.Addr)
	_, err := s.Get("a")
	consulWant(t, "get without a token", err, kv.ErrDenied)
}

func TestConsulMetaAndHealth(t *testing.T) {
	server := kvtest.StartConsul(t)
	s := openConsul(t, nil, server.Addr)
	if err := s.Put("e", []byte("12345"), &kv.WriteOptions{Ephemeral: true}); err != nil {
		t.Fatal(err)
	}
	meta, err := s.Meta(context.Background(), "e")
	if err != nil || !meta.Ephemeral || meta.Owner == "" || meta.TTL != kv.DefaultEphemeralTTL || meta.Size != 5 ||
		meta.LockIndex != 1 || meta.Left >= 0 || !strings.Contains(meta.OwnerName, "kvist ephemeral key") {
		t.Errorf("%+v, %v", meta, err)
	}
	consulSet(t, nativeConsul(t, server.Addr, ""), &api.KVPair{Key: "flagged", Value: []byte("1"), Flags: 42})
	meta, err = s.Meta(context.Background(), "flagged")
	if err != nil || meta.Flags != 42 || meta.Owner != "" || meta.Ephemeral || meta.Created == 0 || meta.Modified != meta.Created {
		t.Errorf("of a key with flags: %+v, %v", meta, err)
	}
	health, err := s.Health(context.Background())
	if err != nil || health.Server != "Consul 1.8.7" || !health.Healthy || health.Members != 1 || health.Leader == "" {
		t.Errorf("%+v, %v", health, err)
	}
	server.Kill()
	_, err = s.Health(context.Background())
	consulWant(t, "health without the server", err, kv.ErrNotReachable)
}
