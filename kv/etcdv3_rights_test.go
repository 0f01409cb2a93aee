package kv_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3EachDemandingLogin runs a test on servers of its own where reader has one role, "app", with
// some grants: type, key, end.
func v3EachDemandingLogin(t *testing.T, grants [][]string, test func(t *testing.T, server *kvtest.Server)) {
	t.Helper()
	for name, start := range map[string]func(testing.TB, ...kvtest.Option) *kvtest.Server{
		"3.4": kvtest.StartEtcd, "3.7": kvtest.StartEtcdEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			commands := [][]string{{"user", "add", "root:secret"}, {"role", "add", "app"}}
			for _, grant := range grants {
				commands = append(commands, append([]string{"role", "grant-permission", "app"}, grant...))
			}
			for _, args := range append(commands, [][]string{
				{"user", "add", "reader:hidden"},
				{"user", "grant-role", "reader", "app"},
				{"put", "app/one", "1"},
				{"put", "app/other", "2"},
				{"auth", "enable"},
			}...) {
				v3Etcdctl(t, server, args...)
			}
			test(t, server)
		})
	}
}

// A right on exactly one key is enough to follow and to delete it.
func TestEtcdV3RightsOnOneKey(t *testing.T) {
	t.Parallel()
	v3EachDemandingLogin(t, [][]string{{"readwrite", "app/one"}}, func(t *testing.T, server *kvtest.Server) {
		s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
		root := v3Open(t, server, &kv.Config{Username: "root", Password: "secret"})
		feed, err := s.Follow("app/one", kv.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer feed.Close()
		tree := map[string]kv.Event{}
		b := v3FeedUntil(t, feed, tree, v3Synced)
		if _, there := tree["app/one"]; b.State != kv.Live || len(tree) != 1 || !there {
			t.Errorf("%v, %v", b.State, tree)
		}
		if !errors.Is(b.Err, kv.ErrDenied) || !strings.Contains(b.Err.Error(), "reader may read the key app/one") {
			t.Errorf("what cannot be seen: %v", b.Err)
		}
		states, err := s.Watch("app/one", t.Context().Done())
		if err != nil {
			t.Fatal(err)
		}
		<-states
		if err := root.Put("app/one", []byte("333"), nil); err != nil {
			t.Fatal(err)
		}
		if pair := <-states; string(pair.Value) != "333" {
			t.Errorf("watched %+v", pair)
		}
		v3FeedUntil(t, feed, tree, func(kv.Batch) bool { return tree["app/one"].Size == 3 })
		plan, err := kv.MakePlan(t.Context(), s, "app/one")
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Keys) != 1 || !errors.Is(plan.Unseen, kv.ErrDenied) {
			t.Errorf("%+v", plan)
		}
		report, err := plan.CarryOut(t.Context(), s, nil)
		if err != nil || report.Deleted != 1 || len(report.Appeared)+len(report.Kept) != 0 {
			t.Errorf("%+v, %v", report, err)
		}
		v3FeedUntil(t, feed, tree, func(kv.Batch) bool { return len(tree) == 0 })
		v3MustPut(t, root, "app/one/below")
		v3Etcdctl(t, server, "--user", "root:secret", "role", "grant-permission", "app", "read", "app/one/", "app/one0")
		v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.State == kv.Live && b.Err == nil && len(tree) == 1 })
	})
}

// A user who may only write a key can put it.
func TestEtcdV3RightToWriteOnly(t *testing.T) {
	v3EachDemandingLogin(t, [][]string{{"write", "app/", "app0"}}, func(t *testing.T, server *kvtest.Server) {
		s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
		root := v3Open(t, server, &kv.Config{Username: "root", Password: "secret"})
		for _, key := range []string{"app/one", "app/new"} {
			if err := s.Put(key, []byte("written"), nil); err != nil {
				t.Errorf("%s: %v", key, err)
			} else if pair, err := root.Get(key); err != nil || string(pair.Value) != "written" {
				t.Errorf("%s: %v, %v", key, pair, err)
			}
		}
	})
}

