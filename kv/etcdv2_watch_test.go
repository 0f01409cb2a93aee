package kv_test

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// etcdFeedReader reads a feed into a tree.
type etcdFeedReader struct {
	feed   kv.Feed
	tree   map[string]kv.Event
	state  kv.State
	missed kv.Missed
	synced bool
}

// newEtcdFeed opens a feed that the test closes, and reads its first listing.
func newEtcdFeed(t *testing.T, s kv.Store, prefix string) *etcdFeedReader {
	t.Helper()
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = feed.Close() })
	r := &etcdFeedReader{feed: feed, tree: map[string]kv.Event{}}
	r.until(t, "a listing", func() bool { return r.synced })
	return r
}

// until reads batches until enough says so.
func (r *etcdFeedReader) until(t *testing.T, what string, enough func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !enough() {
		b, err := r.feed.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v; there is %v", what, err, r.keys())
		}
		r.take(b)
	}
}

func (r *etcdFeedReader) take(b kv.Batch) {
	if b.Begin {
		clear(r.tree)
	}
	for _, e := range b.Events {
		if e.Kind == kv.DeleteEvent {
			delete(r.tree, e.Key)
		} else {
			r.tree[e.Key] = e
		}
	}
	r.state, r.synced = b.State, r.synced || b.Synced
	r.missed |= b.Missed
}

func (r *etcdFeedReader) keys() string { return etcdTreeKeys(r.tree) }

// has waits until the tree has exactly these keys, in one line.
func (r *etcdFeedReader) has(t *testing.T, keys string) {
	t.Helper()
	r.until(t, keys, func() bool { return r.keys() == keys })
}

// etcdTreeKeys are a tree's keys, sorted, in one line.
func etcdTreeKeys(tree map[string]kv.Event) string {
	var pairs []*kv.KVPair
	for key := range tree {
		pairs = append(pairs, &kv.KVPair{Key: key})
	}
	return etcdSortedKeys(pairs)
}

// etcdTreeHas reads snapshots until one has exactly these keys.
func etcdTreeHas(t *testing.T, snapshots <-chan []*kv.KVPair, keys string) {
	t.Helper()
	last := "nothing"
	for deadline := time.After(30 * time.Second); ; {
		select {
		case pairs, ok := <-snapshots:
			if !ok {
				t.Fatalf("the watch ended; wanted %q, last was %q", keys, last)
			}
			if last = etcdKeysOf(pairs); last == keys {
				return
			}
		case <-deadline:
			t.Fatalf("wanted %q, last was %q", keys, last)
		}
	}
}

// etcdValueIs reads a watch until the key has that value; "" is a deletion.
func etcdValueIs(t *testing.T, values <-chan *kv.KVPair, value string) *kv.KVPair {
	t.Helper()
	for deadline := time.After(30 * time.Second); ; {
		select {
		case pair, ok := <-values:
			if !ok {
				t.Fatalf("the watch ended; wanted %q", value)
			}
			if string(pair.Value) == value && (pair.Value == nil) == (value == "") {
				return pair
			}
		case <-deadline:
			t.Fatalf("wanted %q", value)
		}
	}
}

func TestEtcdDeletedDirectoryTakesAllBelow(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := openEtcd(t, nil, server.Addr)
	for _, key := range []string{"above/dir/a/1", "above/dir/a/2", "above/dir/b", "above/dir-not/c"} {
		etcdPut(t, s, key, "v")
	}
	feed := newEtcdFeed(t, s, "above/dir")
	whole := newEtcdFeed(t, s, "above")
	tree, err := s.WatchTree("above/dir", nil)
	if err != nil {
		t.Fatal(err)
	}
	values, err := s.Watch("above/dir/a/2", nil)
	if err != nil {
		t.Fatal(err)
	}
	feed.has(t, "above/dir/a above/dir/a/1 above/dir/a/2 above/dir/b")
	etcdTreeHas(t, tree, "above/dir/a above/dir/a/1 above/dir/a/2 above/dir/b")
	etcdValueIs(t, values, "v")

	etcdctlV2(t, server, "rm", "--recursive", "/above/dir/a")
	feed.has(t, "above/dir/b")
	etcdTreeHas(t, tree, "above/dir/b")
	if gone := etcdValueIs(t, values, ""); gone.LastIndex == 0 {
		t.Errorf("the deletion has no index: %+v", gone)
	}
	etcdctlV2(t, server, "set", "/above/dir/a/2", "again")
	feed.has(t, "above/dir/a above/dir/a/2 above/dir/b")
	etcdTreeHas(t, tree, "above/dir/a above/dir/a/2 above/dir/b")
	etcdValueIs(t, values, "again")
	whole.has(t, "above/dir above/dir-not above/dir-not/c above/dir/a above/dir/a/2 above/dir/b")
	if f := feed.tree["above/dir/a"].Flags; f&kv.Directory == 0 {
		t.Errorf("the directory that came to be has the flags %v", f)
	}

	etcdctlV2(t, server, "rm", "--recursive", "/above")
	feed.has(t, "")
	whole.has(t, "")
	etcdTreeHas(t, tree, "")
	etcdValueIs(t, values, "")
	etcdPut(t, s, "above/dir/new", "v")
	feed.has(t, "above/dir/new")
	etcdTreeHas(t, tree, "above/dir/new")
}

