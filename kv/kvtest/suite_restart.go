package kvtest

import (
	"errors"
	"slices"
	"time"

	"kvist/kv"
)

var restartPromises = []promise{
	{"WatchesLiveOverARestart", testWatchRestart},
	{"FeedLivesOverARestart", testFeedRestart},
	{"FeedByWatchTreeLivesOverARestart", testTreeFeedRestart},
	{"LockIsLostWithoutTheServer", testLockRestart},
	{"CallsFailInTimeWithoutTheServer", testCallsRestart},
}

// restart starts the killed server again.
func (g *ground) restart() {
	g.Helper()
	if err := g.server.Restart(); err != nil {
		g.Fatal(err)
	}
}

func testWatchRestart(g *ground) {
	g.ownServer()
	g.put("dir/a", "1")
	g.put("dir/b", "1")
	key, tree := g.watch("dir/a", nil), g.watchTree("dir", nil)
	await(g, "the first value", key, hasValue("1"))
	await(g, "the first tree", tree, g.isTree("dir/a=1", "dir/b=1"))
	g.server.Kill()
	g.restart()
	g.s = g.open() // the writer; the watches stay the first store's
	g.put("dir/a", "2")
	g.delete("dir/b")
	await(g, "a change after the restart", key, hasValue("2"))
	await(g, "the tree after the restart", tree, g.isTree("dir/a=2"))
	g.delete("dir/a")
	await(g, "a deletion after the restart", key, isDeletion)
	await(g, "the empty tree", tree, g.isTree())
}

// testFeedRestart kills the server under a feed, which must report it, and be
// exact again when the server is back.
func testFeedRestart(g *ground) {
	f := g.followOwn(kv.Follow)
	g.server.Kill()
	f.until("the loss", func() bool { return f.last.State == kv.Reconnecting })
	if f.last.Err == nil {
		g.Error("reconnecting, without saying why")
	}
	g.exactAfterRestart(f)
	if f.last.Err != nil {
		g.Errorf("live, with the error %v", f.last.Err)
	}
}

// testTreeFeedRestart is the same for a feed that cannot see lost contact.
func testTreeFeedRestart(g *ground) {
	f := g.followOwn(byWatchTree)
	g.server.Kill()
	g.exactAfterRestart(f)
}

// followOwn follows a server of the test's own.
func (g *ground) followOwn(open opener) *follower {
	g.Helper()
	g.ownServer()
	g.put("a", "1")
	g.put("b", "1")
	f := g.follow(open, "")
	f.until("the listing", f.has("a", "b"))
	return f
}

func (g *ground) exactAfterRestart(f *follower) {
	g.Helper()
	g.restart()
	g.s = g.open() // the writer; the feed stays the first store's
	g.delete("a")
	g.put("b", "2")
	g.put("c", "3")
	f.until("the state after the restart", func() bool { return f.isSynced() && f.matches() })
}

func testLockRestart(g *ground) {
	g.ownServer()
	lock := g.lock(g.s, "v")
	lost := g.take(lock)
	g.server.Kill()
	select {
	case <-lost:
	case <-time.After(g.lifetime()):
		g.Fatalf("held for %v without a server", g.lifetime())
	}
	g.restart()
	other := g.lock(g.open(), "other")
	g.take(other) // within its patience
	g.unlock(other)
}

func testCallsRestart(g *ground) {
	g.ownServer()
	s, err := g.openWith(&kv.Config{ConnectionTimeout: shortTimeout})
	if err != nil {
		g.Fatal(err)
	}
	defer s.Close()
	g.put("a", "1")
	base := g.get("a")
	g.server.Kill()
	for what, call := range map[string]func() error{
		"get":           func() error { _, err := s.Get(g.key("a")); return err },
		"exists":        func() error { _, err := s.Exists(g.key("a")); return err },
		"list":          func() error { _, err := s.List(g.prefix); return err },
		"put":           func() error { return s.Put(g.key("a"), []byte("2"), nil) },
		"atomic put":    func() error { _, _, err := s.AtomicPut(g.key("a"), []byte("2"), base, nil); return err },
		"atomic delete": func() error { _, err := s.AtomicDelete(g.key("a"), base); return err },
		"delete tree":   func() error { return s.DeleteTree(g.prefix) },
	} {
		start := time.Now()
		err := call()
		if !errors.Is(err, kv.ErrNotReachable) && !errors.Is(err, kv.ErrOutcomeUnknown) {
			g.Errorf("%s: %v", what, err)
		}
		if reads := []string{"get", "exists", "list"}; slices.Contains(reads, what) && errors.Is(err, kv.ErrOutcomeUnknown) {
			g.Errorf("%s: %v", what, err)
		}
		if took := time.Since(start); took > Allow(shortTimeout+slack) {
			g.Errorf("%s took %v", what, took)
		}
	}
	g.restart()
	g.eventually("the same store works again", patience, func() bool {
		pair, err := s.Get(g.key("a"))
		return err == nil && pair.LastIndex == base.LastIndex
	})
}
