package kv_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// Feeds that begin with the top level keep the promises of feeds, whether the subtree is then
// followed whole or by levels, and whether the levels' keys are read by transactions or by
// listings.
func TestConsulScopedFeeds(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(*kv.Consul){
		"whole":    func(*kv.Consul) {},
		"levels":   func(s *kv.Consul) { s.LimitFeeds(1, 0, 0, 0) },
		"listings": func(s *kv.Consul) { s.LimitFeeds(2, 1, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := kvtest.Backends()[0]
			h.Scoped = true
			h.Open = func(addrs []string, c *kv.Config) (kv.Store, error) {
				s, err := kv.InitializeConsul(addrs, c)
				if err == nil {
					limit(s.(*kv.Consul))
				}
				return s, err
			}
			kvtest.RunFeeds(t, h)
		})
	}
}

// consulLevels opens a feed that goes by levels.
func consulLevels(t *testing.T, s *kv.Consul, prefix string, open ...string) (*consulFeedReader, kv.Scoped) {
	t.Helper()
	feed, err := s.Follow(prefix, kv.FollowOptions{Partial: true, Open: open})
	if err != nil {
		t.Fatal(err)
	}
	scoped := feed.(kv.Scoped)
	return newConsulFeed(t, feed), scoped
}

// shows reports whether exactly these keys, with their indexes, and these folders are known.
func (r *consulFeedReader) shows(folders []string, keys ...string) bool {
	if r.state != kv.Live || r.synced == 0 || !slices.Equal(slices.Sorted(maps.Keys(r.tree)), keys) {
		return false
	}
	for _, e := range r.tree {
		if e.Index == 0 {
			return false
		}
	}
	return slices.Equal(slices.Sorted(maps.Keys(r.dirs)), folders)
}

// The keys of a folder are known while it is open, and not before or after.
func TestConsulLevelsFollowWhatIsOpen(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	s.LimitFeeds(2, 0, 3, 0)
	var pairs []*api.KVPair
	for _, key := range []string{"p/a", "p/a/x", "p/a/b/y", "p/c/z", "p//odd", "p/d/", "pp"} {
		pairs = append(pairs, &api.KVPair{Key: key, Value: []byte(key)})
	}
	consulSet(t, native, pairs...)
	r, scoped := consulLevels(t, s, "p")
	folders := []string{"p/", "p/a", "p/c", "p/d"}
	r.until("the uppermost level", func() bool { return r.shows(folders, "p/a") && r.last.Partial })
	if e := r.tree["p/a"]; e.Size != 3 {
		t.Errorf("%+v", e)
	}
	scoped.Scope([]string{"p/a"})
	r.until("a folder", func() bool { return r.shows([]string{"p/", "p/a", "p/a/b", "p/c", "p/d"}, "p/a", "p/a/x") })
	scoped.Scope([]string{"p/a", "p/a/b"})
	r.until("one in it", func() bool {
		return r.shows([]string{"p/", "p/a", "p/a/b", "p/c", "p/d"}, "p/a", "p/a/b/y", "p/a/x")
	})
	consulSet(t, native, &api.KVPair{Key: "p/a/b/y", Value: []byte("longer")})
	r.until("a change in it", func() bool { return r.tree["p/a/b/y"].Size == 6 })
	scoped.Scope([]string{"p/a/b"}) // its parent is closed
	r.until("all closed", func() bool { return r.shows(folders, "p/a") })
	scoped.Scope([]string{"p/", "p/d"})
	r.until("odd folders", func() bool { return r.shows(folders, "p//odd", "p/a", "p/d/") })
	if r.last.Watches != 3 || r.last.Budget != 3 || r.err != nil {
		t.Errorf("%d of %d, %v", r.last.Watches, r.last.Budget, r.err)
	}
	scoped.Scope([]string{"p/", "p/c", "p/d"})
	r.until("more than are followed", func() bool { return r.err != nil })
	consulWant(t, "the feed's error", r.err, kv.ErrNotSupported)
	scoped.Scope([]string{"p/c"})
	r.until("less again", func() bool { return r.err == nil && r.shows(folders, "p/a", "p/c/z") })
	// A slow server is asked later, when changes may have been merged: the feed says so whether they
	// were or not.
	if missed := r.missed &^ kv.Coalesced; missed != 0 {
		t.Errorf("missed %v", missed)
	}
}