func TestEtcdExpiry(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := openEtcd(t, nil, server.Addr)
	feed := newEtcdFeed(t, s, "expiry")
	etcdctlV2(t, server, "setdir", "--ttl", "1", "/expiry/dir")
	etcdPut(t, s, "expiry/dir/key", "v")
	etcdctlV2(t, server, "set", "--ttl", "2", "/expiry/key", "v")
	feed.has(t, "expiry/dir expiry/dir/key expiry/key")
	if f := feed.tree["expiry/key"].Flags; f != kv.Leased {
		t.Errorf("a key with a TTL has the flags %v", f)
	}
	feed.has(t, "expiry/key")
	feed.has(t, "")
}

func TestEtcdServerRestarts(t *testing.T) {
	server := kvtest.StartEtcd(t)
	s := openEtcd(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, server.Addr)
	etcdPut(t, s, "restart/a", "1")
	feed := newEtcdFeed(t, s, "restart")
	values, err := s.Watch("restart/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := s.WatchTree("restart", nil)
	if err != nil {
		t.Fatal(err)
	}
	etcdValueIs(t, values, "1")
	server.Kill()
	feed.until(t, "lost contact", func() bool { return feed.state == kv.Reconnecting })
	etcdWant(t, "Put while it is down", s.Put("restart/a", []byte("2"), nil), kv.ErrNotReachable)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	feed.until(t, "contact", func() bool { return feed.state == kv.Live })
	etcdPut(t, s, "restart/a", "3")
	etcdPut(t, s, "restart/b", "1")
	etcdValueIs(t, values, "3")
	etcdTreeHas(t, tree, "restart/a restart/b")
	feed.has(t, "restart/a restart/b")
}

func TestEtcdMissedEventsAreListedAgain(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	link := kvtest.NewLink(t, server.Addr)
	s := openEtcd(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, link.Addr())
	direct := openEtcd(t, nil, server.Addr)
	etcdPut(t, direct, "missed/stays", "1")
	etcdPut(t, direct, "missed/goes", "1")
	feed := newEtcdFeed(t, s, "missed")
	values, err := s.Watch("missed/goes", nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := s.WatchTree("missed", nil)
	if err != nil {
		t.Fatal(err)
	}
	etcdValueIs(t, values, "1")
	link.Cut()
	feed.until(t, "lost contact", func() bool { return feed.state == kv.Reconnecting })
	etcdPut(t, direct, "missed/came", "1")
	if err := direct.Delete("missed/goes"); err != nil {
		t.Fatal(err)
	}
	for i := range 600 { // each two events; the server keeps a thousand
		etcdPut(t, direct, "elsewhere/key", strconv.Itoa(i))
		if err := direct.Delete("elsewhere/key"); err != nil {
			t.Fatal(err)
		}
	}
	link.Mend()
	feed.has(t, "missed/came missed/stays")
	if feed.missed&(kv.Gap|kv.Compacted) != kv.Gap|kv.Compacted {
		t.Errorf("the feed said it missed %q", feed.missed)
	}
	etcdValueIs(t, values, "")
	etcdTreeHas(t, tree, "missed/came missed/stays")
	etcdPut(t, direct, "missed/goes", "2")
	etcdValueIs(t, values, "2")
	feed.has(t, "missed/came missed/goes missed/stays")
}

func TestEtcdReplacedStoreIsListedAgain(t *testing.T) {
	old, fresh := kvtest.SharedEtcd(t), kvtest.StartEtcd(t)
	link := kvtest.NewLink(t, old.Addr)
	s := openEtcd(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, link.Addr())
	for range 20 { // its index is beyond that of a new store
		etcdPut(t, s, "replaced/old", "1")
	}
	feed := newEtcdFeed(t, s, "replaced")
	values, err := s.Watch("replaced/old", nil)
	if err != nil {
		t.Fatal(err)
	}
	etcdValueIs(t, values, "1")
	etcdPut(t, openEtcd(t, nil, fresh.Addr), "replaced/new", "1")
	link.Cut()
	link.Lead(fresh.Addr)
	link.Mend()
	feed.has(t, "replaced/new")
	if feed.missed&kv.Gap == 0 {
		t.Errorf("the feed said it missed %q", feed.missed)
	}
	etcdValueIs(t, values, "")
}

func TestEtcdShortLossMissesNothing(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	link := kvtest.NewLink(t, server.Addr)
	s := openEtcd(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, link.Addr())
	direct := openEtcd(t, nil, server.Addr)
	etcdPut(t, direct, "short/a", "1")
	feed := newEtcdFeed(t, s, "short")
	link.Cut()
	feed.until(t, "lost contact", func() bool { return feed.state == kv.Reconnecting })
	etcdPut(t, direct, "short/b", "1")
	link.Mend()
	feed.has(t, "short/a short/b")
	feed.until(t, "contact", func() bool { return feed.state == kv.Live })
	if feed.missed != 0 {
		t.Errorf("the feed said it missed %q", feed.missed)
	}
}

// TestEtcdManyWritesAreAllTold writes several times more than the thousand
// events that the server remembers.
func TestEtcdManyWritesAreAllTold(t *testing.T) {
	const writers, each = 8, 500
	s := openEtcd(t, nil, kvtest.SharedEtcd(t).Addr)
	feed := newEtcdFeed(t, s, "many")
	tree, err := s.WatchTree("many", nil)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if err := s.Put(fmt.Sprintf("many/%d/%d", w, i), []byte("v"), nil); err != nil {
					t.Error(err)
					return
				}
				if i%5 == 4 { // a fifth of them goes again
					if err := s.Delete(fmt.Sprintf("many/%d/%d", w, i-2)); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	pairs, err := s.List("many")
	if err != nil || len(pairs) != writers*(each*4/5+1) {
		t.Fatalf("%d keys, %v", len(pairs), err)
	}
	want := map[string]uint64{}
	for _, pair := range pairs {
		want[pair.Key] = pair.LastIndex
	}
	feed.until(t, "all writes", func() bool {
		got := map[string]uint64{}
		for key, e := range feed.tree {
			got[key] = e.Index
		}
		return maps.Equal(got, want)
	})
	etcdTreeHas(t, tree, etcdKeysOf(pairs))
	t.Logf("the feed missed %q", feed.missed)
}

func TestEtcdWatchesEndWithTheStore(t *testing.T) {
	s := openEtcd(t, nil, kvtest.SharedEtcd(t).Addr)
	stop := make(chan struct{})
	stopped, err := s.Watch("ends/a", stop)
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	for range stopped {
		t.Error("a value of a key that is not there")
	}
	values, err := s.Watch("ends/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := s.WatchTree("ends", nil)
	if err != nil {
		t.Fatal(err)
	}
	feed := newEtcdFeed(t, s, "ends")
	s.Close()
	for range values {
		t.Error("a value of a key that is not there")
	}
	for range tree { // the first, empty snapshot may be in it
	}
	for {
		if _, err := feed.feed.Next(t.Context()); err != nil {
			etcdWant(t, "Next", err, kv.ErrClosed)
			break
		}
	}
	_, err = s.Watch("ends/a", nil)
	etcdWant(t, "Watch", err, kv.ErrClosed)
	_, err = kv.Follow(s, "ends", kv.FollowOptions{})
	etcdWant(t, "Follow", err, kv.ErrClosed)
	s.Close()
}
