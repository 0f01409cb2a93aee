package kv_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3EachOwn is v3Each on servers of the test's own, which it may compact.
func v3EachOwn(t *testing.T, test func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3)) {
	t.Helper()
	for name, server := range v3Servers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, server, v3Open(t, server, nil))
		})
	}
}

// v3At opens a store at a revision, through the layers that the program has in front of it.
func v3At(t *testing.T, s kv.Store, revision uint64) kv.Store {
	t.Helper()
	past, err := v3Historian(t, s).At(t.Context(), revision)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(past.Close)
	return past
}

func v3Historian(t *testing.T, s kv.Store) kv.Historian {
	t.Helper()
	h, ok := kv.As[kv.Historian](kv.Recorded(s, nil))
	if !ok {
		t.Fatal("it keeps no history")
	}
	return h
}

// v3Known is what etcdctl knows of a key.
type v3Known struct {
	Key, Value                           []byte
	CreateRevision, ModRevision, Version int64
	Lease                                int64
}

// v3KnownAt returns what etcdctl get --rev returns for all keys below a prefix.
func v3KnownAt(t *testing.T, server *kvtest.Server, prefix string, revision uint64) map[string]v3Known {
	t.Helper()
	var answer struct {
		Kvs []struct {
			Key, Value []byte
			Create     int64 `json:"create_revision"`
			Mod        int64 `json:"mod_revision"`
			Version    int64
			Lease      int64
		}
	}
	out := v3Etcdctl(t, server, "get", "--prefix", "--rev", strconv.FormatUint(revision, 10), "-w", "json", "--", prefix)
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatal(err)
	}
	known := map[string]v3Known{}
	for _, kv := range answer.Kvs {
		known[string(kv.Key)] = v3Known{kv.Key, kv.Value, kv.Create, kv.Mod, kv.Version, kv.Lease}
	}
	return known
}

// v3RandomHistory makes a history of puts, deletions, leases that end, and transactions below a
// prefix. It returns the newest revision.
func v3RandomHistory(t *testing.T, client *clientv3.Client, prefix string, steps int) uint64 {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 11))
	var leases []clientv3.LeaseID
	var revision int64
	key := func() string { return fmt.Sprintf("%s%c/%d", prefix, 'a'+random.IntN(3), random.IntN(8)) }
	do := func(op clientv3.Op) {
		resp, err := client.Do(t.Context(), op)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case op.IsPut():
			revision = resp.Put().Header.Revision
		case op.IsDelete():
			revision = resp.Del().Header.Revision
		default:
			revision = resp.Txn().Header.Revision
		}
	}
	for i := range steps {
		value := strconv.Itoa(i)
		switch random.IntN(10) {
		case 0, 1:
			do(clientv3.OpDelete(key()))
		case 2:
			do(clientv3.OpDelete(fmt.Sprintf("%s%c/", prefix, 'a'+random.IntN(3)), clientv3.WithPrefix()))
		case 3:
			lease, err := client.Grant(t.Context(), 600)
			if err != nil {
				t.Fatal(err)
			}
			leases = append(leases, lease.ID)
			do(clientv3.OpPut(key(), value, clientv3.WithLease(lease.ID)))
		case 4:
			if len(leases) > 0 {
				if _, err := client.Revoke(t.Context(), leases[0]); err != nil {
					t.Fatal(err)
				}
				leases = leases[1:]
			}
		case 5:
			a, b := key(), key()
			ops := []clientv3.Op{clientv3.OpPut(a, value)}
			if a != b {
				ops = append(ops, clientv3.OpPut(b, value+"'"))
			}
			do(clientv3.OpTxn(nil, ops, nil))
		default:
			do(clientv3.OpPut(key(), value))
		}
	}
	return uint64(revision)
}

