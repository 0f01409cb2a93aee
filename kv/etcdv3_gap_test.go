package kv_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3OpenLinked opens a store over a link that can be cut.
func v3OpenLinked(t *testing.T, server *kvtest.Server) (*kvtest.Link, *kv.EtcdV3) {
	t.Helper()
	l := kvtest.NewLink(t, server.Addr)
	s, err := kv.InitializeEtcdV3([]string{l.Addr()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return l, s.(*kv.EtcdV3)
}

// A feed that lost contact goes on from the last revision, without a listing.
func TestEtcdV3FeedBridgesALostContact(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, direct *kv.EtcdV3) {
		l, s := v3OpenLinked(t, server)
		v3MustPut(t, direct, "bridge/"+t.Name()+"/a")
		feed, err := s.Follow("bridge/"+t.Name(), kv.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer feed.Close()
		tree := map[string]kv.Event{}
		v3FeedUntil(t, feed, tree, v3Synced)
		l.Cut()
		v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.State == kv.Reconnecting && b.Err != nil })
		v3MustPut(t, direct, "bridge/"+t.Name()+"/b")
		l.Mend()
		relisted := false
		b := v3FeedUntil(t, feed, tree, func(b kv.Batch) bool {
			relisted = relisted || b.Begin
			return b.State == kv.Live && len(tree) == 2
		})
		if relisted || b.Missed != 0 || b.Err != nil {
			t.Errorf("nothing was missed, but: listed anew %v, %+v", relisted, b)
		}
	})
}

