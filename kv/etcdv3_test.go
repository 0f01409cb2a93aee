package kv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3Each runs a test on etcd 3.4, and on 3.7, which streams ranges.
func v3Each(t *testing.T, test func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3)) {
	t.Helper()
	for name, start := range map[string]func(testing.TB) *kvtest.Server{
		"3.4": kvtest.SharedEtcd, "3.7": kvtest.SharedEtcdEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			test(t, server, v3Open(t, server, nil))
		})
	}
}

// v3Open opens a store that is closed with the test.
func v3Open(t *testing.T, server *kvtest.Server, config *kv.Config) *kv.EtcdV3 {
	t.Helper()
	return opened(t, kv.InitializeEtcdV3, []string{server.Addr}, config).(*kv.EtcdV3)
}

// v3Etcdctl runs etcdctl, which must succeed.
func v3Etcdctl(t *testing.T, server *kvtest.Server, args ...string) string {
	t.Helper()
	out, err := server.CLI(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// v3FeedUntil reads a feed and applies it to tree until enough returns true.
func v3FeedUntil(t *testing.T, feed kv.Feed, tree map[string]kv.Event, enough func(kv.Batch) bool) kv.Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		b, err := feed.Next(ctx)
		if err != nil {
			t.Fatalf("feed: %v; so far %d keys", err, len(tree))
		}
		if b.Begin {
			clear(tree)
		}
		for _, e := range b.Events {
			if e.Kind == kv.DeleteEvent {
				delete(tree, e.Key)
				continue
			}
			tree[e.Key] = e
		}
		if enough(b) {
			return b
		}
	}
}

func v3Synced(b kv.Batch) bool { return b.Synced }

// Keys are bytes: slashes and zeros mean nothing to Get, and List takes one slash as given.
func TestEtcdV3KeysAreVerbatim(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		for _, key := range []string{"verbatim", "/verbatim", "verbatim/", "verbatim//x", "verbatim/\x00\xff"} {
			if err := s.Put(key, []byte(key), nil); err != nil {
				t.Fatal(err)
			}
		}
		pairs, err := s.List("verbatim")
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, p := range pairs {
			keys = append(keys, p.Key)
			if string(p.Value) != p.Key {
				t.Errorf("%q has the value %q", p.Key, p.Value)
			}
		}
		if got, want := fmt.Sprintf("%q", keys), fmt.Sprintf("%q", []string{"verbatim/\x00\xff", "verbatim//x"}); got != want {
			t.Errorf("listed %s, want %s", got, want)
		}
		if out := v3Etcdctl(t, server, "get", "--print-value-only", "/verbatim"); out != "/verbatim" {
			t.Errorf("etcdctl reads %q", out)
		}
	})
}

// A key that is replaced keeps its lease.
func TestEtcdV3EditKeepsLease(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		lease := strings.Fields(v3Etcdctl(t, server, "lease", "grant", "120"))[1]
		v3Etcdctl(t, server, "put", "--lease="+lease, "leased/key", "one")
		if err := s.Put("leased/key", []byte("two"), nil); err != nil {
			t.Fatal(err)
		}
		pair, err := s.Get("leased/key")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.AtomicPut("leased/key", []byte("three"), pair, nil); err != nil {
			t.Fatal(err)
		}
		if out := v3Etcdctl(t, server, "lease", "timetolive", lease, "--keys"); !strings.Contains(out, "leased/key") {
			t.Errorf("the key lost its lease: %s", out)
		}
		v3Etcdctl(t, server, "lease", "revoke", lease)
		if _, err := s.Get("leased/key"); !errors.Is(err, kv.ErrKeyNotFound) {
			t.Errorf("after the lease ended: %v", err)
		}
	})
}

