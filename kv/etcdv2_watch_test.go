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

// v2FeedReader reads a feed into a tree.
type v2FeedReader struct {
	feed   kv.Feed
	tree   map[string]kv.Event
	state  kv.State
	missed kv.Missed
	synced bool
}

// v2NewFeed opens a feed that the test closes, and reads its first listing.
func v2NewFeed(t *testing.T, s kv.Store, prefix string) *v2FeedReader {
	t.Helper()
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = feed.Close() })
	r := &v2FeedReader{feed: feed, tree: map[string]kv.Event{}}
	r.until(t, "a listing", func() bool { return r.synced })
	return r
}

// until reads batches until enough returns true.
func (r *v2FeedReader) until(t *testing.T, what string, enough func() bool) {
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

func (r *v2FeedReader) take(b kv.Batch) {
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

func (r *v2FeedReader) keys() string { return v2TreeKeys(r.tree) }

// has waits until the tree has exactly these keys, in one line.
func (r *v2FeedReader) has(t *testing.T, keys string) {
	t.Helper()
	r.until(t, keys, func() bool { return r.keys() == keys })
}

// v2TreeKeys returns a tree's keys, sorted, in one line.
func v2TreeKeys(tree map[string]kv.Event) string {
	var pairs []*kv.KVPair
	for key := range tree {
		pairs = append(pairs, &kv.KVPair{Key: key})
	}
	return v2SortedKeys(pairs)
}

// v2TreeHas reads snapshots until one has exactly these keys.
func v2TreeHas(t *testing.T, snapshots <-chan []*kv.KVPair, keys string) {
	t.Helper()
	last := "nothing"
	for deadline := time.After(30 * time.Second); ; {
		select {
		case pairs, ok := <-snapshots:
			if !ok {
				t.Fatalf("the watch ended; wanted %q, last was %q", keys, last)
			}
			if last = v2KeysOf(pairs); last == keys {
				return
			}
		case <-deadline:
			t.Fatalf("wanted %q, last was %q", keys, last)
		}
	}
}

// v2ValueIs reads a watch until the key has that value; "" is a deletion.
func v2ValueIs(t *testing.T, values <-chan *kv.KVPair, value string) *kv.KVPair {
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

// The one event for a deleted directory deletes every key below it.
func TestEtcdV2DeletedDirectoryTakesAllBelow(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v2Open(t, nil, server.Addr)
	for _, key := range []string{"above/dir/a/1", "above/dir/a/2", "above/dir/b", "above/dir-not/c"} {
		v2Put(t, s, key, "v")
	}
	feed := v2NewFeed(t, s, "above/dir")
	whole := v2NewFeed(t, s, "above")
	tree, err := s.WatchTree("above/dir", nil)
	if err != nil {
		t.Fatal(err)
	}
	values, err := s.Watch("above/dir/a/2", nil)
	if err != nil {
		t.Fatal(err)
	}
	feed.has(t, "above/dir/a above/dir/a/1 above/dir/a/2 above/dir/b")
	v2TreeHas(t, tree, "above/dir/a above/dir/a/1 above/dir/a/2 above/dir/b")
	v2ValueIs(t, values, "v")

	v2Ctl(t, server, "rm", "--recursive", "/above/dir/a")
	feed.has(t, "above/dir/b")
	v2TreeHas(t, tree, "above/dir/b")
	if gone := v2ValueIs(t, values, ""); gone.LastIndex == 0 {
		t.Errorf("the deletion has no index: %+v", gone)
	}
	v2Ctl(t, server, "set", "/above/dir/a/2", "again")
	feed.has(t, "above/dir/a above/dir/a/2 above/dir/b")
	v2TreeHas(t, tree, "above/dir/a above/dir/a/2 above/dir/b")
	v2ValueIs(t, values, "again")
	whole.has(t, "above/dir above/dir-not above/dir-not/c above/dir/a above/dir/a/2 above/dir/b")
	if f := feed.tree["above/dir/a"].Flags; f&kv.Directory == 0 {
		t.Errorf("the directory that came to be has the flags %v", f)
	}

	v2Ctl(t, server, "rm", "--recursive", "/above")
	feed.has(t, "")
	whole.has(t, "")
	v2TreeHas(t, tree, "")
	v2ValueIs(t, values, "")
	v2Put(t, s, "above/dir/new", "v")
	feed.has(t, "above/dir/new")
	v2TreeHas(t, tree, "above/dir/new")
}

// A key or directory that expires is deleted from a feed.
func TestEtcdV2Expiry(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v2Open(t, nil, server.Addr)
	feed := v2NewFeed(t, s, "expiry")
	v2Ctl(t, server, "setdir", "--ttl", "1", "/expiry/dir")
	v2Put(t, s, "expiry/dir/key", "v")
	v2Ctl(t, server, "set", "--ttl", "2", "/expiry/key", "v")
	feed.has(t, "expiry/dir expiry/dir/key expiry/key")
	if f := feed.tree["expiry/key"].Flags; f != kv.Leased {
		t.Errorf("a key with a TTL has the flags %v", f)
	}
	feed.has(t, "expiry/key")
	feed.has(t, "")
}

// Feeds and watches go on after the server was restarted.
func TestEtcdV2ServerRestarts(t *testing.T) {
	server := kvtest.StartEtcd(t)
	s := v2Open(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, server.Addr)
	v2Put(t, s, "restart/a", "1")
	feed := v2NewFeed(t, s, "restart")
	values, err := s.Watch("restart/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := s.WatchTree("restart", nil)
	if err != nil {
		t.Fatal(err)
	}
	v2ValueIs(t, values, "1")
	server.Kill()
	feed.until(t, "lost contact", func() bool { return feed.state == kv.Reconnecting })
	v2Want(t, "Put while it is down", s.Put("restart/a", []byte("2"), nil), kv.ErrNotReachable)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	feed.until(t, "contact", func() bool { return feed.state == kv.Live })
	v2Put(t, s, "restart/a", "3")
	v2Put(t, s, "restart/b", "1")
	v2ValueIs(t, values, "3")
	v2TreeHas(t, tree, "restart/a restart/b")
	feed.has(t, "restart/a restart/b")
}

// If the server no longer has the events needed, the feed lists again and says so.
func TestEtcdV2MissedEventsAreListedAgain(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	link := kvtest.NewLink(t, server.Addr)
	s := v2Open(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, link.Addr())
	direct := v2Open(t, nil, server.Addr)
	v2Put(t, direct, "missed/stays", "1")
	v2Put(t, direct, "missed/goes", "1")
	feed := v2NewFeed(t, s, "missed")
	values, err := s.Watch("missed/goes", nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := s.WatchTree("missed", nil)
	if err != nil {
		t.Fatal(err)
	}
	v2ValueIs(t, values, "1")
	link.Cut()
	feed.until(t, "lost contact", func() bool { return feed.state == kv.Reconnecting })
	v2Put(t, direct, "missed/came", "1")
	if err := direct.Delete("missed/goes"); err != nil {
		t.Fatal(err)
	}
	for i := range 600 { // each two events; the server keeps a thousand
		v2Put(t, direct, "elsewhere/key", strconv.Itoa(i))
		if err := direct.Delete("elsewhere/key"); err != nil {
			t.Fatal(err)
		}
	}
	link.Mend()
	feed.has(t, "missed/came missed/stays")
	if feed.missed&(kv.Gap|kv.Compacted) != kv.Gap|kv.Compacted {
		t.Errorf("the feed said it missed %q", feed.missed)
	}
	v2ValueIs(t, values, "")
	v2TreeHas(t, tree, "missed/came missed/stays")
	v2Put(t, direct, "missed/goes", "2")
	v2ValueIs(t, values, "2")
	feed.has(t, "missed/came missed/goes missed/stays")
}

// A store that was replaced by another, with a lower index, is listed again.
func TestEtcdV2ReplacedStoreIsListedAgain(t *testing.T) {
	old, fresh := kvtest.SharedEtcd(t), kvtest.StartEtcd(t)
	link := kvtest.NewLink(t, old.Addr)
	s := v2Open(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, link.Addr())
	for range 20 { // its index is beyond that of a new store
		v2Put(t, s, "replaced/old", "1")
	}
	feed := v2NewFeed(t, s, "replaced")
	values, err := s.Watch("replaced/old", nil)
	if err != nil {
		t.Fatal(err)
	}
	v2ValueIs(t, values, "1")
	v2Put(t, v2Open(t, nil, fresh.Addr), "replaced/new", "1")
	link.Cut()
	link.Lead(fresh.Addr)
	link.Mend()
	feed.has(t, "replaced/new")
	if feed.missed&kv.Gap == 0 {
		t.Errorf("the feed said it missed %q", feed.missed)
	}
	v2ValueIs(t, values, "")
}

// A short loss of contact misses nothing.
func TestEtcdV2ShortLossMissesNothing(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	link := kvtest.NewLink(t, server.Addr)
	s := v2Open(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, link.Addr())
	direct := v2Open(t, nil, server.Addr)
	v2Put(t, direct, "short/a", "1")
	feed := v2NewFeed(t, s, "short")
	link.Cut()
	feed.until(t, "lost contact", func() bool { return feed.state == kv.Reconnecting })
	v2Put(t, direct, "short/b", "1")
	link.Mend()
	feed.has(t, "short/a short/b")
	feed.until(t, "contact", func() bool { return feed.state == kv.Live })
	if feed.missed != 0 {
		t.Errorf("the feed said it missed %q", feed.missed)
	}
}

// After several times more events than the server keeps, a feed and a watch have what is there.
func TestEtcdV2FollowsManyWrites(t *testing.T) {
	const writers, each = 8, 500
	s := v2Open(t, nil, kvtest.SharedEtcd(t).Addr)
	feed := v2NewFeed(t, s, "many")
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
	v2TreeHas(t, tree, v2KeysOf(pairs))
	t.Logf("the feed missed %q", feed.missed)
}

// Watches and feeds end with their channel and with the store.
func TestEtcdV2WatchesEndWithTheStore(t *testing.T) {
	s := v2Open(t, nil, kvtest.SharedEtcd(t).Addr)
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
	feed := v2NewFeed(t, s, "ends")
	s.Close()
	for range values {
		t.Error("a value of a key that is not there")
	}
	for range tree { // the first, empty snapshot may be in it
	}
	for {
		if _, err := feed.feed.Next(t.Context()); err != nil {
			v2Want(t, "Next", err, kv.ErrClosed)
			break
		}
	}
	_, err = s.Watch("ends/a", nil)
	v2Want(t, "Watch", err, kv.ErrClosed)
	_, err = kv.Follow(s, "ends", kv.FollowOptions{})
	v2Want(t, "Follow", err, kv.ErrClosed)
	s.Close()
}
