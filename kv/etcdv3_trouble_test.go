package kv_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A server without space is known by the kind of the error, and its health has words for it.
func TestEtcdV3WithoutSpace(t *testing.T) {
	server := kvtest.StartEtcd(t, kvtest.WithFlags("--quota-backend-bytes", "2000000"))
	s := v3Open(t, server, nil)
	var err error
	for i := 0; err == nil && i < 100; i++ {
		err = s.Put("space/filler", make([]byte, 200<<10), nil)
	}
	if !errors.Is(err, kv.ErrNoSpace) {
		t.Fatalf("at last: %v", err)
	}
	if _, _, err := s.AtomicPut("space/new", []byte("x"), nil, nil); !errors.Is(err, kv.ErrNoSpace) {
		t.Errorf("creating: %v", err)
	}
	if ok, err := s.Exists("space/new"); ok || err != nil {
		t.Errorf("what was refused: %v, %v", ok, err)
	}
	v3FullTakesNoBatch(t, s)
	health, err := s.Health(t.Context())
	if err != nil || health.Healthy || !strings.HasPrefix(health.Note, "alarm NOSPACE on member kvtest: no writes until") {
		t.Errorf("%+v, %v", health, err)
	}
}

// v3FullTakesNoBatch writes many nodes to a server without space, which takes none of them, and
// deletes one among them, which it does.
func v3FullTakesNoBatch(t *testing.T, s *kv.EtcdV3) {
	t.Helper()
	filler, err := s.Get("space/filler")
	if err != nil {
		t.Fatal(err)
	}
	var writes []kv.Write
	for i := range 200 {
		key := fmt.Sprintf("space/%03d", i)
		writes = append(writes, kv.Write{Key: key, After: &kv.Node{Key: key, Value: []byte("x")}})
	}
	gone := kv.Write{Key: filler.Key, Before: &kv.Node{Key: filler.Key, Value: filler.Value, Index: filler.LastIndex}}
	writes = slices.Insert(writes, 100, gone)
	err = kv.WriteNodes(t.Context(), s, writes, func(i int, w kv.Written) {
		if i == 100 && w.Err != nil || i != 100 && !errors.Is(w.Err, kv.ErrNoSpace) {
			t.Errorf("%s: %v", writes[i].Key, w.Err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	pairs, err := s.List("space")
	if !errors.Is(err, kv.ErrKeyNotFound) {
		t.Errorf("there are %d keys, %v", len(pairs), err)
	}
}

// v3LoseLeader adds to a cluster of one a second member that is not there, so that there is no
// majority.
func v3LoseLeader(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
	t.Helper()
	v3Etcdctl(t, server, "member", "add", "absent", "--peer-urls", "http://127.0.0.1:1")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		health, err := s.Health(t.Context())
		if err == nil && health.Leader == "" && health.Note == "the cluster has no leader" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it still has a leader: %+v, %v", health, err)
		}
	}
}

// The feed and every request report soon that there is no leader.
func TestEtcdV3WithoutLeader(t *testing.T) {
	for name, start := range map[string]func(testing.TB, ...kvtest.Option) *kvtest.Server{
		"3.4": kvtest.StartEtcd, "3.7": kvtest.StartEtcdEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			s := v3Open(t, server, nil)
			v3MustPut(t, s, "leader/a")
			feed, err := s.Follow("leader", kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer feed.Close()
			tree := map[string]kv.Event{}
			v3FeedUntil(t, feed, tree, v3Synced)
			v3LoseLeader(t, server, s)
			const soon = 2500 * time.Millisecond // two seconds, on a busy machine
			began := time.Now()
			b := v3FeedUntil(t, feed, tree, func(b kv.Batch) bool { return b.State == kv.Reconnecting })
			// A server checks every second, and ends a watch at the third time.
			if took := time.Since(began); !errors.Is(b.Err, kv.ErrNoLeader) || took > kvtest.Allow(soon+2*time.Second) {
				t.Errorf("the feed said %v after %v", b.Err, took)
			}
			for what, do := range map[string]func() error{
				"get":  func() error { _, err := s.Get("leader/a"); return err },
				"list": func() error { _, err := s.List("leader"); return err },
				"put":  func() error { return s.Put("leader/a", []byte("y"), nil) },
				"plan": func() error { _, err := kv.MakePlan(t.Context(), s, "leader"); return err },
				"lock": func() error {
					lock, err := s.NewLock("leader/lock", nil)
					if err != nil {
						return err
					}
					_, err = lock.Lock()
					return err
				},
				"open": func() error { _, err := kv.InitializeEtcdV3([]string{server.Addr}, nil); return err },
			} {
				began := time.Now()
				if err := do(); !errors.Is(err, kv.ErrNoLeader) || errors.Is(err, kv.ErrOutcomeUnknown) {
					t.Errorf("%s: %v", what, err)
				}
				if took := time.Since(began); took > kvtest.Allow(soon) {
					t.Errorf("%s: told after %v", what, took)
				}
			}
		})
	}
}

// A connection that all addresses refuse is reported at once, and as long as there is no contact,
// the feed reports why.
func TestEtcdV3RefusedConnection(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	began := time.Now()
	_, err = kv.InitializeEtcdV3([]string{closed.Addr().String(), kvtest.DeadAddr()}, nil)
	if !errors.Is(err, kv.ErrNotReachable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("told %v", err)
	}
	if strings.Count(err.Error(), closed.Addr().String()+": connect") != 1 {
		t.Errorf("told twice: %v", err)
	}
	if took := time.Since(began); took > kvtest.Allow(time.Second) {
		t.Errorf("told after %v", took)
	}
	server := kvtest.StartEtcd(t)
	s := v3Open(t, server, nil)
	feed, err := s.Follow("", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	v3FeedUntil(t, feed, tree, v3Synced)
	server.Kill()
	v3FeedUntil(t, feed, tree, func(b kv.Batch) bool {
		return b.State == kv.Reconnecting && b.Attempt > 1 && strings.Contains(b.Err.Error(), "connection refused")
	})
}