// A feed of more than the user may read is denied at once, and names what the user may read.
func TestEtcdV3FeedBeyondTheRights(t *testing.T) {
	t.Parallel()
	grants := [][]string{{"read", "app/", "app0"}, {"readwrite", "logs", "logt"}, {"write", "secret"}}
	v3EachDemandingLogin(t, grants, func(t *testing.T, server *kvtest.Server) {
		s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
		for _, prefix := range []string{"", "none"} {
			feed, err := s.Follow(prefix, kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { feed.Close() })
			began := time.Now()
			b := v3FeedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool { return b.Err != nil })
			if b.State != kv.Denied || !errors.Is(b.Err, kv.ErrDenied) || !strings.Contains(b.Err.Error(), "reader may read app/, logs*") {
				t.Errorf("%q: %v, %v", prefix, b.State, b.Err)
			}
			if took := time.Since(began); took > kvtest.Allow(2*time.Second) {
				t.Errorf("%q: told after %v", prefix, took)
			}
			b = v3FeedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool { return b.State != kv.Denied || b.Attempt > 4 })
			if b.State != kv.Denied {
				t.Errorf("%q: %v while it is denied", prefix, b.State)
			}
		}
		if _, err := s.List(""); err == nil || !strings.Contains(err.Error(), "reader may read app/, logs*") {
			t.Errorf("a listing: %v", err)
		}
		feed, err := s.Follow("", kv.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer feed.Close()
		tree := map[string]kv.Event{}
		v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.State == kv.Denied })
		v3Etcdctl(t, server, "--user", "root:secret", "role", "grant-permission", "app", "read", "", "--prefix")
		if b := v3FeedUntil(t, feed, tree, v3Synced); b.State != kv.Live || len(tree) != 2 {
			t.Errorf("when it was allowed: %v, %v", b.State, tree)
		}
	})
}

// A user name without a password is named as the reason.
func TestEtcdV3UserWithoutPassword(t *testing.T) {
	server := v3WithLogin(t)
	for user, want := range map[string]string{"reader": "no password was given for the user reader", "": "wants a login"} {
		_, err := kv.InitializeEtcdV3([]string{server.Addr}, &kv.Config{Username: user})
		if !errors.Is(err, kv.ErrDenied) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", user, err)
		}
	}
}

// A user who may read only a part of the prefix sees the locks in that part, and learns that there
// may be others.
func TestEtcdV3LocksBesideWhatIsDenied(t *testing.T) {
	const patience = 30 * time.Second // a busy machine hashes passwords slowly
	grants := [][]string{{"read", "app/", "app0"}, {"read", "logs/", "logs0"}, {"write", "secret"}}
	v3EachDemandingLogin(t, grants, func(t *testing.T, server *kvtest.Server) {
		root := v3Open(t, server, &kv.Config{Username: "root", Password: "secret", ConnectionTimeout: patience})
		for _, key := range []string{"app/lock", "logs/lock", "other/lock"} {
			lock, err := root.NewLock(key, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := lock.Lock(); err != nil {
				t.Fatal(err)
			}
		}
		s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden", ConnectionTimeout: patience})
		locks, err := s.Locks(t.Context(), "")
		if !errors.Is(err, kv.ErrIncomplete) || !strings.Contains(err.Error(), "reader may read app/, logs/") {
			t.Errorf("a part: %v", err)
		}
		if len(locks) != 2 || locks[0].Key != "app/lock" || locks[1].Key != "logs/lock" || len(locks[0].Holders) != 1 {
			t.Errorf("%+v", locks)
		}
		if locks, err = s.Locks(t.Context(), "app"); err != nil || len(locks) != 1 {
			t.Errorf("where all may be read: %+v, %v", locks, err)
		}
		if locks, err = s.Locks(t.Context(), "other"); !errors.Is(err, kv.ErrDenied) || errors.Is(err, kv.ErrIncomplete) || len(locks) != 0 {
			t.Errorf("where nothing may be read: %+v, %v", locks, err)
		}
	})
}
