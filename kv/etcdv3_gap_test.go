package kv_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// openLinked opens a store over a link.
func openLinked(t *testing.T, server *kvtest.Server) (*kvtest.Link, *kv.EtcdV3) {
	t.Helper()
	l := kvtest.NewLink(t, server.Addr)
	s, err := kv.InitializeEtcdV3([]string{l.Addr()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return l, s.(*kv.EtcdV3)
}

func TestEtcdV3FeedBridgesALostContact(t *testing.T) {
	eachEtcdV3(t, func(t *testing.T, server *kvtest.Server, direct *kv.EtcdV3) {
		l, s := openLinked(t, server)
		mustPut(t, direct, "bridge/"+t.Name()+"/a")
		feed, err := s.Follow("bridge/" + t.Name())
		if err != nil {
			t.Fatal(err)
		}
		defer feed.Close()
		tree := map[string]kv.Event{}
		feedUntil(t, feed, tree, synced)
		l.Cut()
		feedUntil(t, feed, tree, func(b kv.Batch) bool { return b.State == kv.Reconnecting && b.Err != nil })
		mustPut(t, direct, "bridge/"+t.Name()+"/b")
		l.Mend()
		relisted := false
		b := feedUntil(t, feed, tree, func(b kv.Batch) bool {
			relisted = relisted || b.Begin
			return b.State == kv.Live && len(tree) == 2
		})
		if relisted || b.Missed != 0 || b.Err != nil {
			t.Errorf("nothing was missed, but: listed anew %v, %+v", relisted, b)
		}
	})
}

func TestEtcdV3FeedAfterACompaction(t *testing.T) {
	server := kvtest.StartEtcd(t)
	direct := openEtcdV3(t, server, nil)
	l, s := openLinked(t, server)
	mustPut(t, direct, "compact/a")
	mustPut(t, direct, "compact/b")
	feed, err := s.Follow("compact")
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	snapshots, err := s.WatchTree("compact", t.Context().Done())
	if err != nil {
		t.Fatal(err)
	}
	states, err := s.Watch("compact/a", t.Context().Done())
	if err != nil {
		t.Fatal(err)
	}
	tree := map[string]kv.Event{}
	feedUntil(t, feed, tree, synced)
	<-snapshots
	<-states
	l.Cut()
	feedUntil(t, feed, tree, func(b kv.Batch) bool { return b.State == kv.Reconnecting })
	if err := direct.Delete("compact/a"); err != nil {
		t.Fatal(err)
	}
	mustPut(t, direct, "compact/c")
	etcdctl(t, server, "compact", strconv.FormatUint(revision(t, direct), 10))
	l.Mend()
	var missed kv.Missed
	feedUntil(t, feed, tree, func(b kv.Batch) bool {
		missed |= b.Missed
		return b.Synced
	})
	if _, there := tree["compact/a"]; missed&kv.Compacted == 0 || len(tree) != 2 || there {
		t.Errorf("missed %q, tree %v", missed, tree)
	}
	if pairs := <-snapshots; len(pairs) != 2 || pairs[1].Key != "compact/c" {
		t.Errorf("snapshot %v", pairs)
	}
	if pair := <-states; pair.Value != nil || pair.LastIndex == 0 {
		t.Errorf("the deleted key: %+v", pair)
	}
}

// A server that lost its data counts revisions from the start again: the feed
// must not wait for those it knows of.
func TestEtcdV3FeedOfAnotherHistory(t *testing.T) {
	server := kvtest.StartEtcd(t)
	s := openEtcdV3(t, server, nil)
	for range 5 {
		mustPut(t, s, "history/old")
	}
	feed, err := s.Follow("history")
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	feedUntil(t, feed, tree, synced)
	server.Kill()
	if err := os.RemoveAll(filepath.Join(server.Dir, "data")); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	var missed kv.Missed
	feedUntil(t, feed, tree, func(b kv.Batch) bool {
		missed |= b.Missed
		return b.Synced
	})
	if missed&kv.Gap == 0 || len(tree) != 0 {
		t.Errorf("missed %q, tree %v", missed, tree)
	}
	mustPut(t, s, "history/new")
	feedUntil(t, feed, tree, func(kv.Batch) bool { return len(tree) == 1 })
}

func TestEtcdV3Meta(t *testing.T) {
	eachEtcdV3(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		mine := openEtcdV3(t, server, nil)
		if err := mine.Put("meta/leased", []byte("123"), &kv.WriteOptions{Ephemeral: true}); err != nil {
			t.Fatal(err)
		}
		mustPut(t, s, "meta/plain")
		mustPut(t, s, "meta/plain")
		meta, err := s.Meta(t.Context(), "meta/leased")
		if err != nil || meta.Size != 3 || len(meta.Owner) != 16 || meta.TTL != kv.DefaultEphemeralTTL || meta.Left <= 0 || meta.Left > meta.TTL {
			t.Errorf("%+v, %v", meta, err)
		}
		meta, err = s.Meta(t.Context(), "meta/plain")
		if err != nil || meta.Version != 2 || meta.Created == 0 || meta.Modified <= meta.Created || meta.Owner != "" || meta.Left >= 0 {
			t.Errorf("%+v, %v", meta, err)
		}
		health, err := s.Health(t.Context())
		if err != nil || !health.Healthy || health.Leader == "" || health.Members != 1 || len(health.Server) < len("etcd 3.4") {
			t.Errorf("%+v, %v", health, err)
		}
	})
}

func mustPut(t *testing.T, s kv.Store, key string) {
	t.Helper()
	if err := s.Put(key, []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
}
