package kvtest

import (
	"testing"

	"go.uber.org/goleak"

	"kvist/kv"
)

// RunLeaks proves that a backend leaves no goroutine behind. Nothing else may
// run at the same time.
func RunLeaks(t *testing.T, h Harness) {
	h.Shared(t)
	for _, p := range []promise{
		{"StopLeaksNothing", testStopLeaks},
		{"CloseLeaksNothing", testCloseLeaks},
		{"RefusedOpenLeaksNothing", testOpenLeaks},
	} {
		t.Run(p.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			g := newGround(t, h)
			p.test(g)
			g.s.Close()
			goleak.VerifyNone(t, before)
		})
	}
}

// busy returns a store with everything running that a store can have.
func (g *ground) busy(stop chan struct{}) (feed kv.Feed, holder kv.StopLocker, waiting <-chan attempt) {
	g.Helper()
	g.put("dir/a", "1")
	if err := g.s.Put(g.key("e"), []byte("v"), g.renewed()); err != nil {
		g.Fatal(err)
	}
	await(g, "a watch", g.watch("dir/a", stop), hasValue("1"))
	g.watch("dir/a", stop) // nobody reads this one
	g.watch("none", stop)
	await(g, "a tree", g.watchTree("dir", stop), g.isTree("dir/a=1"))
	g.watchTree("dir", stop)
	f := g.follow(kv.Follow, "")
	f.until("the feed", f.isSynced)
	holder = g.lock(g.s, "holder")
	g.take(holder)
	waiting = g.begin(g.lock(g.s, "waiter"), stop)
	g.queued(1)
	g.put("dir/a", "2") // the watches may be reporting it
	return f.feed, holder, waiting
}

// testStopLeaks ends everything by its own means, and then closes the store.
func testStopLeaks(g *ground) {
	stop := make(chan struct{})
	feed, holder, waiting := g.busy(stop)
	close(stop)
	g.is("the wait for the lock", g.outcome("the wait for the lock", waiting).err, kv.ErrCannotLock)
	g.unlock(holder)
	if err := feed.Close(); err != nil {
		g.Error(err)
	}
}

// testCloseLeaks leaves everything to Close.
func testCloseLeaks(g *ground) {
	_, _, waiting := g.busy(make(chan struct{}))
	g.s.Close()
	if a := g.outcome("the wait for the lock", waiting); a.err == nil {
		g.Error("the lock was taken after Close")
	}
}

func testOpenLeaks(g *ground) {
	g.is("open", g.opensNot(DeadAddr(), shortTimeout), kv.ErrNotReachable)
}