// A failed AtomicPut brings the pair that is there.
func TestEtcdV3ConflictBringsThePair(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		ok, first, err := s.AtomicPut("conflict/a", []byte("1"), nil, nil)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		_, second, err := s.AtomicPut("conflict/a", []byte("2"), first, nil)
		if err != nil {
			t.Fatal(err)
		}
		ok, theirs, err := s.AtomicPut("conflict/a", []byte("3"), first, nil)
		if ok || !errors.Is(err, kv.ErrKeyModified) || theirs == nil || string(theirs.Value) != "2" || theirs.LastIndex != second.LastIndex {
			t.Errorf("stale: %v %+v %v", ok, theirs, err)
		}
		ok, theirs, err = s.AtomicPut("conflict/a", []byte("3"), nil, nil)
		if ok || !errors.Is(err, kv.ErrKeyExists) || theirs == nil || string(theirs.Value) != "2" {
			t.Errorf("create: %v %+v %v", ok, theirs, err)
		}
		for _, index := range []uint64{0, ^uint64(0), 1 << 63} {
			if ok, _, err := s.AtomicPut("conflict/a", nil, &kv.KVPair{LastIndex: index}, nil); ok || !errors.Is(err, kv.ErrKeyModified) {
				t.Errorf("index %d: %v %v", index, ok, err)
			}
			if ok, err := s.AtomicDelete("conflict/none", &kv.KVPair{LastIndex: index}); ok || !errors.Is(err, kv.ErrKeyNotFound) {
				t.Errorf("delete at index %d: %v %v", index, ok, err)
			}
		}
	})
}

// A TTL below the server's least is ErrInvalidTTL.
func TestEtcdV3TTLBelowTheServersLeast(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v3Open(t, server, &kv.Config{EphemeralTTL: time.Second})
	before := strings.Fields(v3Etcdctl(t, server, "lease", "list")) // others on this server may have some
	err := s.Put("ttl/short", nil, &kv.WriteOptions{Ephemeral: true})
	if !errors.Is(err, kv.ErrInvalidTTL) {
		t.Errorf("one second: %v", err)
	}
	for _, lease := range strings.Fields(v3Etcdctl(t, server, "lease", "list"))[3:] {
		if !slices.Contains(before, lease) {
			t.Errorf("the refused lease was left behind: %s", lease)
		}
	}
}

// An ephemeral key ends with its store, or when its TTL ends.
func TestEtcdV3EphemeralEndsWithTheStore(t *testing.T) {
	t.Parallel()
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		mine := v3Open(t, server, &kv.Config{EphemeralTTL: 3 * time.Second})
		beating := &kv.WriteOptions{Ephemeral: true, Heartbeat: 500 * time.Millisecond}
		if err := mine.Put("ephemeral/beating", []byte("x"), beating); err != nil {
			t.Fatal(err)
		}
		if err := mine.Put("ephemeral/silent", []byte("x"), &kv.WriteOptions{Ephemeral: true}); err != nil {
			t.Fatal(err)
		}
		changes, err := s.Watch("ephemeral/silent", t.Context().Done())
		if err != nil {
			t.Fatal(err)
		}
		for pair := range changes {
			if pair.Value == nil {
				break // its TTL has ended
			}
		}
		if _, err := s.Get("ephemeral/beating"); err != nil {
			t.Errorf("a key with a heartbeat: %v", err)
		}
		mine.Close()
		if _, err := s.Get("ephemeral/beating"); !errors.Is(err, kv.ErrKeyNotFound) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// A key with a heartbeat can be put again after somebody has revoked its lease.
func TestEtcdV3HeartbeatAfterARevokedLease(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		beating := &kv.WriteOptions{Ephemeral: true, Heartbeat: time.Minute}
		if err := s.Put("revoked/key", []byte("1"), beating); err != nil {
			t.Fatal(err)
		}
		meta, err := s.Meta(t.Context(), "revoked/key")
		if err != nil {
			t.Fatal(err)
		}
		v3Etcdctl(t, server, "lease", "revoke", meta.Owner)
		if err := s.Put("revoked/key", []byte("2"), beating); err != nil {
			t.Error(err)
		}
		if _, pair, err := s.AtomicPut("revoked/other", []byte("3"), nil, beating); err != nil {
			t.Error(pair, err)
		}
		again, err := s.Meta(t.Context(), "revoked/key")
		if err != nil || again.Owner == meta.Owner {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

// The events of a feed have sizes and marks.
func TestEtcdV3FeedTellsSizesAndFlags(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		lease := strings.Fields(v3Etcdctl(t, server, "lease", "grant", "120"))[1]
		v3Etcdctl(t, server, "put", "--lease="+lease, "feed/leased", "12345")
		v3Etcdctl(t, server, "put", "--lease="+lease, "feed/lock/"+lease, "")
		v3Etcdctl(t, server, "put", "feed/plain", "123")
		feed, err := s.Follow("feed", kv.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer feed.Close()
		tree := map[string]kv.Event{}
		v3FeedUntil(t, feed, tree, v3Synced)
		for key, want := range map[string]struct {
			size  int
			flags kv.KeyFlags
		}{
			"feed/leased": {5, kv.Leased}, "feed/lock/" + lease: {0, kv.Leased | kv.Locked}, "feed/plain": {3, 0},
		} {
			if e := tree[key]; e.Size != want.size || e.Flags != want.flags || e.Index == 0 {
				t.Errorf("%s: %+v, want %+v", key, e, want)
			}
		}
		v3Etcdctl(t, server, "lease", "revoke", lease)
		v3FeedUntil(t, feed, tree, func(kv.Batch) bool { return len(tree) == 1 })
	})
}

// Keys come with their sizes as long as their values are not too much to read. All others come,
// too, once, without a size.
func TestEtcdV3FeedOfManyKeys(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		const keys = 700
		names := make([]string, keys)
		for i := range names {
			names[i] = fmt.Sprintf("small/%04d", i)
		}
		v3PutAll(t, server, names)
		if sized, unsized := v3FollowSizes(t, s, "small"); sized != keys || unsized != 0 {
			t.Errorf("of small values: %d with a size, %d without", sized, unsized)
		}
		value := make([]byte, 8<<10)
		for i := range keys {
			if err := s.Put(fmt.Sprintf("many/%04d", i), value, nil); err != nil {
				t.Fatal(err)
			}
		}
		if sized, unsized := v3FollowSizes(t, s, "many"); sized < keys/2 || unsized == 0 || sized+unsized != keys {
			t.Errorf("of large values: %d with a size, %d without", sized, unsized)
		}
		pairs, err := s.List("many")
		if err != nil || len(pairs) != keys {
			t.Errorf("listed %d keys: %v", len(pairs), err)
		}
	})
}