// The past is what etcdctl get --rev says, by every way to read it, before and after a compaction.
func TestEtcdV3PastIsWhatEtcdctlSays(t *testing.T) {
	t.Parallel()
	v3EachOwn(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		newest := v3RandomHistory(t, v3Native(t, server, "", ""), "w/", 120)
		check := func(from uint64) {
			for revision := from; revision <= newest; revision += 7 {
				v3IsPast(t, server, s, revision)
			}
		}
		check(2)
		compacted := newest / 2
		v3Etcdctl(t, server, "compact", strconv.FormatUint(compacted, 10))
		_, err := s.At(t.Context(), compacted-1)
		var gone *kv.CompactedError
		if !errors.Is(err, kv.ErrCompacted) || !errors.As(err, &gone) || gone.Oldest != compacted || gone.Revision != compacted-1 {
			t.Errorf("a compacted revision: %v", err)
		}
		check(compacted)
	})
}

// v3IsPast compares a revision with what etcdctl says, key by key.
func v3IsPast(t *testing.T, server *kvtest.Server, s kv.Store, revision uint64) {
	t.Helper()
	known := v3KnownAt(t, server, "w/", revision)
	past := v3At(t, s, revision)
	defer past.Close()
	pairs, err := past.List("w")
	if err != nil && !(len(known) == 0 && errors.Is(err, kv.ErrKeyNotFound)) {
		t.Fatal(err)
	}
	if len(pairs) != len(known) {
		t.Errorf("%d: %d keys are listed, %d were there", revision, len(pairs), len(known))
	}
	for _, p := range pairs {
		if k := known[p.Key]; !bytes.Equal(k.Value, p.Value) || uint64(k.ModRevision) != p.LastIndex {
			t.Errorf("%d: %s is %q at %d, was %q at %d", revision, p.Key, p.Value, p.LastIndex, k.Value, k.ModRevision)
		}
	}
	v3PastKeys(t, past, known, revision)
	v3PastFeed(t, past, known, revision)
	v3PastValues(t, past, known, revision)
}

// v3PastKeys compares what is read of single keys, there and not there.
func v3PastKeys(t *testing.T, past kv.Store, known map[string]v3Known, revision uint64) {
	t.Helper()
	meta, _ := kv.As[kv.MetaReader](past)
	for _, folder := range "abc" {
		for i := range 8 {
			key := fmt.Sprintf("w/%c/%d", folder, i)
			k, was := known[key]
			there, err := past.Exists(key)
			if there != was || err != nil {
				t.Errorf("%d: %s exists: %v, was: %v; %v", revision, key, there, was, err)
			}
			pair, err := past.Get(key)
			if was && (err != nil || !bytes.Equal(pair.Value, k.Value) || pair.LastIndex != uint64(k.ModRevision)) ||
				!was && !errors.Is(err, kv.ErrKeyNotFound) {
				t.Errorf("%d: %s is %v, %v; was %v", revision, key, pair, err, k)
			}
			if !was {
				continue
			}
			m, err := meta.Meta(t.Context(), key)
			if err != nil || m.Version != k.Version || m.Created != uint64(k.CreateRevision) || (m.Owner != "") != (k.Lease != 0) || m.Left >= 0 {
				t.Errorf("%d: %s is known as %+v, %v; was %+v", revision, key, m, err, k)
			}
		}
	}
}

// v3PastFeed compares what a feed lists, whole and by levels.
func v3PastFeed(t *testing.T, past kv.Store, known map[string]v3Known, revision uint64) {
	t.Helper()
	tree := v3Listed(t, past, "w")
	if len(tree) != len(known) {
		t.Errorf("%d: the feed lists %v", revision, slices.Sorted(maps.Keys(tree)))
	}
	for key, k := range known {
		if e := tree[key]; e.Index != uint64(k.ModRevision) || e.Size != len(k.Value) || (e.Flags&kv.Leased != 0) != (k.Lease != 0) {
			t.Errorf("%d: the feed says %+v, was %+v", revision, e, k)
		}
	}
	level := map[string]kv.Entry{}
	unseen, err := kv.ListKeys(t.Context(), past, "w", kv.ListOptions{Level: true}, func(e kv.Entry) error {
		level[e.Key] = e
		return nil
	})
	folders := map[string]bool{}
	for key := range known {
		folders[key[:len("w/a")]] = true
	}
	if len(level) != len(folders) || unseen != nil || err != nil {
		t.Errorf("%d: the level is %v, %v, %v; were %v", revision, level, unseen, err, folders)
	}
}

