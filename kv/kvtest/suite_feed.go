package kvtest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

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
type opener func(s kv.Store, prefix string) (kv.Feed, error)

func bothFeeds(name string, test func(*ground, opener)) []promise {
	return []promise{
		{"Feed" + name, func(g *ground) { test(g, kv.Follow) }},
		{"FeedByWatchTree" + name, func(g *ground) { test(g, kv.FollowByWatchTree) }},
	}
}

// follower applies a feed's batches to a picture of the subtree, as the
// explorer does.
type follower struct {
	g       *ground
	feed    kv.Feed
	keys    map[string]kv.Event
	listing bool
	listed  map[string]bool // what the running listing has put
	synced  int             // listings that ended
	last    kv.Batch
	states  []kv.State      // each state once, in the order in which it came
	open    map[string]bool // folders that are to be followed, where the feed goes by levels
	puts    int             // events that were puts
	missed  kv.Missed       // all that it said may have been missed
}

func (g *ground) follow(open opener, rest string) *follower {
	g.Helper()
	feed, err := open(g.s, strings.TrimSuffix(g.key(rest), "/"))
	if err != nil {
		g.Fatalf("follow: %v", err)
	}
	g.Cleanup(func() { feed.Close() })
	f := &follower{g: g, feed: feed, keys: map[string]kv.Event{}, open: map[string]bool{}}
	f.scope()
	return f
}

// scope opens all folders that are known, where the harness is for that.
func (f *follower) scope() {
	if scoped, ok := f.feed.(kv.Scoped); ok && f.g.h.Scoped {
		scoped.Scope(slices.Collect(maps.Keys(f.open)))
	}
}

// folder applies what is told of a folder: nothing below it is known any more.
func (f *follower) folder(e kv.Event) {
	below := func(key string) bool { return strings.HasPrefix(key, e.Key+"/") }
	maps.DeleteFunc(f.keys, func(key string, _ kv.Event) bool { return below(key) })
	maps.DeleteFunc(f.open, func(key string, _ bool) bool { return below(key) || key == e.Key })
	if e.Kind == kv.FolderEvent {
		f.open[e.Key] = true
	}
	f.scope()
}

// until pulls batches until ok.
func (f *follower) until(what string, ok func() bool) {
	f.g.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !ok() {
		b, err := f.feed.Next(ctx)
		if err != nil {
			f.g.Fatalf("%s: %v; keys %q, last %+v", what, err, brief(f.rests()), f.last)
		}
		f.apply(b)
	}
}

func (f *follower) apply(b kv.Batch) {
	f.g.Helper()
	if b.At.IsZero() {
		f.g.Error("a batch without a time")
	}
	if b.Begin {
		if f.synced > 0 && b.Missed&(kv.Gap|kv.Compacted) == 0 {
			f.g.Errorf("listed anew, and it may have missed only %q", b.Missed)
		}
		f.listing, f.listed = true, map[string]bool{}
	}
	for _, e := range b.Events {
		switch {
		case e.Kind == kv.FolderEvent, e.Kind == kv.FolderGoneEvent:
			f.folder(e)
		case e.Kind == kv.DeleteEvent:
			delete(f.keys, e.Key)
			delete(f.listed, e.Key)
		default:
			f.puts++
			f.keys[e.Key] = e
			if f.listing {
				f.listed[e.Key] = true
			}
		}
	}
	if b.Synced {
		if !f.listing {
			f.g.Error("a listing ended that never began")
		}
		maps.DeleteFunc(f.keys, func(key string, _ kv.Event) bool { return !f.listed[key] })
		f.listing = false
		f.synced++
	}
	if len(f.states) == 0 || f.states[len(f.states)-1] != b.State {
		f.states = append(f.states, b.State)
	}
	f.missed |= b.Missed
	f.last = b
}

func (f *follower) isSynced() bool { return f.synced > 0 && !f.listing && f.last.State == kv.Live }

// rests are the known keys, without directories, sorted.
func (f *follower) rests() []string {
	rests := []string{}
	for key, e := range f.keys {
		if f.g.h.Directories && e.Size <= 0 {
			continue
		}
		rests = append(rests, strings.TrimPrefix(key, f.g.prefix+"/"))
	}
	slices.Sort(rests)
	return rests
}

func (f *follower) has(rests ...string) func() bool {
	return func() bool { return f.isSynced() && slices.Equal(f.rests(), rests) }
}

// matches tells whether the picture is what List gives now, index by index.
func (f *follower) matches() bool {
	pairs, err := f.g.s.List(f.g.prefix)
	if err != nil && !errors.Is(err, kv.ErrKeyNotFound) {
		return false
	}
	return f.shows(pairs)
}

// shows tells whether the picture is exactly these pairs.
func (f *follower) shows(pairs []*kv.KVPair) bool {
	if len(pairs) != len(f.keys) {
		return false
	}
	return !slices.ContainsFunc(pairs, func(p *kv.KVPair) bool {
		e, ok := f.keys[p.Key]
		return !ok || e.Index != p.LastIndex || e.Size >= 0 && e.Size != len(p.Value)
	})
}

func testFeed(g *ground, open opener) {
	g.put("a", "1")
	g.put("dir/b", "22")
	f := g.follow(open, "")
	f.until("the listing", f.has("a", "dir/b"))
	if f.states[0] != kv.Listing && f.synced != 1 {
		g.Errorf("it began with %v", f.states)
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
