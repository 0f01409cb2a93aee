package kv_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v2Open opens a store that the test closes.
func v2Open(t *testing.T, config *kv.Config, addrs ...string) *kv.Etcd {
	t.Helper()
	return opened(t, kv.InitializeEtcd, addrs, config).(*kv.Etcd)
}

// v2Ctl runs etcdctl of the v2 API, which must succeed.
func v2Ctl(t *testing.T, server *kvtest.Server, args ...string) string {
	t.Helper()
	out, err := server.CLIV2(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// v2Want fails unless err is of that kind.
func v2Want(t *testing.T, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

// v2Put must succeed.
func v2Put(t *testing.T, s kv.Store, key, value string) {
	t.Helper()
	if err := s.Put(key, []byte(value), nil); err != nil {
		t.Fatal(err)
	}
}

// v2Get must succeed.
func v2Get(t *testing.T, s kv.Store, key string) *kv.KVPair {
	t.Helper()
	pair, err := s.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// v2KeysOf returns the keys of pairs in one line.
func v2KeysOf(pairs []*kv.KVPair) string {
	var keys []string
	for _, pair := range pairs {
		keys = append(keys, pair.Key)
	}
	return strings.Join(keys, " ")
}

// v2SortedKeys is v2KeysOf of pairs in any order.
func v2SortedKeys(pairs []*kv.KVPair) string {
	slices.SortFunc(pairs, func(a, b *kv.KVPair) int { return strings.Compare(a.Key, b.Key) })
	return v2KeysOf(pairs)
}

// Directories are listed with an empty value and deleted when they are empty.
func TestEtcdV2Directories(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v2Open(t, nil, server.Addr)
	v2Put(t, s, "dirs/a/b", "value")
	v2Ctl(t, server, "mkdir", "/dirs/empty")
	v2Put(t, s, "dirs/_hidden", "value")

	pairs, err := s.List("dirs")
	if err != nil || v2KeysOf(pairs) != "dirs/a dirs/a/b dirs/empty" {
		t.Errorf("List: %v, %v", v2KeysOf(pairs), err)
	}
	dir := v2Get(t, s, "dirs/a")
	if len(dir.Value) != 0 || dir.Value == nil || dir.LastIndex == 0 {
		t.Errorf("Get of a directory: %+v", dir)
	}
	if got := v2Get(t, s, "dirs/_hidden").Value; string(got) != "value" {
		t.Errorf("Get of a hidden key: %q", got)
	}
	v2Want(t, "Put onto a directory", s.Put("dirs/a", nil, nil), kv.ErrIsDirectory)
	v2Want(t, "ephemeral Put onto a directory", s.Put("dirs/a", nil, &kv.WriteOptions{Ephemeral: true}), kv.ErrIsDirectory)
	_, _, err = s.AtomicPut("dirs/a", nil, dir, nil)
	v2Want(t, "AtomicPut onto a directory", err, kv.ErrIsDirectory)
	_, _, err = s.AtomicPut("dirs/a", nil, nil, nil)
	v2Want(t, "creating AtomicPut onto a directory", err, kv.ErrIsDirectory)
	v2Want(t, "creating AtomicPut onto a directory", err, kv.ErrKeyExists)
	v2Want(t, "Put below a value", s.Put("dirs/a/b/c", nil, nil), kv.ErrNotDirectory)
	_, err = s.Get("dirs/a/b/c")
	v2Want(t, "Get below a value", err, kv.ErrKeyNotFound)

	v2Want(t, "Delete of a full directory", s.Delete("dirs/a"), kv.ErrHasChildren)
	_, err = s.AtomicDelete("dirs/a", dir)
	v2Want(t, "AtomicDelete of a full directory", err, kv.ErrHasChildren)
	if err := s.Delete("dirs/a/b"); err != nil {
		t.Error(err)
	}
	_, err = s.AtomicDelete("dirs/a", &kv.KVPair{Key: "dirs/a", LastIndex: dir.LastIndex + 1})
	v2Want(t, "AtomicDelete of another directory", err, kv.ErrKeyModified)
	if ok, err := s.AtomicDelete("dirs/a", dir); !ok || err != nil {
		t.Errorf("AtomicDelete of an empty directory: %v, %v", ok, err)
	}
	if err := s.Delete("dirs/empty"); err != nil {
		t.Errorf("Delete of an empty directory: %v", err)
	}
}

// Put and AtomicPut keep a key's TTL.
func TestEtcdV2KeepsTTL(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v2Open(t, nil, server.Addr)
	left := func() time.Duration {
		meta, err := s.Meta(t.Context(), "ttl/key")
		if err != nil {
			t.Fatal(err)
		}
		return meta.Left
	}
	v2Ctl(t, server, "set", "--ttl", "100", "/ttl/key", "value")
	v2Put(t, s, "ttl/key", "put")
	if l := left(); l < 90*time.Second || l > 100*time.Second {
		t.Errorf("after Put %v are left of 100 s", l)
	}
	_, pair, err := s.AtomicPut("ttl/key", []byte("swapped"), v2Get(t, s, "ttl/key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if l := left(); l < 90*time.Second || l > 100*time.Second {
		t.Errorf("after AtomicPut %v are left of 100 s", l)
	}
	if now := v2Get(t, s, "ttl/key"); now.LastIndex != pair.LastIndex || string(now.Value) != "swapped" {
		t.Errorf("AtomicPut returned %+v, there is %+v", pair, now)
	}
	v2Ctl(t, server, "set", "/ttl/key", "for good")
	v2Put(t, s, "ttl/key", "put")
	if l := left(); l >= 0 {
		t.Errorf("a key without a TTL got one: %v", l)
	}
}

// Keys and values that the API cannot hold are refused before anything is sent.
func TestEtcdV2RefusesWhatItCannotHold(t *testing.T) {
	s := v2Open(t, nil, kvtest.SharedEtcd(t).Addr)
	for _, key := range []string{"", "/", "a//b", "//a", "a/./b", "../a", "a/..", "a\xff"} {
		v2Want(t, "Put "+key, s.Put(key, nil, nil), kv.ErrInvalidKey)
		v2Want(t, "CheckWrite "+key, s.CheckWrite(key, nil), kv.ErrInvalidKey)
	}
	v2Want(t, "Put of bytes", s.Put("refused/a", []byte{0xff, 0xfe}, nil), kv.ErrInvalidValue)
	v2Want(t, "DeleteTree of all", s.DeleteTree("/"), kv.ErrInvalidKey)

	most := 10<<20 - 256
	large := bytes.Repeat([]byte("x"), most)
	if err := s.Put("refused/large", large, nil); err != nil {
		t.Errorf("a value of %d bytes: %v", most, err)
	} else if got := v2Get(t, s, "refused/large"); !bytes.Equal(got.Value, large) {
		t.Errorf("a value of %d bytes came back as %d others", most, len(got.Value))
	}
	v2Want(t, "Put of too much", s.Put("refused/large", append(large, 'x'), nil), kv.ErrTooLarge)
	encoded := bytes.Repeat([]byte("ö"), most/6+1) // six bytes each, percent-encoded
	v2Want(t, "Put of too much when encoded", s.Put("refused/large", encoded, nil), kv.ErrTooLarge)
	if err := s.Delete("refused/large"); err != nil {
		t.Error(err)
	}
}

// Any other text comes back as it was put.
func TestEtcdV2OddKeysAndValues(t *testing.T) {
	s := v2Open(t, nil, kvtest.SharedEtcd(t).Addr)
	for _, key := range []string{"odd/a b", "odd/a?b=c", "odd/a#b", "odd/100%", "odd/%2F", "odd/a+b", "odd/ü", "odd/日本", "odd/\x1b[31m", "odd/a;b", "odd/...", "odd/\u202e"} {
		value := key + "\x00\u2028<&>\"\r\n\ufffd\U0010ffff"
		v2Put(t, s, key, value)
		if got := v2Get(t, s, key); got.Key != key || string(got.Value) != value {
			t.Errorf("%q came back as %q with %q", key, got.Key, got.Value)
		}
		if pairs, err := s.List("odd"); err != nil || len(pairs) != 1 || pairs[0].Key != key {
			t.Errorf("List with %q: %q, %v", key, v2KeysOf(pairs), err)
		}
		if err := s.Delete(key); err != nil {
			t.Error(err)
		}
	}
}

// Close deletes the ephemeral keys of the store, also after an edit, and none that replaced one.
func TestEtcdV2EphemeralOfAnotherIsNotOurs(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v2Open(t, &kv.Config{EphemeralTTL: time.Minute}, server.Addr)
	beat := &kv.WriteOptions{Ephemeral: true}
	for _, key := range []string{"eph/ours", "eph/edited", "eph/replaced"} {
		if err := s.Put(key, []byte("v"), beat); err != nil {
			t.Fatal(err)
		}
	}
	v2Put(t, s, "eph/edited", "an edit keeps it what it is")
	v2Ctl(t, server, "set", "--ttl", "60", "/eph/replaced", "somebody else's")
	s.Close()
	other := v2Open(t, nil, server.Addr)
	if pairs, err := other.List("eph"); err != nil || v2KeysOf(pairs) != "eph/replaced" {
		t.Errorf("after Close there is %v, %v", v2KeysOf(pairs), err)
	}
}

// A TTL below a second is refused.
func TestEtcdV2EphemeralTTLTooShort(t *testing.T) {
	s := v2Open(t, &kv.Config{EphemeralTTL: 900 * time.Millisecond}, kvtest.SharedEtcd(t).Addr)
	v2Want(t, "Put", s.Put("short", nil, &kv.WriteOptions{Ephemeral: true}), kv.ErrInvalidTTL)
	_, err := s.NewLock("short", &kv.LockOptions{TTL: 900 * time.Millisecond})
	v2Want(t, "NewLock", err, kv.ErrInvalidTTL)
}

// A server without the v2 API is ErrWrongServer.
func TestEtcdV2WrongServer(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	_, err := kv.InitializeEtcd([]string{web.URL}, nil)
	v2Want(t, "a web server", err, kv.ErrWrongServer)

	_, err = kv.InitializeEtcd([]string{kvtest.SharedEtcdEmbedded(t).Addr}, nil)
	v2Want(t, "an etcd without the v2 API", err, kv.ErrWrongServer)

	_, err = kv.InitializeEtcd([]string{kvtest.SharedZooKeeper(t).Addr}, nil)
	v2Want(t, "a ZooKeeper", err, kv.ErrWrongServer)
}

// Opening fails in time if no member answers, and succeeds if one does.
func TestEtcdV2NotReachable(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it is connected to, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	config := &kv.Config{ConnectionTimeout: time.Second}
	for name, addrs := range map[string][]string{
		"closed": {closed.Addr().String()},
		"silent": {silent.Addr().String()},
		"both":   {silent.Addr().String(), closed.Addr().String()},
		"none":   {},
		"odd":    {"ftp://127.0.0.1"},
	} {
		began := time.Now()
		_, err := kv.InitializeEtcd(addrs, config)
		v2Want(t, name, err, kv.ErrNotReachable)
		if took := time.Since(began); took > kvtest.Allow(1500*time.Millisecond) {
			t.Errorf("%s: it took %v", name, took)
		}
	}
	server := kvtest.SharedEtcd(t)
	s := v2Open(t, config, silent.Addr().String(), closed.Addr().String(), server.Addr)
	v2Put(t, s, "reached", "by the third")
}

// Health describes the member and its cluster, and Meta a key and a directory.
func TestEtcdV2HealthAndMeta(t *testing.T) {
	s := v2Open(t, nil, kvtest.SharedEtcd(t).Addr)
	h, err := s.Health(t.Context())
	if err != nil || !h.Healthy || h.Members != 1 || !strings.HasPrefix(h.Server, "etcd 3.") || h.Note != "standalone" || !strings.HasPrefix(h.Leader, "kvtest http") {
		t.Errorf("Health: %+v, %v", h, err)
	}
	v2Put(t, s, "meta/a/b", "12345")
	meta, err := s.Meta(t.Context(), "meta/a/b")
	if err != nil || meta.Size != 5 || meta.Created == 0 || meta.Modified != meta.Created || meta.Left >= 0 || meta.Directory {
		t.Errorf("Meta of a key: %+v, %v", meta, err)
	}
	v2Ctl(t, kvtest.SharedEtcd(t), "set", "--ttl", "60", "/meta/ttl", "v")
	meta, err = s.Meta(t.Context(), "meta/ttl")
	if err != nil || meta.Left <= 50*time.Second || meta.Left > time.Minute || meta.TTL != meta.Left {
		t.Errorf("Meta of a key with a TTL: %+v, %v", meta, err)
	}
	meta, err = s.Meta(t.Context(), "meta/a")
	if err != nil || meta.Children != 1 || !meta.Directory {
		t.Errorf("Meta of a directory: %+v, %v", meta, err)
	}
	_, err = s.Meta(t.Context(), "meta/none")
	v2Want(t, "Meta of nothing", err, kv.ErrKeyNotFound)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Meta(ctx, "meta/a")
	v2Want(t, "Meta given up", err, context.Canceled)
}
