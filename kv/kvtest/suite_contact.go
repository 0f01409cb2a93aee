package kvtest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"kvist/kv"
)

// What a feed reports about contact: "live" only while something was heard, why
// there is no contact and since when, and that it is back.
var contactPromises = []promise{
	{"FeedOfAFrozenServerSaysSo", testFeedFrozen},
	{"FeedOfASilentWaySaysSo", testFeedMute},
	{"FeedSaysWhyAndSinceWhen", testFeedWhy},
	{"CallsOfASilentServerEndInTime", testCallsSilent},
	{"RefusedConnectionIsToldAtOnce", testRefused},
	{"LockEndsBeforeItsReleaseIsSent", testLockEndsFirst},
}

const (
	// liveMost is how long a feed may report "live" without hearing anything.
	liveMost = 15 * time.Second
	// soon is how long a busy machine may take to report something that is
	// known.
	soon = 2500 * time.Millisecond
	// brisk is a ConnectionTimeout for tests of lost contact.
	brisk = 3 * time.Second
)

func testFeedFrozen(g *ground) {
	g.ownServer()
	if !g.server.freezes() {
		g.Skip("the server is in this process")
	}
	g.silence(g.server.Addr, g.server.Freeze, g.server.Thaw)
}

func testFeedMute(g *ground) {
	link := NewLink(g, g.server.Addr)
	g.silence(link.Addr(), link.Mute, link.Mend)
}

// silence follows a server that falls silent and answers again. The feed
// reports it, and can be closed and opened anew at once. One that is opened
// meanwhile reports it as well and lists when the server is back.
func (g *ground) silence(addr string, fall, speak func()) {
	g.Helper()
	g.put("a", "1")
	s, err := g.openAt(addr, &kv.Config{ConnectionTimeout: brisk})
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(s.Close)
	old := g.s
	g.s = s
	f := g.follow(kv.Follow, "")
	f.until("the listing", f.has("a"))
	fall()
	defer speak()
	f.saysLost(liveMost)

	begin := time.Now()
	if err := f.feed.Close(); err != nil || time.Since(begin) > Allow(time.Second) {
		g.Errorf("closed after %s: %v", time.Since(begin), err)
	}
	again := g.follow(kv.Follow, "")
	if took := time.Since(begin); took > Allow(time.Second) {
		g.Errorf("followed anew after %s", took)
	}
	again.saysLost(brisk + soon)
	speak()
	g.s = old
	g.put("b", "2")
	begin = time.Now()
	again.until("what is there by now", again.has("a", "b"))
	if took := time.Since(begin); took > Allow(liveMost) {
		g.Errorf("listed %s after the server was back", took)
	}
}

// saysLost waits until the feed reports that contact is lost, and why.
func (f *follower) saysLost(within time.Duration) {
	f.g.Helper()
	begin := time.Now()
	f.until("loss of contact", func() bool { return f.last.State == kv.Reconnecting && f.last.Err != nil })
	if took := time.Since(begin); took > Allow(within) {
		f.g.Errorf("contact was said to last for %s", took)
	}
	f.g.is("why", f.last.Err, kv.ErrNotReachable)
	if f.last.Since.IsZero() || f.last.Since.Before(begin.Add(-liveMost)) || f.last.Attempt < 1 {
		f.g.Errorf("since %v, attempt %d", f.last.Since, f.last.Attempt)
	}
}

func testFeedWhy(g *ground) {
	g.ownServer()
	g.put("a", "1")
	f := g.follow(kv.Follow, "")
	f.until("the listing", f.has("a"))
	killed := time.Now()
	g.server.Kill()
	f.until("loss of contact", func() bool { return f.last.State == kv.Reconnecting })
	if took := time.Since(killed); took > Allow(soon) {
		g.Errorf("told after %s", took)
	}
	first := f.last
	f.until("why, and another attempt", func() bool {
		return f.last.Attempt > first.Attempt && f.last.Err != nil && strings.Contains(f.last.Err.Error(), "connection refused")
	})
	g.is("why", f.last.Err, kv.ErrNotReachable)
	if f.last.State != kv.Reconnecting || !f.last.Since.Equal(first.Since) {
		g.Errorf("%v since %v, at first since %v", f.last.State, f.last.Since, first.Since)
	}
	g.restart()
	f.until("contact", f.has("a"))
	if f.last.Err != nil || f.last.Attempt != 0 || !f.last.Since.IsZero() {
		g.Errorf("when contact is back: %v, attempt %d since %v", f.last.Err, f.last.Attempt, f.last.Since)
	}
	f.g.Logf("states %v", slices.Compact(f.states))
}

