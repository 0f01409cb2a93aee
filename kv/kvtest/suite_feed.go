package kvtest

import (
	"context"
	"errors"
	"slices"

	"kvist/kv"
)

// Each promise of a feed holds for the backend's own and for the one that is
// made of WatchTree.
var feedPromises = slices.Concat(
	bothFeeds("ListsThenTellsChanges", testFeed),
	bothFeeds("OfAMissingPrefix", testFeedMissing),
	bothFeeds("LeavesSiblingsOut", testFeedSiblings),
	bothFeeds("IsCancelledAndGoesOn", testFeedCancel),
	bothFeeds("EndsWithClose", testFeedClose),
	bothFeeds("EndsWithItsStore", testFeedStoreClose),
	[]promise{{"FeedMarksEphemeralKeys", testFeedFlags}},
)

// opener opens a feed of a prefix.
type opener func(s kv.Store, prefix string, options kv.FollowOptions) (kv.Feed, error)

// byWatchTree opens the feed that any store can have.
func byWatchTree(s kv.Store, prefix string, _ kv.FollowOptions) (kv.Feed, error) {
	return kv.FollowByWatchTree(s, prefix)
}

func bothFeeds(name string, test func(*ground, opener)) []promise {
	return []promise{
		{"Feed" + name, func(g *ground) { test(g, kv.Follow) }},
		{"FeedByWatchTree" + name, func(g *ground) { test(g, byWatchTree) }},
	}
}

func testFeed(g *ground, open opener) {
	g.put("a", "1")
	g.put("dir/b", "22")
	f := g.follow(open, "")
	f.until("the listing", f.has("a", "dir/b"))
	if f.synced != 1 || slices.ContainsFunc(f.states, kv.State.OutOfContact) {
		g.Errorf("%d listings, through the states %v", f.synced, f.states)
	}
	if e := f.keys[g.key("dir/b")]; e.Index != g.get("dir/b").LastIndex || e.Size != 2 && e.Size != -1 {
		g.Errorf("listed as %+v", e)
	}
	g.put("dir/b", "333")
	index := g.get("dir/b").LastIndex
	f.until("a change", func() bool { return f.keys[g.key("dir/b")].Index == index })
	g.put("dir/sub/c", "4")
	f.until("a new key", f.has("a", "dir/b", "dir/sub/c"))
	g.delete("a")
	f.until("a deletion", f.has("dir/b", "dir/sub/c"))
	if err := g.s.DeleteTree(g.key("dir")); err != nil {
		g.Fatal(err)
	}
	f.until("a branch's deletion", f.has())
	g.put("dir/sub/c", "5")
	f.until("its return", f.has("dir/sub/c"))
	f.until("the end", f.matches)
}

func testFeedMissing(g *ground, open opener) {
	f := g.follow(open, "not/there")
	f.until("the empty listing", f.isSynced)
	if len(f.keys) != 0 {
		g.Errorf("it has %q", f.rests())
	}
	g.put("not/there/a", "1")
	f.until("the first key", f.has("not/there/a"))
	if err := g.s.DeleteTree(g.key("not")); err != nil {
		g.Fatal(err)
	}
	f.until("the deletion above it", f.has())
	g.put("not/there/b", "2")
	f.until("the return", f.has("not/there/b"))
}

func testFeedSiblings(g *ground, open opener) {
	g.put("a/x", "1")
	g.put("ab", "1")
	g.put("a-b/c", "1")
	f := g.follow(open, "a")
	f.until("the listing", f.isSynced)
	g.put("ab", "2")
	g.put("a.b", "2")
	g.put("a/y", "2")
	f.until("a change", f.has("a/x", "a/y"))
	if _, ok := f.keys[g.key("a")]; ok {
		g.Error("the directory itself is there")
	}
}

func testFeedCancel(g *ground, open opener) {
	g.put("a", "1")
	f := g.follow(open, "")
	f.until("the listing", f.has("a"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for { // something may be left to read
		if b, err := f.feed.Next(ctx); err == nil {
			f.apply(b)
		} else if !errors.Is(err, context.Canceled) {
			g.Fatalf("cancelled: %v", err)
		} else {
			break
		}
	}
	g.put("b", "2")
	f.until("a change afterwards", f.has("a", "b"))
}

func testFeedClose(g *ground, open opener) {
	g.put("a", "1")
	f := g.follow(open, "")
	f.until("the listing", f.has("a"))
	ended := make(chan error)
	go func() {
		for {
			if _, err := f.feed.Next(context.Background()); err != nil {
				ended <- err
				return
			}
		}
	}()
	for range 2 {
		if err := f.feed.Close(); err != nil {
			g.Error(err)
		}
	}
	err := await(g, "the end of Next", ended, func(error) bool { return true })
	g.is("next", err, kv.ErrClosed)
}

func testFeedStoreClose(g *ground, open opener) {
	g.put("a", "1")
	f := g.follow(open, "")
	f.until("the listing", f.has("a"))
	g.s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	for err == nil {
		_, err = f.feed.Next(ctx)
	}
	g.is("next", err, kv.ErrClosed)
}

func testFeedFlags(g *ground) {
	g.put("plain", "v")
	f := g.follow(kv.Follow, "")
	f.until("the listing", f.has("plain"))
	owner := g.open()
	if err := owner.Put(g.key("e"), []byte("v"), g.renewed()); err != nil {
		g.Fatal(err)
	}
	f.until("the ephemeral key", f.has("e", "plain"))
	marks := kv.Ephemeral | kv.Leased
	if e := f.keys[g.key("e")]; e.Flags&marks == 0 {
		g.Errorf("changed to %+v", e)
	}
	if e := f.keys[g.key("plain")]; e.Flags&marks != 0 {
		g.Errorf("listed as %+v", e)
	}
	again := g.follow(kv.Follow, "")
	again.until("another listing", again.has("e", "plain"))
	if e := again.keys[g.key("e")]; e.Flags&marks == 0 {
		g.Errorf("listed as %+v", e)
	}
	owner.Close()
	f.until("its end", f.has("plain"))
}
