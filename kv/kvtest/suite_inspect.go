package kvtest

import (
	"context"
	"fmt"
	"slices"

	"kvist/kv"
)

// Locks are shown with their holders and waiters, and can be broken.
var inspectPromises = []promise{
	{"LocksAreShown", testLocksShown},
	{"LockIsLostWhenBroken", testLockBroken},
	{"BreakReChecksTheHolder", testBreakReChecks},
}

// inspected returns the locks below the test's prefix.
func (g *ground) inspected() []kv.LockInfo {
	g.Helper()
	inspector, ok := kv.As[kv.LockInspector](g.s)
	if !ok {
		g.Fatal("the store does not tell its locks")
	}
	locks, err := inspector.Locks(context.Background(), g.prefix)
	if err != nil {
		g.Fatal(err)
	}
	return locks
}

// queued waits until the one lock has a holder and n waiters. Where waiters are
// hidden it only sees the holder.
func (g *ground) queued(n int) kv.LockInfo {
	g.Helper()
	var found kv.LockInfo
	g.eventually(fmt.Sprintf("a lock with %d waiters", n), patience, func() bool {
		for _, l := range g.inspected() {
			if l.Key == g.key("lock") && len(l.Holders) == 1 && (len(l.Waiters) == n || l.WaitersHidden != "") {
				found = l
				return true
			}
		}
		return false
	})
	return found
}

func testLocksShown(g *ground) {
	if locks := g.inspected(); len(locks) != 0 {
		g.Errorf("before any: %+v", locks)
	}
	g.put("plain", "v")
	holder, waiter := g.lock(g.s, "the holder"), g.lock(g.open(), "the waiter")
	g.take(holder)
	stop := make(chan struct{})
	result := g.begin(waiter, stop)
	l := g.queued(1)
	if len(g.inspected()) != 1 || l.Recipe == "" || l.Limit != 1 {
		g.Errorf("shown as %+v", l)
	}
	h := l.Holders[0]
	if h.ID == "" || h.Name == "" || h.TTL <= 0 {
		g.Errorf("the holder is shown as %+v", h)
	}
	if g.h.Fair && (l.WaitersHidden != "" || l.Waiters[0].ID == h.ID) {
		g.Errorf("the waiter is shown as %+v", l.Waiters)
	}
	close(stop)
	g.outcome("given up", result)
	g.unlock(holder)
	g.eventually("no lock is shown", patience, func() bool { return len(g.inspected()) == 0 })
}

func testLockBroken(g *ground) {
	other := g.open()
	lost := g.take(g.lock(other, "other"))
	l := g.queued(0)
	inspector, _ := kv.As[kv.LockInspector](g.s)
	plan, err := inspector.BreakPlan(context.Background(), l, l.Holders[0])
	if err != nil || plan.Action == "" {
		g.Fatalf("plan: %+v, %v", plan, err)
	}
	if !slices.Contains(plan.Freed, l.Key) {
		g.Errorf("the plan does not tell that %s is free then: %+v", l.Key, plan)
	}
	if err := inspector.Break(context.Background(), l, l.Holders[0]); err != nil {
		g.Fatal(err)
	}
	awaitClosed(g, "broken", lost)
	mine := g.lock(g.s, "mine")
	g.take(mine)
	g.unlock(mine)
}

func testBreakReChecks(g *ground) {
	first, second := g.lock(g.open(), "first"), g.lock(g.open(), "second")
	g.take(first)
	l := g.queued(0)
	g.unlock(first)
	lost := g.take(second)
	inspector, _ := kv.As[kv.LockInspector](g.s)
	g.is("break", inspector.Break(context.Background(), l, l.Holders[0]), kv.ErrKeyModified)
	now := g.queued(0)
	if now.Holders[0].Key == l.Holders[0].Key && now.Holders[0].ID == l.Holders[0].ID {
		g.Errorf("the holder is still %+v", now.Holders[0])
	}
	select {
	case <-lost:
		g.Error("the wrong lock was broken")
	default:
	}
	g.unlock(second)
}
