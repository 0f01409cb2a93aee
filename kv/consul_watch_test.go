package kv_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// consulFeedReader applies a feed to a tree like the explorer.
type consulFeedReader struct {
	t      *testing.T
	feed   kv.Feed
	tree   map[string]kv.Event
	dirs   map[string]bool // folders that were reported
	last   kv.Batch
	synced int
	state  kv.State
	missed kv.Missed
	err    error
}

func newConsulFeed(t *testing.T, feed kv.Feed) *consulFeedReader {
	t.Helper()
	t.Cleanup(func() { _ = feed.Close() })
	return &consulFeedReader{t: t, feed: feed, tree: map[string]kv.Event{}, dirs: map[string]bool{}}
}

// until reads the feed until enough reports true.
func (r *consulFeedReader) until(what string, enough func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for !enough() {
		b, err := r.feed.Next(ctx)
		if err != nil {
			r.t.Fatalf("no %s: %v; %d keys, state %v, %v", what, err, len(r.tree), r.state, r.err)
		}
		r.apply(b)
	}
}

func (r *consulFeedReader) apply(b kv.Batch) {
	if b.Begin {
		clear(r.tree)
		clear(r.dirs)
	}
	r.last = b
	for _, e := range b.Events {
		switch e.Kind {
		case kv.PutEvent:
			r.tree[e.Key] = e
		case kv.DeleteEvent:
			delete(r.tree, e.Key)
		case kv.FolderEvent, kv.FolderGoneEvent:
			below := func(key string) bool { return strings.HasPrefix(key, e.Key+"/") }
			maps.DeleteFunc(r.tree, func(key string, _ kv.Event) bool { return below(key) })
			maps.DeleteFunc(r.dirs, func(dir string, _ bool) bool { return below(dir) || dir == e.Key })
			if e.Kind == kv.FolderEvent {
				r.dirs[e.Key] = true
			}
		}
	}
	if b.Synced {
		r.synced++
	}
	r.state, r.err = b.State, b.Err
	r.missed |= b.Missed
}

// Watch, WatchTree and a feed survive the restart of the server.
func TestConsulServerRestarts(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s := openConsul(t, nil, server.Addr)
	if err := s.Put("dir/a", []byte("1"), nil); err != nil {
		t.Fatal(err)
	}
	values, err := s.Watch("dir/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	trees, err := s.WatchTree("dir", nil)
	if err != nil {
		t.Fatal(err)
	}
	feed, err := s.Follow("dir", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := newConsulFeed(t, feed)
	r.until("listing", func() bool { return r.synced == 1 })
	<-values
	<-trees

	server.Kill()
	r.until("loss of contact", func() bool { return r.state == kv.Reconnecting })
	consulWant(t, "the feed's error", r.err, kv.ErrNotReachable)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	consulEventually(t, "a write after the restart", func() bool { return s.Put("dir/a", []byte("2"), nil) == nil })
	if pair := <-values; string(pair.Value) != "2" {
		t.Errorf("%+v came", pair)
	}
	for tree := range trees {
		if len(tree) == 1 && string(tree[0].Value) == "2" {
			break
		}
	}
	now, err := s.Get("dir/a")
	if err != nil {
		t.Fatal(err)
	}
	r.until("the change", func() bool { return r.state == kv.Live && r.tree["dir/a"].Index == now.LastIndex })
	if r.missed&kv.Gap == 0 || r.err != nil {
		t.Errorf("after lost contact: missed %v, %v", r.missed, r.err)
	}
}

// The feed marks the keys that a session holds, and those of them that are ephemeral.
func TestConsulFeedMarksSessions(t *testing.T) {
	server := kvtest.StartConsul(t)
	s := openConsul(t, nil, server.Addr)
	feed, err := s.Follow("dir", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := newConsulFeed(t, feed)
	r.until("empty listing", func() bool { return r.synced == 1 })
	if err := s.Put("dir/e", []byte("12"), &kv.WriteOptions{Ephemeral: true}); err != nil {
		t.Fatal(err)
	}
	lock, err := s.NewLock("dir/l", &kv.LockOptions{Value: []byte("1234")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	r.until("both keys", func() bool { return len(r.tree) == 2 })
	if e := r.tree["dir/e"]; e.Flags != kv.Locked|kv.Ephemeral || e.Size != 2 {
		t.Errorf("%+v", e)
	}
	if e := r.tree["dir/l"]; e.Flags != kv.Locked || e.Size != 4 {
		t.Errorf("%+v", e)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	r.until("the lock free", func() bool { return r.tree["dir/l"].Flags == 0 })
	if e := r.tree["dir/l"]; e.Size != 4 {
		t.Errorf("the value went with the lock: %+v", e)
	}
}