// Whatever changes while folders are opened and closed, the picture ends exact.
func TestConsulLevelsEndExact(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	s.LimitFeeds(1, 4, 0, 0) // some levels are read by transactions, some by listings
	random := rand.New(rand.NewPCG(1, 2))
	name := func() string {
		key := "p"
		for range 1 + random.IntN(3) {
			key += "/" + string(rune('a'+random.IntN(4)))
		}
		return key
	}
	consulSet(t, native, &api.KVPair{Key: "p/a/a/a"}, &api.KVPair{Key: "p/b"})
	r, scoped := consulLevels(t, s, "p")
	for step := range 150 {
		var ops api.TxnOps
		for range 1 + random.IntN(6) {
			key := name()
			switch random.IntN(5) {
			case 0:
				ops = append(ops, &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVDeleteTree, Key: key + "/"}})
			case 1:
				ops = append(ops, &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVDelete, Key: key}})
			default:
				ops = append(ops, &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVSet, Key: key, Value: fmt.Append(nil, step)}})
			}
		}
		if ok, answer, _, err := native.Txn().Txn(ops, nil); err != nil || !ok {
			t.Fatalf("%+v, %v", answer, err)
		}
		if step%3 == 0 {
			var open []string
			for range random.IntN(8) {
				open = append(open, name())
			}
			scoped.Scope(open)
		}
		for r.pull(time.Duration(random.IntN(15)) * time.Millisecond) {
		}
	}
	var open []string
	for _, a := range []string{"/a", "/b", "/c", "/d"} {
		open = append(open, "p"+a)
		for _, b := range []string{"/a", "/b", "/c", "/d"} {
			open = append(open, "p"+a+b)
		}
	}
	r.exact(native, "p/", scoped, open)
	r.exact(native, "p/", scoped, nil)
	r.exact(native, "p/", scoped, []string{"p/a", "p/b", "p/b/a", "p/b/c"})
	r.exact(native, "p/", scoped, open)
}

// pull applies a batch if one comes in time, and reports whether it did.
func (r *consulFeedReader) pull(limit time.Duration) bool {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	b, err := r.feed.Next(ctx)
	if err == nil {
		r.apply(b)
	}
	return err == nil
}

// exact waits until the picture shows what the server has in open folders.
func (r *consulFeedReader) exact(native *api.Client, dir string, scoped kv.Scoped, open []string) {
	r.t.Helper()
	pairs, _, err := native.KV().List(dir, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	scoped.Scope(open)
	keys, folders := map[string]uint64{}, map[string]bool{}
	for _, pair := range pairs {
		at, followed := strings.TrimSuffix(dir, "/"), true
		rest := strings.Split(strings.TrimPrefix(pair.Key, dir), "/")
		for _, part := range rest[:len(rest)-1] {
			if at += "/" + part; followed {
				folders[at] = true
			}
			followed = followed && slices.Contains(open, at)
		}
		if followed {
			keys[pair.Key] = pair.ModifyIndex
		}
	}
	shown := func() map[string]bool { // by folder events, or by the keys in it
		all := maps.Clone(r.dirs)
		for key := range r.tree {
			for i := len(dir); i < len(key); i++ {
				if key[i] == '/' {
					all[key[:i]] = true
				}
			}
		}
		return all
	}
	r.until(fmt.Sprintf("picture of %q", open), func() bool {
		got := map[string]uint64{}
		for key, e := range r.tree {
			got[key] = e.Index
		}
		return r.state == kv.Live && maps.Equal(got, keys) && maps.Equal(shown(), folders)
	})
}
