package kv_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// clusterFeed applies the batches of a feed from a cluster whose servers come
// and go. It fails when the feed reports an older state of a key than before
// without a gap.
type clusterFeed struct {
	t     *testing.T
	feed  kv.Feed
	tree  map[string]kv.Event
	newer map[string]uint64 // the newest reported index of each key
	last  kv.Batch
	begun map[string]bool // keys of the running listing, or nil
}

func newClusterFeed(t *testing.T, s kv.Store) *clusterFeed {
	t.Helper()
	feed, err := kv.Follow(s, "c", kv.FollowOptions{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { feed.Close() })
	return &clusterFeed{t: t, feed: feed, tree: map[string]kv.Event{}, newer: map[string]uint64{}}
}

func (f *clusterFeed) until(what string, within time.Duration, ok func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), kvtest.Allow(within))
	defer cancel()
	for !ok() {
		b, err := f.feed.Next(ctx)
		if err != nil {
			f.t.Fatalf("%s: %v after %s; %v %v, %d keys", what, err, within, f.last.State, f.last.Err, len(f.tree))
		}
		f.apply(b)
	}
}

func (f *clusterFeed) apply(b kv.Batch) {
	f.t.Helper()
	if b.Missed&(kv.Gap|kv.Compacted) != 0 {
		clear(f.newer)
	}
	if b.Begin {
		f.begun = map[string]bool{}
	}
	for _, e := range b.Events {
		if e.Index < f.newer[e.Key] {
			f.t.Errorf("%s is told at %d, after it was at %d and without a gap", e.Key, e.Index, f.newer[e.Key])
		}
		f.newer[e.Key] = e.Index
		delete(f.tree, e.Key)
		if e.Kind != kv.DeleteEvent {
			f.tree[e.Key] = e
			if f.begun != nil {
				f.begun[e.Key] = true
			}
		}
	}
	if b.Synced {
		maps.DeleteFunc(f.tree, func(key string, _ kv.Event) bool { return !f.begun[key] })
		f.begun = nil
	}
	f.last = b
}

// shows reports whether the feed has a key as it was last written.
func (f *clusterFeed) shows(key string, index uint64) func() bool {
	return func() bool { return f.last.State == kv.Live && f.begun == nil && f.tree[key].Index >= index }
}

// clusterPut writes a key until a server answers, and returns its index. An election takes long
// where a server is frozen and the others have little of the processors.
func clusterPut(t *testing.T, s kv.Store, key, value string) uint64 {
	t.Helper()
	var err error
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err = s.Put(key, []byte(value), nil); err != nil {
			continue
		}
		var pair *kv.KVPair
		if pair, err = s.Get(key); err == nil {
			return pair.LastIndex
		}
	}
	t.Fatalf("put %s: %v", key, err)
	return 0
}

// A cluster loses its leader, each server in turn, and its majority, while
// some servers lag behind. The feed reports that, is exact afterwards, and
// never goes back to an older state.
func TestClusterLosesServers(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for a dozen elections")
	}
	for _, c := range []struct {
		name    string
		backend kv.Backend
		start   func(testing.TB) []*kvtest.Server
		kind    error // the kind of error without a majority
	}{
		{"consul", kv.CONSUL, kvtest.StartConsulCluster, kv.ErrNoLeader},
		{"etcd", kv.ETCD, kvtest.StartEtcdCluster, kv.ErrNoLeader},
		{"etcdv3", kv.ETCDV3, kvtest.StartEtcdCluster, kv.ErrNoLeader},
		{"zookeeper", kv.ZK, kvtest.StartZooKeeperCluster, kv.ErrNotReachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // they mostly wait for elections
			servers := c.start(t)
			addrs := make([]string, len(servers))
			for i, server := range servers {
				addrs[i] = server.Addr
			}
			open := func() kv.Store {
				s, err := kv.NewStore(c.backend, addrs, &kv.Config{ConnectionTimeout: 5 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(s.Close)
				return s
			}
			s, writer := open(), open()
			f := newClusterFeed(t, s)
			f.until("the first key", time.Minute, f.shows("c/first", clusterPut(t, writer, "c/first", "1")))

			const back = 45 * time.Second // 15 s to notice, an election, and the pace of attempts
			for i, server := range servers {
				server.Kill()
				key := fmt.Sprint("c/without", i)
				f.until("a change without a server", back, f.shows(key, clusterPut(t, writer, key, "1")))
				if err := server.Restart(); err != nil {
					t.Fatal(err)
				}
			}
			for i, server := range servers {
				server.Freeze()
				index := clusterPut(t, writer, "c/first", fmt.Sprint("frozen", i))
				f.until("a change beside a frozen server", back, f.shows("c/first", index))
				server.Thaw()
				if pair, err := s.Get("c/first"); err != nil || pair.LastIndex < index {
					t.Errorf("read beside a server that lags: %+v, %v", pair, err)
				}
			}

			servers[0].Kill()
			servers[1].Kill()
			begin := time.Now()
			f.until("no majority", 20*time.Second, func() bool { return f.last.State == kv.Reconnecting && errors.Is(f.last.Err, c.kind) })
			t.Logf("told after %s: %v", time.Since(begin).Round(10*time.Millisecond), f.last.Err)
			if f.last.Since.IsZero() || f.last.Attempt == 0 {
				t.Errorf("since %v, attempt %d", f.last.Since, f.last.Attempt)
			}
			begin = time.Now()
			_, err := s.Get("c/first")
			if took := time.Since(begin); !errors.Is(err, c.kind) || took > kvtest.Allow(7*time.Second) {
				t.Errorf("get without a majority: %v after %s", err, took)
			}
			var restarting sync.WaitGroup
			for _, server := range servers[:2] {
				restarting.Go(func() {
					if err := server.Restart(); err != nil {
						t.Error(err)
					}
				})
			}
			restarting.Wait()
			f.until("a change after all", back, f.shows("c/first", clusterPut(t, writer, "c/first", "at last")))
			pairs, err := writer.List("c")
			if err != nil || len(pairs) != len(f.tree) {
				t.Errorf("%d keys are shown of %d, %v", len(f.tree), len(pairs), err)
			}
			for _, p := range pairs {
				if f.tree[p.Key].Index != p.LastIndex {
					t.Errorf("%s is shown at %d, and is at %d", p.Key, f.tree[p.Key].Index, p.LastIndex)
				}
			}
		})
	}
}
