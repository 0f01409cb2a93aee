package kv_test

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// consulHistory writes a key many times, and others beside it, so that the server has a log to
// replay.
func consulHistory(t *testing.T, client *api.Client, writes int) {
	t.Helper()
	var wg sync.WaitGroup
	for writer := range 16 {
		wg.Go(func() {
			for i := range writes / 16 {
				pair := &api.KVPair{Key: fmt.Sprintf("dir/%d", writer), Value: []byte(strconv.Itoa(i))}
				if _, err := client.KV().Put(pair, nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	consulSet(t, client, &api.KVPair{Key: "dir/last", Value: []byte("last")})
}

// The old states that a server serves while it replays its log after a restart are not reported as
// news.
func TestConsulReplayIsNoNews(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	consulHistory(t, native, 6000)
	stop := make(chan struct{})
	values, err := s.Watch("dir/last", stop)
	if err != nil {
		t.Fatal(err)
	}
	trees, err := s.WatchTree("dir", stop)
	if err != nil {
		t.Fatal(err)
	}
	<-values
	<-trees
	feed, err := s.Follow("dir", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := newConsulFeed(t, feed)
	r.until("a listing", func() bool { return r.synced > 0 })

	var seen sync.WaitGroup
	seen.Go(func() {
		for pair := range values {
			if pair.Value == nil {
				t.Errorf("the watch reported that the key is gone: %+v", pair)
			}
			if string(pair.Value) == "end" {
				return
			}
		}
	})
	seen.Go(func() {
		for pairs := range trees {
			if len(pairs) != 17 {
				t.Errorf("the tree was sent with %d of 17 keys", len(pairs))
			}
			for _, pair := range pairs {
				if bytes.Equal(pair.Value, []byte("end")) {
					return
				}
			}
		}
	})
	before := len(r.tree)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	consulEventually(t, "a write", func() bool {
		_, err := native.KV().Put(&api.KVPair{Key: "dir/last", Value: []byte("end")}, nil)
		return err == nil
	})
	r.until("the listing after it, and the write", func() bool {
		for _, e := range r.last.Events {
			if e.Kind != kv.PutEvent {
				t.Errorf("the feed reported that %q is gone", e.Key)
			}
		}
		return r.synced > 1 && len(r.tree) == before && r.state == kv.Live
	})
	seen.Wait()
	close(stop)
}

// What the store really lost, here by the restore of a snapshot, is reported with a gap.
func TestConsulLostStateIsAGap(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	s.LimitFeeds(0, 0, 0, 2*time.Second)
	consulSet(t, native, &api.KVPair{Key: "dir/a", Value: []byte("old")})
	snapshot, _, err := native.Snapshot().Save(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	text, err := io.ReadAll(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	consulSet(t, native, &api.KVPair{Key: "dir/a", Value: []byte("newer")}, &api.KVPair{Key: "dir/b", Value: []byte("b")})

	values, err := s.Watch("dir/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if pair := <-values; string(pair.Value) != "newer" {
		t.Fatalf("%+v", pair)
	}
	for _, levels := range []bool{false, true} {
		if levels {
			s.LimitFeeds(1, 0, 0, 0)
		}
		feed, err := s.Follow("dir", kv.FollowOptions{Partial: true})
		if err != nil {
			t.Fatal(err)
		}
		r := newConsulFeed(t, feed)
		r.until("a listing", func() bool { return r.synced > 0 && len(r.tree) == 2 && r.tree["dir/b"].Index > 0 })
		if err := native.Snapshot().Restore(nil, bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		r.until("what is left", func() bool { return len(r.tree) == 1 && r.tree["dir/a"].Size == len("old") })
		if r.missed&kv.Gap == 0 {
			t.Errorf("levels %v: no gap was reported, only %v", levels, r.missed)
		}
		consulEventually(t, "the watch", func() bool {
			select {
			case pair := <-values:
				return string(pair.Value) == "old"
			default:
				return false
			}
		})
		consulSet(t, native, &api.KVPair{Key: "dir/a", Value: []byte("newer")}, &api.KVPair{Key: "dir/b", Value: []byte("b")})
	}
}