// A feed whose history was compacted while it had no contact lists again and says so.
func TestEtcdV3FeedAfterACompaction(t *testing.T) {
	server := kvtest.StartEtcd(t)
	direct := v3Open(t, server, nil)
	l, s := v3OpenLinked(t, server)
	v3MustPut(t, direct, "compact/a")
	v3MustPut(t, direct, "compact/b")
	feed, err := s.Follow("compact", kv.FollowOptions{})
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
	v3FeedUntil(t, feed, tree, v3Synced)
	<-snapshots
	<-states
	l.Cut()
	v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.State == kv.Reconnecting })
	if err := direct.Delete("compact/a"); err != nil {
		t.Fatal(err)
	}
	v3MustPut(t, direct, "compact/c")
	v3Etcdctl(t, server, "compact", strconv.FormatUint(v3Revision(t, direct), 10))
	l.Mend()
	var missed kv.Missed
	v3FeedUntil(t, feed, tree, func(b kv.Batch) bool {
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

// A server that lost its data counts revisions from the start again. The feed does not wait for
// those it knows.
func TestEtcdV3FeedOfAnotherHistory(t *testing.T) {
	server := kvtest.StartEtcd(t)
	s := v3Open(t, server, nil)
	for range 5 {
		v3MustPut(t, s, "history/old")
	}
	feed, err := s.Follow("history", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	v3FeedUntil(t, feed, tree, v3Synced)
	server.Kill()
	if err := os.RemoveAll(filepath.Join(server.Dir, "data")); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	var missed kv.Missed
	v3FeedUntil(t, feed, tree, func(b kv.Batch) bool {
		missed |= b.Missed
		return b.Synced
	})
	if missed&kv.Gap == 0 || len(tree) != 0 {
		t.Errorf("missed %q, tree %v", missed, tree)
	}
	v3MustPut(t, s, "history/new")
	v3FeedUntil(t, feed, tree, func(kv.Batch) bool { return len(tree) == 1 })
}

// Meta reports the revisions, the version and the lease of a key, and Health a server that is well.
func TestEtcdV3Meta(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		mine := v3Open(t, server, nil)
		if err := mine.Put("meta/leased", []byte("123"), &kv.WriteOptions{Ephemeral: true}); err != nil {
			t.Fatal(err)
		}
		v3MustPut(t, s, "meta/plain")
		v3MustPut(t, s, "meta/plain")
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

func v3MustPut(t *testing.T, s kv.Store, key string) {
	t.Helper()
	if err := s.Put(key, []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
}

// A server that was set up anew under its old name has another history, even if that is longer than
// the one that was followed.
func TestEtcdV3FeedOfALongerHistory(t *testing.T) {
	for name, c := range map[string]struct{ before, follows, after []string }{
		"other keys": {[]string{"history/a", "history/b"}, []string{"history/new"}, []string{"history/new"}},
		"fewer keys": {[]string{"history/a", "history/b", "history/c"}, []string{"history/a"}, []string{"history/a"}},
		"none before": {
			[]string{"elsewhere"}, []string{"history/new"}, []string{"history/new"},
		},
		"the last was deleted": {[]string{"history/a", "-history/a"}, []string{"history/b"}, []string{"history/b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kvtest.StartEtcd(t)
			direct := v3Open(t, server, nil)
			l, s := v3OpenLinked(t, server)
			v3WriteOrDelete(t, direct, c.before[0])
			feed, err := s.Follow("history", kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer feed.Close()
			tree := map[string]kv.Event{}
			v3FeedUntil(t, feed, tree, v3Synced)
			for _, key := range c.before[1:] {
				v3WriteOrDelete(t, direct, key)
				v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return len(b.Events) > 0 })
			}
			l.Cut()
			server.Kill()
			if err := os.RemoveAll(filepath.Join(server.Dir, "data")); err != nil {
				t.Fatal(err)
			}
			if err := server.Restart(); err != nil {
				t.Fatal(err)
			}
			for _, key := range c.follows {
				v3WriteOrDelete(t, direct, key)
			}
			for range 20 { // beyond the last revision that was seen
				v3MustPut(t, direct, "elsewhere")
			}
			l.Mend()
			var missed kv.Missed
			v3FeedUntil(t, feed, tree, func(b kv.Batch) bool {
				missed |= b.Missed
				return b.Synced
			})
			if missed&kv.Gap == 0 || !v3Matches(tree, c.after) {
				t.Errorf("missed %q, tree %v", missed, tree)
			}
		})
	}
}

// v3WriteOrDelete puts a key, or deletes the key behind a "-".
func v3WriteOrDelete(t *testing.T, s kv.Store, key string) {
	t.Helper()
	gone, isGone := strings.CutPrefix(key, "-")
	if !isGone {
		v3MustPut(t, s, key)
	} else if err := s.Delete(gone); err != nil {
		t.Fatal(err)
	}
}

// v3Matches reports whether a tree is what writes below history/ make of an empty one.
func v3Matches(tree map[string]kv.Event, writes []string) bool {
	want := map[string]bool{}
	for _, key := range writes {
		if gone, isGone := strings.CutPrefix(key, "-"); isGone {
			delete(want, gone)
		} else if strings.HasPrefix(key, "history/") {
			want[key] = true
		}
	}
	for key := range tree {
		if !want[key] {
			return false
		}
	}
	return len(tree) == len(want)
}

// A server that was restored from a snapshot has lost what came after it. A feed and the watches
// list again rather than report old changes.
func TestEtcdV3FeedOfARestoredServer(t *testing.T) {
	server := kvtest.StartEtcd(t)
	s := v3Open(t, server, nil)
	v3MustPut(t, s, "restored/kept")
	snapshot := filepath.Join(t.TempDir(), "snapshot")
	v3Etcdctl(t, server, "snapshot", "save", snapshot)
	for range 5 {
		v3MustPut(t, s, "restored/kept")
		v3MustPut(t, s, "restored/lost")
	}
	feed, err := s.Follow("restored", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	v3FeedUntil(t, feed, tree, v3Synced)
	states, err := s.Watch("restored/lost", t.Context().Done())
	if err != nil {
		t.Fatal(err)
	}
	<-states
	server.Kill()
	data := filepath.Join(server.Dir, "data")
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	v3Etcdctl(t, server, "snapshot", "restore", snapshot, "--data-dir", data, "--name", "kvtest",
		"--initial-cluster", "kvtest=http://localhost:2380", "--initial-advertise-peer-urls", "http://localhost:2380")
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	var missed kv.Missed
	v3FeedUntil(t, feed, tree, func(b kv.Batch) bool {
		missed |= b.Missed
		return b.Synced
	})
	if _, kept := tree["restored/kept"]; missed&kv.Gap == 0 || len(tree) != 1 || !kept {
		t.Errorf("missed %q, tree %v", missed, tree)
	}
	if pair := <-states; pair.Value != nil {
		t.Errorf("the lost key: %+v", pair)
	}
}
