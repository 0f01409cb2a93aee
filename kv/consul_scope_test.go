package kv_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// The top level comes before the listing where a part will do.
func TestConsulTellsTheFirstLevelFirst(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	consulSet(t, native, &api.KVPair{Key: "p/a"}, &api.KVPair{Key: "p/d/x", Value: []byte("12")}, &api.KVPair{Key: "p/e/f/y"})

	r, _ := consulLevels(t, s, "p")
	var events []kv.Event
	r.until("listing", func() bool {
		events = append(events, r.last.Events...)
		return r.synced == 1
	})
	want := []kv.Event{{Key: "p/a", Size: -1, Preview: true}, {Kind: kv.FolderEvent, Key: "p/d", Size: -1}, {Kind: kv.FolderEvent, Key: "p/e", Size: -1}}
	if len(events) < len(want) || !slices.Equal(events[:len(want)], want) {
		t.Errorf("it began with %+v", events)
	}
	if !r.shows([]string{"p/d", "p/e"}, "p/a", "p/d/x", "p/e/f/y") || r.last.Partial || r.last.Listed != 3 {
		t.Errorf("%v and %+v", r.tree, r.last)
	}

	r, _ = consulLevels(t, s, "p", "p/d") // a reader that has open folders has a tree to look at
	r.until("listing", func() bool { return r.synced == 1 })
	if !r.shows(nil, "p/a", "p/d/x", "p/e/f/y") {
		t.Errorf("%v", r.tree)
	}

	s = openConsul(t, nil, server.Addr)
	s.LimitFeeds(1, 0, 0, 0)
	plain, err := s.Follow("p", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r = newConsulFeed(t, plain)
	r.until("listing", func() bool { return r.synced == 1 })
	if !r.shows(nil, "p/a", "p/d/x", "p/e/f/y") || r.last.Partial {
		t.Errorf("to who wants it whole: %v and %+v", r.tree, r.last)
	}
}

// A subtree that grows too large is followed by levels from then on.
func TestConsulGrowsTooLarge(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	s.LimitFeeds(10, 0, 0, 0)
	var pairs []*api.KVPair
	for i := range 30 {
		pairs = append(pairs, &api.KVPair{Key: fmt.Sprintf("p/d/%02d", i)})
	}
	consulSet(t, native, pairs[:5]...)
	r, scoped := consulLevels(t, s, "p")
	r.until("listing", func() bool { return r.synced == 1 && len(r.tree) == 5 && !r.last.Partial })
	consulSet(t, native, pairs[:15]...) // less than twice the limit
	r.until("growth", func() bool { return len(r.tree) == 15 && !r.last.Partial })
	consulSet(t, native, pairs...)
	r.until("levels", func() bool { return r.synced == 2 && r.last.Partial && r.shows([]string{"p/d"}) })
	scoped.Scope([]string{"p/d"})
	r.until("all of them", func() bool { return len(r.tree) == len(pairs) })
	for _, pair := range pairs[1:] {
		if _, err := native.KV().Delete(pair.Key, nil); err != nil {
			t.Fatal(err)
		}
	}
	r.until("what is left", func() bool { return r.shows([]string{"p/d"}, "p/d/00") })
	if !r.last.Partial || r.synced != 2 || r.missed&kv.Gap == 0 { // the changes that made it too large were not reported
		t.Errorf("%d listings, missed %v, %+v", r.synced, r.missed, r.last)
	}
}

// A level with many keys is read by one listing, or by transactions if too much lies below it;
// either way a single change is reported alone.
func TestConsulLevelOfManyKeys(t *testing.T) {
	t.Parallel()
	const keys = 3000
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	s.LimitFeeds(100, 0, 0, 0)
	for i := range keys / 30 {
		var pairs []*api.KVPair
		for j := range 30 {
			pairs = append(pairs, &api.KVPair{Key: fmt.Sprintf("few/%02d%02d", i, j)}, &api.KVPair{Key: fmt.Sprintf("many/%02d%02d", i, j)})
		}
		consulSet(t, native, pairs...)
	}
	for i := range 4 * keys / 60 { // the level's keys and these are more than four times the level's
		var pairs []*api.KVPair
		for j := range 64 {
			pairs = append(pairs, &api.KVPair{Key: fmt.Sprintf("many/below/%d/%d", i, j)})
		}
		consulSet(t, native, pairs...)
	}
	for _, dir := range []string{"few", "many"} {
		r, _ := consulLevels(t, s, dir)
		r.until("listing", func() bool { return r.synced == 1 && len(r.tree) == keys && r.last.Partial })
		for key, e := range r.tree {
			if e.Index == 0 || e.Size != 0 {
				t.Fatalf("%s is listed as %+v", key, e)
			}
		}
		consulIdle(t, r)
		r.last.Events = nil
		events := 0
		consulSet(t, native, &api.KVPair{Key: dir + "/0107", Value: []byte("123")})
		r.until("a change", func() bool {
			events += len(r.last.Events)
			r.last.Events = nil
			return r.tree[dir+"/0107"].Size == 3
		})
		if events != 1 {
			t.Errorf("%s: %d events for one change", dir, events)
		}
	}
}

// Merged changes are marked as coalesced, and a single one comes at once and unmarked.
func TestConsulSaysWhatIsMerged(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	consulSet(t, native, &api.KVPair{Key: "p/a"})
	r, _ := consulLevels(t, s, "p")
	r.until("listing", func() bool { return r.synced == 1 })
	r.missed = 0
	for i := range 3 {
		time.Sleep(300 * time.Millisecond)
		consulSet(t, native, &api.KVPair{Key: "p/a", Value: fmt.Append(nil, 1000+i)})
		pair, _, err := native.KV().Get("p/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.until("a change", func() bool { return r.tree["p/a"].Index == pair.ModifyIndex })
	}
	if r.missed != 0 {
		t.Errorf("of single changes it missed %v", r.missed)
	}
	const writes = 500
	for i := range writes {
		consulSet(t, native, &api.KVPair{Key: "p/a", Value: make([]byte, i)})
	}
	events := 0
	r.until("the last change", func() bool {
		events += len(r.last.Events)
		r.last.Events = nil
		return r.tree["p/a"].Size == writes-1
	})
	if r.missed != kv.Coalesced && events < writes {
		t.Errorf("reported %d of %d writes, and missed %v", events, writes, r.missed)
	}
}

// If the keys take too much memory, only open folders are followed, and a level that does not fit
// is shown in part, which the feed says.
func TestConsulKeysBeyondMemory(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	native := nativeConsul(t, server.Addr, "")
	const keys = 600
	for i := range keys / 30 {
		var pairs []*api.KVPair
		for j := range 30 {
			pairs = append(pairs, &api.KVPair{Key: fmt.Sprintf("p/d/%04d", i*30+j)})
		}
		consulSet(t, native, pairs...)
	}
	consulSet(t, native, &api.KVPair{Key: "p/e/k"})
	p := scopedFeed(t, kv.CONSUL, server.Addr, "p", 30_000, "p/d", "p/e")
	p.until("a part", func() bool { return p.last.State == kv.Live && p.last.Err != nil && p.keys["p/e/k"].Index > 0 })
	if n := len(p.keys); !p.last.Partial || p.last.Memory != 30_000 || !errors.Is(p.last.Err, kv.ErrPartly) || n < 250 || n >= keys {
		t.Errorf("%d keys, %+v", n, p.last)
	}
	consulSet(t, native, &api.KVPair{Key: "p/d/0000", Value: []byte("123")}, &api.KVPair{Key: "p/d/0599", Value: []byte("123")}, &api.KVPair{Key: "p/d/0000a"})
	n := len(p.keys)
	p.until("a change of what is shown", func() bool { return p.keys["p/d/0000"].Size == 3 && p.keys["p/d/0000a"].Index > 0 })
	if len(p.keys) != n+1 {
		t.Errorf("%d keys are %d after one came", n, len(p.keys))
	}
	p.feed.Scope([]string{"p/e"})
	p.until("the rest", func() bool { return p.last.Err == nil && p.shows([]string{"p/d"}, "p/e/k") })

	p = scopedFeed(t, kv.CONSUL, server.Addr, "p", 1<<20)
	p.until("all", func() bool { return p.synced == 1 && p.last.State == kv.Live && len(p.keys) == keys+2 })
	if p.last.Partial {
		t.Errorf("what fits is followed in part: %+v", p.last)
	}
}
