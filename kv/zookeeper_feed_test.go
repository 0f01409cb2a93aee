package kv_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// zkFeedReader reads a feed as the screen does.
type zkFeedReader struct {
	*testing.T
	feed   kv.Feed
	keys   map[string]kv.Event
	missed kv.Missed
	state  kv.State
}

func zkReader(t *testing.T, feed kv.Feed) *zkFeedReader {
	return &zkFeedReader{T: t, feed: feed, keys: map[string]kv.Event{}}
}

// until reads batches until ok returns true.
func (f *zkFeedReader) until(what string, ok func(kv.Batch) bool) kv.Batch {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), zkPatience)
	defer cancel()
	for {
		b, err := f.feed.Next(ctx)
		if err != nil {
			f.Fatalf("%s: %v; keys %v", what, err, f.sorted())
		}
		if b.Begin {
			clear(f.keys)
		}
		for _, e := range b.Events {
			if e.Kind == kv.DeleteEvent {
				delete(f.keys, e.Key)
			} else {
				f.keys[e.Key] = e
			}
		}
		f.missed |= b.Missed
		f.state = b.State
		if ok(b) {
			return b
		}
	}
}

func (f *zkFeedReader) sorted() []string {
	var keys []string
	for k := range f.keys {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// A watch, a tree watch and a feed outlive their server, and report what changed before they were
// connected again.
func TestZookeeperSurvivesARestart(t *testing.T) {
	t.Parallel()
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	for _, key := range []string{"r/a", "r/b", "r/c/d"} {
		zkMust(t, s.Put(key, []byte("1"), nil))
	}
	feed, err := kv.Follow(s, "r", kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	f.until("listed", func(b kv.Batch) bool { return b.Synced })
	one, err := s.Watch("r/a", nil)
	zkMust(t, err)
	tree, err := s.WatchTree("r", nil)
	zkMust(t, err)
	zkAwait(t, "the first value", one, func(p *kv.KVPair) bool { return string(p.Value) == "1" })
	zkAwait(t, "the first tree", tree, func(pairs []*kv.KVPair) bool { return len(pairs) == 4 })

	server.Kill()
	f.until("lost", func(b kv.Batch) bool { return b.State == kv.Reconnecting && b.Err != nil })
	zkMust(t, server.Restart())
	native := zkNative(t, server.Addr)
	_, err = native.Set("/r/a", []byte("22"), -1)
	zkMust(t, err)
	zkMust(t, native.Delete("/r/b", -1))
	_, err = native.Create("/r/e", nil, 0, zk.WorldACL(zk.PermAll))
	zkMust(t, err)

	f.until("listed again", func(kv.Batch) bool {
		return f.state == kv.Live && f.keys["r/a"].Size == 2 && slices.Equal(f.sorted(), []string{"r/a", "r/c", "r/c/d", "r/e"})
	})
	if f.missed&kv.Gap == 0 {
		t.Error("the gap is not reported")
	}
	zkAwait(t, "the new value", one, func(p *kv.KVPair) bool { return string(p.Value) == "22" })
	zkAwait(t, "the new tree", tree, func(pairs []*kv.KVPair) bool {
		return len(pairs) == 4 && pairs[0].Key == "r/a" && string(pairs[0].Value) == "22" && pairs[3].Key == "r/e"
	})
	zkMust(t, s.Put("r/a", []byte("333"), nil))
	f.until("live again", func(kv.Batch) bool { return f.keys["r/a"].Size == 3 })
	zkAwait(t, "the last value", one, func(p *kv.KVPair) bool { return string(p.Value) == "333" })
}

func zkAwait[T any](t *testing.T, what string, c <-chan T, ok func(T) bool) {
	t.Helper()
	end := time.After(zkPatience)
	for {
		select {
		case v, open := <-c:
			if !open {
				t.Fatalf("%s: the channel was closed", what)
			}
			if ok(v) {
				return
			}
		case <-end:
			t.Fatalf("%s: not within %v", what, zkPatience)
		}
	}
}

// A feed marks ephemeral keys, and keys with a queue of contenders below or beside them.
func TestZookeeperFeedMarksKeys(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, native, prefix := zkOpen(t, server.Addr, nil), zkNative(t, server.Addr), zkPrefix()
	zkMust(t, s.Put(prefix+"/e", nil, &kv.WriteOptions{Ephemeral: true}))
	foreign := zk.NewLock(native, "/"+prefix+"/foreign", zk.WorldACL(zk.PermAll))
	zkMust(t, foreign.Lock())
	own, err := s.NewLock(prefix+"/own", &kv.LockOptions{Value: []byte("v")})
	zkMust(t, err)
	_, err = own.Lock()
	zkMust(t, err)

	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	flags := func(key string) kv.KeyFlags { return f.keys[prefix+key].Flags }
	f.until("the marks", func(kv.Batch) bool {
		return flags("/e") == kv.Ephemeral && flags("/foreign") == kv.Locked && flags("/own") == kv.Locked
	})
	for key := range f.keys {
		if strings.Contains(key, "kvist-lock") {
			t.Errorf("the queue shows: %q", key)
		}
	}
	zkMust(t, foreign.Unlock())
	zkMust(t, own.Unlock())
	f.until("the marks gone", func(kv.Batch) bool { return flags("/foreign") == 0 && flags("/own") == 0 })
	_, err = own.Lock()
	zkMust(t, err)
	f.until("the mark again", func(kv.Batch) bool { return flags("/own") == kv.Locked })
	zkMust(t, own.Unlock())
}

// A feed follows the rest of a subtree that the login may not read whole, and says so.
func TestZookeeperFeedSaysWhatItCannotRead(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, native, prefix := zkOpen(t, server.Addr, nil), zkNative(t, server.Addr), zkPrefix()
	zkMust(t, s.Put(prefix+"/open", []byte("1"), nil))
	_, err := native.Create("/"+prefix+"/shut", []byte("22"), 0, zk.DigestACL(zk.PermAll, "olga", "secret"))
	zkMust(t, err)
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	b := f.until("listed", func(b kv.Batch) bool { return b.Synced })
	if !errors.Is(b.Err, kv.ErrDenied) || b.State != kv.Live || f.keys[prefix+"/open"].Size != 1 || f.keys[prefix+"/shut"].Size != 2 {
		t.Errorf("%+v, keys %v", b, f.keys)
	}
}

// A feed of a node that the login may not read says so, and follows it once the rights have
// changed, though a change of rights fires no watch.
func TestZookeeperFeedOfADeniedNode(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, native, prefix := zkOpen(t, server.Addr, nil), zkNative(t, server.Addr), zkPrefix()
	zkMust(t, native.AddAuth("digest", []byte("olga:secret")))
	for _, node := range []string{prefix, prefix + "/a"} {
		_, err := native.Create("/"+node, nil, 0, zk.DigestACL(zk.PermAll, "olga", "secret"))
		zkMust(t, err)
	}
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	b := f.until("the refusal", func(b kv.Batch) bool { return b.Err != nil })
	if !errors.Is(b.Err, kv.ErrDenied) || b.State != kv.Denied || b.Since.IsZero() {
		t.Errorf("%v since %v: %v", b.State, b.Since, b.Err)
	}
	for _, node := range []string{prefix, prefix + "/a"} {
		_, err := native.SetACL("/"+node, zk.WorldACL(zk.PermAll), -1)
		zkMust(t, err)
	}
	f.until("what may be read now", func(b kv.Batch) bool { return len(f.keys) == 1 && b.Err == nil && f.state == kv.Live })
}

// The server's own nodes are in no listing, and are not deleted.
func TestZookeeperHidesTheServersOwn(t *testing.T) {
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	zkMust(t, s.Put("a", []byte("1"), nil))
	feed, err := kv.Follow(s, "", kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	f.until("listed", func(b kv.Batch) bool { return b.Synced })
	native := zkNative(t, server.Addr)
	_, err = native.Create("/zookeeper/quota/x", nil, 0, zk.WorldACL(zk.PermAll))
	zkMust(t, err)
	zkMust(t, s.Put("b", []byte("1"), nil))
	f.until("b", func(kv.Batch) bool { return f.keys["b"].Size == 1 })
	if got := f.sorted(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the feed shows %q", got)
	}
	if pairs, err := s.List(""); err != nil || len(pairs) != 2 {
		t.Errorf("list: %v, %v", pairs, err)
	}
	if err := s.DeleteTree("zookeeper"); !errors.Is(err, kv.ErrInvalidKey) {
		t.Errorf("delete: %v", err)
	}
	if pairs, err := s.List("zookeeper"); err != nil || len(pairs) == 0 {
		t.Errorf("not reachable at all: %v, %v", pairs, err)
	}
}

// After contact was lost for longer than the server keeps a session, watches and feeds go on, and
// the lock is known to be lost.
func TestZookeeperSurvivesTheEndOfItsSession(t *testing.T) {
	t.Parallel()
	server := kvtest.StartZooKeeper(t, kvtest.WithConfig("tickTime=500\nmaxSessionTimeout=1500"))
	link := kvtest.NewLink(t, server.Addr)
	s, native := zkOpen(t, link.Addr(), nil), zkNative(t, server.Addr)
	zkMust(t, s.Put("x/a", []byte("1"), nil))
	zkMust(t, s.Put("x/e", nil, &kv.WriteOptions{Ephemeral: true}))
	one, err := s.Watch("x/a", nil)
	zkMust(t, err)
	zkAwait(t, "the first value", one, func(p *kv.KVPair) bool { return string(p.Value) == "1" })
	feed, err := kv.Follow(s, "x", kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	f.until("listed", func(b kv.Batch) bool { return b.Synced })
	l, err := s.NewLock("x/l", nil)
	zkMust(t, err)
	lost, err := l.Lock()
	zkMust(t, err)

	link.Cut()
	for there := true; there; { // until the server has ended the session
		var gone <-chan zk.Event
		there, _, gone, err = native.ExistsW("/x/e")
		zkMust(t, err)
		if there {
			<-gone
		}
	}
	_, err = native.Set("/x/a", []byte("2"), -1)
	zkMust(t, err)
	select {
	case <-lost:
	case <-time.After(zkPatience):
		t.Fatal("the lock is not known to be lost")
	}
	link.Mend()
	zkAwait(t, "the value that came meanwhile", one, func(p *kv.KVPair) bool { return string(p.Value) == "2" })
	f.until("listed again", func(kv.Batch) bool { _, there := f.keys["x/e"]; return f.state == kv.Live && !there })
	if f.missed&kv.Gap == 0 {
		t.Error("the gap is not reported")
	}
	_, err = native.Set("/x/a", []byte("3"), -1)
	zkMust(t, err)
	zkAwait(t, "the next value", one, func(p *kv.KVPair) bool { return string(p.Value) == "3" })
	zkMust(t, s.Put("x/e", nil, &kv.WriteOptions{Ephemeral: true}))
	f.until("the ephemeral key again", func(kv.Batch) bool { return f.keys["x/e"].Flags == kv.Ephemeral })
	_, err = l.Lock()
	zkMust(t, err)
	zkMust(t, l.Unlock())
}