// v3FollowSizes counts the keys that a feed lists with their size and without.
func v3FollowSizes(t *testing.T, s *kv.EtcdV3, prefix string) (sized, unsized int) {
	t.Helper()
	feed, err := s.Follow(prefix, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	v3FeedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool {
		for _, e := range b.Events {
			if e.Size < 0 {
				unsized++
			} else {
				sized++
			}
		}
		return b.Synced
	})
	return sized, unsized
}

// A key that an own lock holds is marked as locked, whether the key or only the lock is new, until
// nobody wants the lock.
func TestEtcdV3FeedMarksOwnLocks(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		v3MustPut(t, s, "marks/old")
		follow := func() (kv.Feed, map[string]kv.Event) {
			feed, err := s.Follow("marks", kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = feed.Close() })
			tree := map[string]kv.Event{}
			v3FeedUntil(t, feed, tree, v3Synced)
			return feed, tree
		}
		feed, tree := follow()
		flags := func(tree map[string]kv.Event, want kv.KeyFlags) func(kv.Batch) bool {
			return func(kv.Batch) bool {
				return len(tree) == 2 && tree["marks/old"].Flags == want && tree["marks/new"].Flags == want
			}
		}
		var locks []kv.Locker
		for key, options := range map[string]*kv.LockOptions{"marks/old": nil, "marks/new": {Value: []byte("mine")}} {
			lock, err := s.NewLock(key, options)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := lock.Lock(); err != nil {
				t.Fatal(err)
			}
			locks = append(locks, lock)
		}
		v3FeedUntil(t, feed, tree, flags(tree, kv.Locked))
		if _, listed := follow(); !flags(listed, kv.Locked)(kv.Batch{}) {
			t.Errorf("listed as %+v", listed)
		}
		for _, lock := range locks {
			if err := lock.Unlock(); err != nil {
				t.Fatal(err)
			}
		}
		v3FeedUntil(t, feed, tree, flags(tree, 0))
	})
}