// testCallsSilent: a request to a server that has fallen silent is given up; a
// listing, which may take long while the server answers, soon after.
func testCallsSilent(g *ground) {
	g.put("dir/a", "1")
	link := NewLink(g, g.server.Addr)
	const timeout = 2 * time.Second
	var running sync.WaitGroup
	defer running.Wait()
	silent := make(chan struct{})
	defer close(silent)
	defer link.Mute()
	for what, call := range map[string]func(s kv.Store) error{
		"get":    func(s kv.Store) error { _, err := s.Get(g.key("dir/a")); return err },
		"list":   func(s kv.Store) error { _, err := s.List(g.prefix); return err },
		"plan":   func(s kv.Store) error { _, err := kv.MakePlan(context.Background(), s, g.key("dir")); return err },
		"locks":  func(s kv.Store) error { return locksOf(s, g.prefix) },
		"health": healthOf,
	} {
		s, err := g.openAt(link.Addr(), &kv.Config{ConnectionTimeout: timeout})
		if err != nil {
			g.Fatal(err)
		}
		running.Go(func() {
			defer s.Close()
			<-silent
			begin := time.Now()
			err := call(s)
			g.is(what, err, kv.ErrNotReachable)
			if took := time.Since(begin); took > Allow(3*timeout+slack) {
				g.Errorf("%s was given up after %s", what, took)
			}
		})
	}
}

func locksOf(s kv.Store, prefix string) error {
	inspector, ok := kv.As[kv.LockInspector](s)
	if !ok {
		return &kv.Error{Op: kv.OpLocks, Kind: kv.ErrNotReachable} // there is nothing to give up
	}
	_, err := inspector.Locks(context.Background(), prefix)
	return err
}

func healthOf(s kv.Store) error {
	reader, ok := kv.As[kv.HealthReader](s)
	if !ok {
		return &kv.Error{Op: kv.OpHealth, Kind: kv.ErrNotReachable}
	}
	_, err := reader.Health(context.Background())
	return err
}

func testRefused(g *ground) {
	begin := time.Now()
	err := g.opensNot(DeadAddr(), fairTimeout)
	g.is("open", err, kv.ErrNotReachable)
	if took := time.Since(begin); took > Allow(soon) || !strings.Contains(err.Error(), "connection refused") {
		g.Errorf("after %s: %v", took, err)
	}
}

// testLockEndsFirst: the holder of a lock knows that it lost it before anybody
// else can hold it, however slow the way to the server is.
func testLockEndsFirst(g *ground) {
	for name, release := range map[string]func(kv.Store, kv.Locker){
		"Unlock": func(_ kv.Store, l kv.Locker) { _ = l.Unlock() },
		"Close":  func(s kv.Store, _ kv.Locker) { s.Close() },
	} {
		link := NewLink(g, g.server.Addr)
		s, err := g.openAt(link.Addr(), &kv.Config{ConnectionTimeout: requestTimeout})
		if err != nil {
			g.Fatal(err)
		}
		g.Cleanup(s.Close)
		lock := g.lock(s, "former")
		lost := g.take(lock)
		next := g.lock(g.s, "next")
		waiting := g.begin(next, nil)
		link.Delay(300 * time.Millisecond)
		released := make(chan struct{})
		go func() {
			defer close(released)
			release(s, lock)
		}()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		select {
		case got := <-waiting:
			if got.err != nil {
				g.Fatalf("%s: the next: %v", name, got.err)
			}
		case <-ctx.Done():
			g.Fatalf("%s: the lock is not handed on", name)
		}
		cancel()
		select {
		case <-lost:
		default:
			g.Errorf("%s: another holds the lock, and its former holder was not told", name)
		}
		<-released
		g.unlock(next)
	}
}