// v3PastValues compares what is read of many keys.
func v3PastValues(t *testing.T, past kv.Store, known map[string]v3Known, revision uint64) {
	t.Helper()
	reader, _ := kv.As[kv.ValueReader](past)
	seen := 0
	_, err := reader.ReadValues(t.Context(), append(slices.Collect(maps.Keys(known)), "w/a/none"), func(p *kv.KVPair) {
		seen++
		if !bytes.Equal(known[p.Key].Value, p.Value) {
			t.Errorf("%d: %s has the value %q", revision, p.Key, p.Value)
		}
	})
	if seen != len(known) || err != nil {
		t.Errorf("%d: %d values, %v", revision, seen, err)
	}
}

// v3Listed returns what a feed lists.
func v3Listed(t *testing.T, s kv.Store, prefix string) map[string]kv.Event {
	t.Helper()
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	if b := v3FeedUntil(t, feed, tree, v3Synced); b.State != kv.Live || b.Err != nil {
		t.Fatalf("the feed says %+v", b)
	}
	return tree
}

// A revision that cannot be read is refused with a word about those that can.
func TestEtcdV3PastKnowsItsBounds(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		v3MustPut(t, s, "bounds/a")
		newest, err := s.Revision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.At(t.Context(), 0); err == nil {
			t.Error("there is a revision 0")
		}
		for _, revision := range []uint64{newest + 1000, 1 << 63, ^uint64(0)} {
			_, err := s.At(t.Context(), revision)
			var future *kv.FutureError
			if !errors.Is(err, kv.ErrFuture) || !errors.As(err, &future) || future.Newest < newest || future.Revision != revision {
				t.Errorf("%d: %v", revision, err)
			}
		}
		past := v3At(t, s, newest)
		if err := past.Put("bounds/a", nil, nil); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("the past was written: %v", err)
		}
		if err := past.DeleteTree("bounds"); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("the past was deleted: %v", err)
		}
		if after, err := s.Revision(t.Context()); err != nil || after != newest {
			t.Errorf("it is at revision %d now, %v; was at %d", after, err, newest)
		}
		past.Close()
		if _, err := past.Get("bounds/a"); !errors.Is(err, kv.ErrClosed) {
			t.Errorf("it is closed, but: %v", err)
		}
		if _, err := s.Get("bounds/a"); err != nil {
			t.Errorf("the live store ended with it: %v", err)
		}
	})
}

// A feed and watches of the past list once and change no more, and end with the live store.
func TestEtcdV3PastStays(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, direct *kv.EtcdV3) {
		s := v3Open(t, server, nil)
		v3MustPut(t, direct, "stays/a")
		revision, _ := s.Revision(t.Context())
		past := v3At(t, s, revision)
		feed, err := kv.FollowValues(past, "stays", kv.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		tree := map[string]kv.Event{}
		v3FeedUntil(t, feed, tree, v3Synced)
		watch, err := past.Watch("stays/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		trees, err := past.WatchTree("stays", nil)
		if err != nil {
			t.Fatal(err)
		}
		if p := <-watch; p.LastIndex != revision {
			t.Errorf("the watch says %+v", p)
		}
		if all := <-trees; len(all) != 1 {
			t.Errorf("the watch of all says %v", all)
		}
		v3MustPut(t, direct, "stays/a")
		v3MustPut(t, direct, "stays/b")
		s.Close()
		if b, err := feed.Next(t.Context()); !errors.Is(err, kv.ErrClosed) {
			t.Errorf("the feed says %+v, %v", b, err)
		}
		if p, ok := <-watch; ok {
			t.Errorf("the watch says %+v", p)
		}
		if all, ok := <-trees; ok {
			t.Errorf("the watch of all says %v", all)
		}
	})
}

