package demo_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kvist/internal/demo"
	"kvist/kv"
)

// start starts a cluster, and a store on it; both end with the test.
func start(t *testing.T, options demo.Options) (*demo.Cluster, kv.Store) {
	t.Helper()
	c, err := demo.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	s, err := kv.InitializeEtcdV3([]string{c.Endpoint()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return c, s
}

func list(t *testing.T, s kv.Store) []*kv.KVPair {
	t.Helper()
	pairs, err := s.List("")
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

func TestStartLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("XDG_RUNTIME_DIR", "")
	began := time.Now()
	c, err := demo.Start(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %v", time.Since(began))
	began = time.Now()
	c.Close()
	c.Close()
	t.Logf("closed in %v", time.Since(began))
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWhatIsInIt(t *testing.T) {
	_, s := start(t, demo.Options{Still: true})
	pairs := list(t, s)
	if len(pairs) < 100 || len(pairs) > 400 { // enough to explore, few enough to know
		t.Errorf("%d keys", len(pairs))
	}
	dirs := map[string]int{}
	for _, p := range pairs {
		dir, _, _ := strings.Cut(p.Key, "/")
		dirs[dir]++
	}
	for _, dir := range []string{"services", "config", "flags", "jobs", "election", "locks", "nodes", "secrets", "templates", "envs", "registry"} {
		if dirs[dir] == 0 {
			t.Errorf("nothing below %s: %v", dir, dirs)
		}
	}
	locks, err := s.(kv.LockInspector).Locks(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(locks) != 2 {
		t.Fatalf("%d locks: %+v", len(locks), locks)
	}
	for i, want := range []struct{ key, recipe, holder string }{
		{"election/leader", "etcd election", "controller-a"}, {"locks/deploy", "etcd mutex", ""},
	} {
		l := locks[i]
		if l.Key != want.key || l.Recipe != want.recipe || len(l.Holders) != 1 || l.Holders[0].Name != want.holder || len(l.Waiters) != 2 {
			t.Errorf("%+v", l)
		}
	}
}

func TestSameSeedSameCluster(t *testing.T) {
	_, one := start(t, demo.Options{Still: true, Seed: 7})
	_, two := start(t, demo.Options{Still: true, Seed: 7})
	_, other := start(t, demo.Options{Still: true, Seed: 8})
	text := func(s kv.Store) string {
		var b strings.Builder
		for _, p := range list(t, s) {
			b.WriteString(p.Key + " " + string(p.Value) + " " + time.Duration(p.LastIndex).String() + "\n")
		}
		return b.String()
	}
	first := text(one)
	if first != text(two) {
		t.Error("two clusters of one seed differ")
	}
	if first == text(other) {
		t.Error("clusters of different seeds are the same")
	}
}

func TestStillIsStill(t *testing.T) {
	_, s := start(t, demo.Options{Still: true})
	snapshots, err := s.WatchTree("", t.Context().Done())
	if err != nil {
		t.Fatal(err)
	}
	<-snapshots
	select {
	case <-snapshots:
		t.Error("something changed")
	case <-time.After(2 * time.Second):
	}
}

func TestItLives(t *testing.T) {
	_, s := start(t, demo.Options{})
	feed, err := kv.Follow(s, "", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	want := map[string]kv.EventKind{"services/": kv.PutEvent, "jobs/done/": kv.PutEvent, "jobs/queue/": kv.DeleteEvent}
	began, events, live := time.Now(), 0, false
	for len(want) > 0 || events < 12 {
		b, err := feed.Next(ctx)
		if err != nil {
			t.Fatalf("%v; %d events; missing %v", err, events, want)
		}
		if live {
			events += len(b.Events)
			for _, e := range b.Events {
				for prefix, kind := range want {
					if strings.HasPrefix(e.Key, prefix) && e.Kind == kind {
						delete(want, prefix)
					}
				}
			}
		}
		live = live || b.Synced
	}
	pace := float64(events) / time.Since(began).Seconds()
	t.Logf("%.2f changes a second", pace)
	if pace > 4 {
		t.Errorf("%.2f changes a second make a screen restless", pace)
	}
}

func TestDataStays(t *testing.T) {
	dir := t.TempDir()
	first, err := demo.Start(t.Context(), demo.Options{DataDir: dir, Still: true})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := demo.Start(t.Context(), demo.Options{DataDir: dir}); err == nil || !strings.Contains(err.Error(), "another process uses") {
		t.Errorf("two clusters on the same data: %v", err)
	}
	s, err := kv.InitializeEtcdV3([]string{first.Endpoint()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	keys := len(list(t, s))
	if err := s.Put("config/web/banner", []byte("mine"), nil); err != nil {
		t.Fatal(err)
	}
	s.Close()
	first.Close()

	_, again := start(t, demo.Options{DataDir: dir, Still: true})
	pair, err := again.Get("config/web/banner")
	if err != nil || string(pair.Value) != "mine" {
		t.Errorf("after a restart: %+v, %v", pair, err)
	}
	if n := len(list(t, again)); n != keys {
		t.Errorf("%d keys after a restart, %d before", n, keys)
	}
}

// A client that watches does not delay the end: the server would wait five
// seconds for it, each time. Slow runs on a busy machine are tolerated.
func TestCloseDoesNotWaitForWatchers(t *testing.T) {
	const waits, tries = 5 * time.Second, 4
	var took time.Duration
	for range tries {
		if took = closeWatched(t); took < waits {
			return
		}
	}
	t.Errorf("took %v, and no less in %d tries", took, tries)
}

// closeWatched returns how long it takes to close a cluster that a client
// watches.
func closeWatched(t *testing.T) time.Duration {
	t.Helper()
	c, err := demo.Start(t.Context(), demo.Options{Still: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := kv.InitializeEtcdV3([]string{c.Endpoint()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	snapshots, err := s.WatchTree("", t.Context().Done())
	if err != nil {
		t.Fatal(err)
	}
	<-snapshots
	began := time.Now()
	c.Close()
	return time.Since(began)
}

func TestEtcdctlReadsIt(t *testing.T) {
	path, err := exec.LookPath("etcdctl")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	c, _ := start(t, demo.Options{Still: true})
	cmd := exec.CommandContext(t.Context(), path, "--endpoints", c.Endpoint(), "get", "config/api/timeout", "--print-value-only")
	cmd.Env = append(os.Environ(), "ETCDCTL_API=3")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "15s" {
		t.Errorf("%s, %v", out, err)
	}
}
