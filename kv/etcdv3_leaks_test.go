package kv_test

import (
	"runtime"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// becomes waits until a number is what is wanted.
func becomes(t *testing.T, what string, want int, number func() int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		got := number()
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s: %d, want %d", what, got, want)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A watch that is stopped right after it was begun leaves neither a goroutine
// here nor a stream or a watch on the server; one that goes on is one of each.
func TestEtcdV3WatchesStoppedAtOnce(t *testing.T) {
	for name, server := range map[string]*kvtest.Server{"3.4": kvtest.StartEtcd(t), "3.7": kvtest.StartEtcdEmbedded(t)} {
		t.Run(name, func(t *testing.T) {
			s := openEtcdV3(t, server, nil)
			mustPut(t, s, "stopped/a")
			for _, prefix := range []string{"stopped", ""} { // the first streams warm up what stays
				watchAndStop(t, s, prefix, time.Millisecond)
			}
			before := runtime.NumGoroutine()
			for i := range 40 {
				watchAndStop(t, s, "stopped", time.Duration(i)*100*time.Microsecond)
			}
			becomes(t, "goroutines more than before", 0, func() int { return max(0, runtime.NumGoroutine()-before) })
			watches := func() int { return int(metric(t, server.Addr, "etcd_debugging_mvcc_watcher_total")) }
			streams := func() int { return int(metric(t, server.Addr, "etcd_debugging_mvcc_watch_stream_total")) }
			becomes(t, "watches", 0, watches)
			becomes(t, "streams", 0, streams)
			feed, err := s.Follow("", kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer feed.Close()
			feedUntil(t, feed, map[string]kv.Event{}, synced)
			becomes(t, "watches of one feed", 1, watches)
			becomes(t, "streams of one feed", 1, streams)
		})
	}
}

// watchAndStop begins one watch of each sort and stops it after a while.
func watchAndStop(t *testing.T, s *kv.EtcdV3, prefix string, after time.Duration) {
	t.Helper()
	stop := make(chan struct{})
	states, err := s.Watch("stopped/a", stop)
	if err != nil {
		t.Fatal(err)
	}
	trees, err := s.WatchTree(prefix, stop)
	if err != nil {
		t.Fatal(err)
	}
	feed, err := s.Follow(prefix, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(after) // any moment of a watch's beginning is to be met
	close(stop)
	if err := feed.Close(); err != nil {
		t.Error(err)
	}
	for range states {
	}
	for range trees {
	}
}