// Only what is open is listed if all would take too much memory, and a folder that is opened later
// is as it was then.
func TestEtcdV3PastByLevels(t *testing.T) {
	t.Parallel()
	v3EachOwn(t, func(t *testing.T, server *kvtest.Server, _ *kv.EtcdV3) {
		s := v3Open(t, server, &kv.Config{Memory: 1})
		for _, key := range []string{"p/a/x", "p/b/y", "p/c"} {
			v3MustPut(t, s, key)
		}
		revision, _ := s.Revision(t.Context())
		past := v3At(t, s, revision)
		if err := s.DeleteTree("p"); err != nil {
			t.Fatal(err)
		}
		feed, err := kv.Follow(past, "p", kv.FollowOptions{Partial: true})
		if err != nil {
			t.Fatal(err)
		}
		defer feed.Close()
		tree := map[string]kv.Event{}
		v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.Partial && b.Synced })
		if got := fmt.Sprint(slices.Sorted(maps.Keys(tree))); got != "[p/a p/b p/c]" {
			t.Errorf("the level is %s", got)
		}
		feed.(kv.Scoped).Scope([]string{"p/b"})
		v3FeedUntil(t, feed, tree, func(kv.Batch) bool { return tree["p/b/y"].Index != 0 })
		v3Etcdctl(t, server, "compact", strconv.FormatUint(revision+1, 10))
		feed.(kv.Scoped).Scope([]string{"p/a", "p/b"})
		b := v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.Err != nil })
		if !errors.Is(b.Err, kv.ErrCompacted) || b.State != kv.Live {
			t.Errorf("a folder that is compacted: %+v", b)
		}
	})
}

// Where only values bring the leases along, and there are too many to be read, the feed says that
// it does not know the leases.
func TestEtcdV3PastSaysWhatLeasesItLacks(t *testing.T) {
	t.Parallel()
	for name, server := range v3Servers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := v3Open(t, server, &kv.Config{Memory: 1})
			const values, size = 17, 1 << 20 // 16 MiB are read
			for i := range values {
				if err := s.Put(fmt.Sprintf("leases/%02d", i), bytes.Repeat([]byte("x"), size), nil); err != nil {
					t.Fatal(err)
				}
			}
			v3Fill(t, server, "leases/small", 3000)
			revision, _ := s.Revision(t.Context())
			feed, err := kv.Follow(v3At(t, s, revision), "leases", kv.FollowOptions{Partial: true})
			if err != nil {
				t.Fatal(err)
			}
			defer feed.Close()
			b := v3FeedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool { return b.Partial && b.Synced })
			if streams := strings.Contains(name, "3.7"); b.Unleased != streams {
				t.Errorf("leases are said to be unknown: %v", b.Unleased)
			}
		})
	}
}

// A feed that loses contact while it lists lists again, at the same revision; one whose revision is
// compacted meanwhile says so, once, and keeps what it has.
func TestEtcdV3PastListsAgain(t *testing.T) {
	t.Parallel()
	v3EachOwn(t, func(t *testing.T, server *kvtest.Server, direct *kv.EtcdV3) {
		const keys = 60_000
		v3Fill(t, server, "again/", keys)
		revision, _ := direct.Revision(t.Context())
		if err := direct.DeleteTree("again"); err != nil {
			t.Fatal(err)
		}
		link, s := v3OpenLinked(t, server)
		past := v3At(t, s, revision)
		follow := func() kv.Feed {
			feed, err := kv.Follow(past, "again", kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if b, err := feed.Next(t.Context()); err != nil || b.Synced || len(b.Events) == 0 && !b.Begin {
				t.Fatalf("the feed begins with %d keys: %v, %v", len(b.Events), b.State, err)
			}
			return feed // which waits now, full of keys
		}
		feed := follow()
		defer feed.Close()
		tree := map[string]kv.Event{}
		link.Cut()
		v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.State == kv.Reconnecting && b.Err != nil })
		link.Mend()
		if b := v3FeedUntil(t, feed, tree, v3Synced); len(tree) != keys || b.Err != nil || b.State != kv.Live {
			t.Errorf("%d keys after lost contact, %+v", len(tree), b.Err)
		}

		feed = follow()
		defer feed.Close()
		v3Etcdctl(t, server, "compact", strconv.FormatUint(revision+1, 10))
		clear(tree)
		b := v3FeedUntil(t, feed, tree, v3Synced)
		if !errors.Is(b.Err, kv.ErrCompacted) || b.State != kv.Live || len(tree) == keys {
			t.Errorf("%d keys after a compaction, %v, %v", len(tree), b.State, b.Err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if b, err := feed.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("more is told: %+v, %v", b, err)
		}
	})
}

