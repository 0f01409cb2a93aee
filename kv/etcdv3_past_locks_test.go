package kv_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// Locks of the past have the holders and waiters of then, also if their leases are gone.
func TestEtcdV3PastLocksAsTheyStood(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		client := v3Native(t, server, "", "")
		revision := func() uint64 {
			now, err := s.Revision(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return now
		}
		prefix := "past-locks-" + strconv.FormatUint(revision(), 10) + "/"
		before := revision()
		first, second := v3Session(t, client), v3Session(t, client)
		held := concurrency.NewMutex(first, prefix+"mutex")
		if err := held.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		waiter := prefix + "mutex/" + strconv.FormatInt(int64(second.Lease()), 16)
		if _, err := client.Put(t.Context(), waiter, "", clientv3.WithLease(second.Lease())); err != nil {
			t.Fatal(err)
		}
		queued := revision()
		if _, err := client.Revoke(t.Context(), first.Lease()); err != nil {
			t.Fatal(err)
		}
		passed := revision()
		if _, err := client.Revoke(t.Context(), second.Lease()); err != nil {
			t.Fatal(err)
		}
		for at, want := range map[uint64]string{
			before:     "",
			queued:     fmt.Sprintf("%smutex: %016x; %016x", prefix, first.Lease(), second.Lease()),
			passed:     fmt.Sprintf("%smutex: %016x; ", prefix, second.Lease()),
			revision(): "",
		} {
			inspector, _ := kv.As[kv.LockInspector](v3At(t, s, at))
			locks, err := inspector.Locks(t.Context(), prefix)
			if got := v3LocksSaid(t, locks); got != want || err != nil {
				t.Errorf("at %d: %q, %v; want %q", at, got, err, want)
			}
			for _, lock := range locks {
				if _, err := inspector.BreakPlan(t.Context(), lock, lock.Holders[0]); !errors.Is(err, kv.ErrReadOnly) {
					t.Errorf("a lock of the past can be broken: %v", err)
				}
			}
		}
	})
}

// v3LocksSaid are locks in short: key, holders and waiters. It fails if a lease of then is known.
func v3LocksSaid(t *testing.T, locks []kv.LockInfo) (said string) {
	t.Helper()
	for _, lock := range locks {
		said += lock.Key + ": "
		for _, c := range lock.Holders {
			said += c.ID
		}
		said += "; "
		for _, c := range lock.Waiters {
			said += c.ID
		}
		for _, c := range append(lock.Holders, lock.Waiters...) {
			if c.Left >= 0 || c.TTL != 0 || c.Note != "" {
				t.Errorf("the lease is known: %+v", c)
			}
		}
	}
	return said
}

// A user who may read a part has the past and the history of that part.
func TestEtcdV3PastWithinTheRights(t *testing.T) {
	t.Parallel()
	v3EachDemandingLogin(t, [][]string{{"--prefix=true", "read", "app/"}}, func(t *testing.T, server *kvtest.Server) {
		s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
		root := v3Open(t, server, &kv.Config{Username: "root", Password: "secret"})
		there, _ := s.Revision(t.Context())
		if err := root.Delete("app/one"); err != nil {
			t.Fatal(err)
		}
		v3MustPut(t, root, "secret/key")
		past := v3At(t, s, there)
		if pair, err := past.Get("app/one"); err != nil || string(pair.Value) != "1" {
			t.Errorf("%+v, %v", pair, err)
		}
		if tree := v3Listed(t, past, "app"); len(tree) != 2 {
			t.Errorf("the feed lists %v", tree)
		}
		if _, err := past.Get("secret/key"); !errors.Is(err, kv.ErrDenied) {
			t.Errorf("what may not be read: %v", err)
		}
		h := v3Historian(t, s)
		v, err := h.Versions(t.Context(), "app/one", kv.VersionsOptions{})
		if err != nil || len(v.Versions) != 2 || !v.Versions[0].Deleted || v.Versions[0].Index != there+1 || string(v.Versions[1].Value) != "1" {
			t.Errorf("%+v, %v", v, err)
		}
		if _, err := h.Versions(t.Context(), "secret/key", kv.VersionsOptions{}); !errors.Is(err, kv.ErrDenied) {
			t.Errorf("what may not be read: %v", err)
		}
		if at, err := h.PreviousChange(t.Context(), "app", there+2); err != nil || at != there+1 {
			t.Errorf("before: %d, %v", at, err)
		}
		if at, err := h.NextChange(t.Context(), "app", there); err != nil || at != there+1 {
			t.Errorf("after: %d, %v", at, err)
		}
		v3Etcdctl(t, server, "--user=root:secret", "compact", strconv.FormatUint(there+1, 10))
		var gone *kv.CompactedError
		if _, err := past.Get("app/one"); !errors.Is(err, kv.ErrCompacted) || !errors.As(err, &gone) || gone.Oldest != there+1 {
			t.Errorf("a compacted key: %v", err)
		}
	})
}

// A store that was restored to an older state has not come to the revision that is read: everything
// says so.
func TestEtcdV3PastOfARestoredServer(t *testing.T) {
	t.Parallel()
	server := kvtest.StartEtcd(t)
	s := v3Open(t, server, nil)
	v3MustPut(t, s, "restored/kept")
	snapshot := filepath.Join(t.TempDir(), "snapshot")
	v3Etcdctl(t, server, "snapshot", "save", snapshot)
	for range 5 {
		v3MustPut(t, s, "restored/lost")
	}
	revision, _ := s.Revision(t.Context())
	past := v3At(t, s, revision)
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
	feed, err := kv.Follow(past, "restored", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	if b := v3FeedUntil(t, feed, tree, v3Synced); !errors.Is(b.Err, kv.ErrFuture) || b.State != kv.Live {
		t.Errorf("the feed says %v, %v", b.State, b.Err)
	}
	var future *kv.FutureError
	if _, err := past.Get("restored/lost"); !errors.As(err, &future) || future.Newest >= revision || future.Revision != revision {
		t.Errorf("a key: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := s.At(ctx, revision); !errors.Is(err, kv.ErrFuture) {
		t.Errorf("the revision: %v", err)
	}
}
