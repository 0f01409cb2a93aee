package kv_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3Becomes waits until a number is what is wanted.
func v3Becomes(t *testing.T, what string, want int, number func() int) {
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
			s := v3Open(t, server, nil)
			v3MustPut(t, s, "stopped/a")
			for _, prefix := range []string{"stopped", ""} { // the first streams warm up what stays
				v3WatchAndStop(t, s, prefix, time.Millisecond)
			}
			before := runtime.NumGoroutine()
			for i := range 40 {
				v3WatchAndStop(t, s, "stopped", time.Duration(i)*100*time.Microsecond)
			}
			v3Becomes(t, "goroutines more than before", 0, func() int { return max(0, runtime.NumGoroutine()-before) })
			watches := func() int { return int(metric(t, server.Addr, "etcd_debugging_mvcc_watcher_total")) }
			streams := func() int { return int(metric(t, server.Addr, "etcd_debugging_mvcc_watch_stream_total")) }
			v3Becomes(t, "watches", 0, watches)
			v3Becomes(t, "streams", 0, streams)
			feed, err := s.Follow("", kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer feed.Close()
			v3FeedUntil(t, feed, map[string]kv.Event{}, v3Synced)
			v3Becomes(t, "watches of one feed", 1, watches)
			v3Becomes(t, "streams of one feed", 1, streams)
		})
	}
}

// v3WatchAndStop begins one watch of each sort and stops it after a while.
func v3WatchAndStop(t *testing.T, s *kv.EtcdV3, prefix string, after time.Duration) {
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

// v3CallsOpen returns how many calls and streams a server has not ended.
func v3CallsOpen(t *testing.T, server *kvtest.Server) int {
	t.Helper()
	return int(metric(t, server.Addr, "grpc_server_started_total") - metric(t, server.Addr, "grpc_server_handled_total"))
}

// A listing that is broken off, by its context, by the end of its feed, or since it would take too
// much memory, leaves no call and no stream on the server.
func TestEtcdV3ListingsBrokenOff(t *testing.T) {
	for name, server := range map[string]*kvtest.Server{"3.4": kvtest.StartEtcd(t), "3.7": kvtest.StartEtcdEmbedded(t)} {
		t.Run(name, func(t *testing.T) {
			s := v3Open(t, server, &kv.Config{Memory: 1 << 20})
			names := make([]string, 60_000)
			for i := range names {
				names[i] = fmt.Sprintf("broken/off/%05d", i)
			}
			v3PutAll(t, server, names)
			if _, err := s.Get(names[0]); err != nil {
				t.Fatal(err)
			}
			before := v3CallsOpen(t, server)
			for i := range 8 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*5*time.Millisecond)
				_, _ = s.ListKeys(ctx, "broken", kv.ListOptions{}, func(kv.Entry) error { return nil })
				_, _ = s.ListKeys(ctx, "broken/off", kv.ListOptions{Level: true}, func(kv.Entry) error { return nil })
				_, _ = s.ReadValues(ctx, names, func(*kv.KVPair) {})
				cancel()
				v3CloseEarly(t, s, kv.FollowOptions{})
				v3CloseEarly(t, s, kv.FollowOptions{Partial: true, Open: []string{"broken/off"}})
			}
			v3Becomes(t, "calls more than before", 0, func() int { return v3CallsOpen(t, server) - before })
		})
	}
}

// v3CloseEarly opens a feed, reads what comes first, and closes it.
func v3CloseEarly(t *testing.T, s *kv.EtcdV3, options kv.FollowOptions) {
	t.Helper()
	feed, err := s.Follow("broken", options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := feed.Next(t.Context()); err != nil {
		t.Error(err)
	}
	if err := feed.Close(); err != nil {
		t.Error(err)
	}
}