// v3Fill puts so many keys, in transactions.
func v3Fill(t *testing.T, server *kvtest.Server, prefix string, keys int) {
	t.Helper()
	client := v3Native(t, server, "", "")
	var ops []clientv3.Op
	for i := range keys {
		ops = append(ops, clientv3.OpPut(fmt.Sprintf("%s%02d/%06d", prefix, i%100, i), ""))
		if len(ops) == 128 || i == keys-1 {
			if _, err := client.Txn(t.Context()).Then(ops...).Commit(); err != nil {
				t.Fatal(err)
			}
			ops = ops[:0]
		}
	}
}

// v3AllVersions reads all pages of a key's versions.
func v3AllVersions(t *testing.T, h kv.Historian, key string, page int, deep bool) (all kv.Versions) {
	t.Helper()
	for before := uint64(0); ; {
		v, err := h.Versions(t.Context(), key, kv.VersionsOptions{Before: before, Limit: page, Deep: deep})
		if err != nil {
			t.Fatal(err)
		}
		v.Versions = append(all.Versions, v.Versions...)
		all = v
		if !all.More {
			return all
		}
		before = all.Versions[len(all.Versions)-1].Index
	}
}

// v3Replayed returns the versions of a key, the newest first, as the states at all revisions say.
func v3Replayed(t *testing.T, client *clientv3.Client, key string, from, to uint64) (versions []kv.Version) {
	t.Helper()
	var last int64
	for revision := from; revision <= to; revision++ {
		resp, err := client.Get(t.Context(), key, clientv3.WithRev(int64(revision)))
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case len(resp.Kvs) == 0 && last != 0:
			versions = append(versions, kv.Version{Index: revision, Deleted: true})
			last = 0
		case len(resp.Kvs) == 1 && resp.Kvs[0].ModRevision != last:
			k := resp.Kvs[0]
			last = k.ModRevision
			version := kv.Version{Index: uint64(last), Value: append([]byte{}, k.Value...), Created: uint64(k.CreateRevision), Version: k.Version}
			if k.Lease != 0 {
				version.Lease = fmt.Sprintf("%016x", k.Lease)
			}
			versions = append(versions, version)
		}
	}
	slices.Reverse(versions)
	return versions
}

// All versions of a key are found, deletions and earlier lives as well, in pages of any size, as
// far as they are not compacted.
func TestEtcdV3VersionsAreAllThatIsKept(t *testing.T) {
	t.Parallel()
	v3EachOwn(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		client := v3Native(t, server, "", "")
		newest := v3RandomHistory(t, client, "w/", 250)
		h := v3Historian(t, s)
		check := func(from uint64, compacted bool) {
			for i := range 8 {
				key := fmt.Sprintf("w/a/%d", i)
				want := v3Replayed(t, client, key, from, newest)
				got := v3AllVersions(t, h, key, 1+i, i%2 == 0)
				if !slices.EqualFunc(got.Versions, want, func(a, b kv.Version) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
					t.Errorf("%s:\n got %v\nwant %v", key, got.Versions, want)
				}
				if got.Compacted != compacted || got.Unread != 0 {
					t.Errorf("%s: %+v", key, got)
				}
			}
		}
		check(1, false)
		past := v3Historian(t, v3At(t, s, newest/2))
		for _, v := range v3AllVersions(t, past, "w/a/1", 9, false).Versions {
			if v.Index > newest/2 {
				t.Errorf("the past knows of revision %d", v.Index)
			}
		}
		v3Etcdctl(t, server, "compact", strconv.FormatUint(newest/2, 10))
		check(newest/2, true)
	})
}

// The next and the previous change are those that the listings at all revisions show.
func TestEtcdV3ChangesAroundARevision(t *testing.T) {
	t.Parallel()
	v3EachOwn(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		newest := v3RandomHistory(t, v3Native(t, server, "", ""), "w/", 60)
		h := v3Historian(t, s)
		var changed []uint64 // the revisions that changed w/b
		state := ""
		for revision := uint64(1); revision <= newest; revision++ {
			now := fmt.Sprint(v3KnownAt(t, server, "w/b/", revision))
			if now != state && revision > 1 {
				changed = append(changed, revision)
			}
			state = now
		}
		for at := uint64(1); at <= newest+1; at += 5 {
			var next, previous uint64
			for _, revision := range changed {
				if revision < at {
					previous = revision
				}
				if revision > at && next == 0 {
					next = revision
				}
			}
			if got, err := h.NextChange(t.Context(), "w/b", at); got != next || err != nil {
				t.Errorf("after %d: %d, %v; want %d", at, got, err, next)
			}
			if got, err := h.PreviousChange(t.Context(), "w/b/", at); got != previous || err != nil {
				t.Errorf("before %d: %d, %v; want %d", at, got, err, previous)
			}
		}
		for from := uint64(2); from <= newest; from += 7 {
			for to := uint64(3); to <= newest; to += 9 {
				v3CheckDifferences(t, h, "w/b/", from, to, v3KnownAt(t, server, "w/b/", from), v3KnownAt(t, server, "w/b/", to))
			}
		}
		if _, err := h.Differences(t.Context(), "w/", 2, newest, 3); !errors.Is(err, kv.ErrTooMany) {
			t.Errorf("more than asked for: %v", err)
		}
		v3Etcdctl(t, server, "compact", strconv.FormatUint(changed[3], 10))
		if _, err := h.Differences(t.Context(), "w/b", newest, 2, 1000); !errors.Is(err, kv.ErrCompacted) {
			t.Errorf("since what is compacted: %v", err)
		}
		var gone *kv.CompactedError
		if _, err := h.NextChange(t.Context(), "w/b", 1); !errors.Is(err, kv.ErrCompacted) || !errors.As(err, &gone) || gone.Oldest != changed[3] {
			t.Errorf("after what is compacted: %v", err)
		}
		if _, err := h.PreviousChange(t.Context(), "w/b", changed[3]); !errors.Is(err, kv.ErrCompacted) || !errors.As(err, &gone) || gone.Oldest != changed[3] {
			t.Errorf("before what is kept: %v", err)
		}
	})
}

// v3CheckDifferences compares the differences between two revisions with what etcdctl says.
func v3CheckDifferences(t *testing.T, h kv.Historian, prefix string, from, to uint64, was, is map[string]v3Known) {
	t.Helper()
	all, err := h.Differences(t.Context(), prefix, from, to, 1000)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for key, known := range was {
		want[key] = known.ModRevision != is[key].ModRevision
	}
	for key, known := range is {
		want[key] = known.ModRevision != was[key].ModRevision
	}
	index := func(e *kv.Entry) int64 {
		if e == nil {
			return 0
		}
		return int64(e.Index)
	}
	for _, d := range all {
		if index(d.Was) != was[d.Key].ModRevision || index(d.Is) != is[d.Key].ModRevision {
			t.Errorf("%s from %d to %d: %+v -> %+v", d.Key, from, to, d.Was, d.Is)
		}
		delete(want, d.Key)
	}
	for key, differs := range want {
		if differs {
			t.Errorf("%s differs between %d and %d", key, from, to)
		}
	}
}
