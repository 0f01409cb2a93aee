package kvtest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"kvist/kv"
)

var lockPromises = []promise{
	{"LockExcludes", testLockExcludes},
	{"LockShowsItsValueAndNothingElse", testLockValue},
	{"LockWithoutAValueKeepsTheKeys", testLockKeepsValue},
	{"LockIsHandedOverInOrder", testLockOrder},
	{"LockCannotBeHeldTwice", testLockTwice},
	{"LockIsGivenUpWhileWaiting", testLockGivenUp},
	{"LockIsReleasedByClose", testLockClose},
	{"LockWaitEndsWithClose", testLockWaitClose},
	{"LockRenewsWhileHeld", testLockRenews},
	{"LockOfAKilledClientEnds", testLockKilled},
}

// lock makes a Locker with the shortest TTL.
func (g *ground) lock(s kv.Store, value string) kv.StopLocker {
	g.Helper()
	lock, err := s.NewLock(g.key("lock"), &kv.LockOptions{Value: []byte(value), TTL: g.ttl()})
	if err != nil {
		g.Fatal(err)
	}
	stopper, ok := lock.(kv.StopLocker)
	if !ok {
		g.Fatal("the wait for the lock cannot be given up")
	}
	return stopper
}

// take takes a lock that must be free, or become free soon.
func (g *ground) take(l kv.StopLocker) <-chan struct{} {
	g.Helper()
	stop := make(chan struct{})
	timer := time.AfterFunc(patience, func() { close(stop) })
	defer timer.Stop()
	lost, err := l.LockStop(stop)
	if err != nil {
		g.Fatalf("lock: %v", err)
	}
	return lost
}

func (g *ground) unlock(l kv.Locker) {
	g.Helper()
	if err := l.Unlock(); err != nil {
		g.Fatalf("unlock: %v", err)
	}
}

// attempt is a running Lock.
type attempt struct {
	lost <-chan struct{}
	err  error
}

// begin takes a lock in the background.
func (g *ground) begin(l kv.StopLocker, stop <-chan struct{}) <-chan attempt {
	result := make(chan attempt, 1)
	go func() {
		lost, err := l.LockStop(stop)
		result <- attempt{lost, err}
	}()
	return result
}

// outcome waits for a running Lock.
func (g *ground) outcome(what string, a <-chan attempt) attempt {
	g.Helper()
	return await(g, what, a, func(attempt) bool { return true })
}

// testLockExcludes has four stores take the lock in turns and count up a number
// that only the lock protects.
func testLockExcludes(g *ground) {
	const lockers, rounds = 4, 3
	var inside atomic.Int32
	count := 0
	var wg sync.WaitGroup
	for i := range lockers {
		lock := g.lock(g.open(), fmt.Sprint(i))
		wg.Go(func() {
			for range rounds {
				if _, err := lock.Lock(); err != nil {
					g.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					g.Errorf("%d hold the lock", n)
				}
				count++
				inside.Add(-1)
				if err := lock.Unlock(); err != nil {
					g.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if count != lockers*rounds {
		g.Errorf("counted to %d", count)
	}
}

func testLockValue(g *ground) {
	lock := g.lock(g.s, "mine")
	waiter := g.lock(g.open(), "theirs")
	lost := g.take(lock)
	result := g.begin(waiter, nil)
	g.queued(1)
	if v := g.get("lock").Value; string(v) != "mine" {
		g.Errorf("while it is held: %q", v)
	}
	g.equal("while it is held and waited for", g.list(""), []string{"lock=mine"})
	g.unlock(lock)
	awaitClosed(g, "unlocked", lost)
	if a := g.outcome("the waiter", result); a.err != nil {
		g.Fatal(a.err)
	}
	if v := g.get("lock").Value; string(v) != "theirs" {
		g.Errorf("after it was handed over: %q", v)
	}
	g.unlock(waiter)
	g.equal("after all", g.list(""), []string{"lock=theirs"})
	g.noQueue()
}

// noQueue checks that nothing is left of the lock's queue, which no listing
// shows: neither the claims nor the directory that held them.
func (g *ground) noQueue() {
	g.Helper()
	if locks := g.inspected(); len(locks) != 0 {
		g.Errorf("a queue was left behind: %+v", locks)
	}
	if g.there("lock.kvist-lock") {
		g.Error("an empty queue was left behind")
	}
}

func testLockKeepsValue(g *ground) {
	for rest, want := range map[string]string{"there": "before", "none": ""} {
		if want != "" {
			g.put(rest, want)
		}
		for _, options := range []*kv.LockOptions{nil, {TTL: g.ttl()}} {
			lock, err := g.s.NewLock(g.key(rest), options)
			if err != nil {
				g.Fatal(err)
			}
			g.take(lock.(kv.StopLocker))
			if v := g.get(rest).Value; string(v) != want {
				g.Errorf("%s: while it is held: %q", rest, v)
			}
			g.unlock(lock)
			if v := g.get(rest).Value; string(v) != want {
				g.Errorf("%s: after it: %q", rest, v)
			}
		}
	}
}

func testLockOrder(g *ground) {
	if !g.h.Fair {
		g.Skip("the store hands locks over in no order")
	}
	first := g.lock(g.s, "first")
	g.take(first)
	var locks []kv.StopLocker
	var results []<-chan attempt
	for i := range 4 {
		locks = append(locks, g.lock(g.open(), fmt.Sprint(i)))
		results = append(results, g.begin(locks[i], nil))
		g.queued(i + 1)
	}
	g.unlock(first)
	for i, lock := range locks {
		if a := g.outcome(fmt.Sprintf("waiter %d", i), results[i]); a.err != nil {
			g.Fatal(a.err)
		}
		for _, later := range results[i+1:] {
			if len(later) > 0 {
				g.Fatalf("a later waiter is done waiting before waiter %d unlocked: %v", i, (<-later).err)
			}
		}
		g.unlock(lock)
	}
}

func testLockTwice(g *ground) {
	lock := g.lock(g.s, "v")
	g.is("unlock when it is not held", lock.Unlock(), kv.ErrCannotLock)
	lost := g.take(lock)
	_, err := lock.Lock()
	g.is("lock when it is held", err, kv.ErrCannotLock)
	g.unlock(lock)
	awaitClosed(g, "unlocked", lost)
	g.is("unlock again", lock.Unlock(), kv.ErrCannotLock)
	again := g.take(lock)
	select {
	case <-again:
		g.Error("lost at once when taken again")
	default:
	}
	g.unlock(lock)
}

func testLockGivenUp(g *ground) {
	holder, waiter := g.lock(g.s, "holder"), g.lock(g.open(), "waiter")
	g.take(holder)
	stop := make(chan struct{})
	result := g.begin(waiter, stop)
	g.queued(1)
	_, err := waiter.Lock()
	g.is("lock when it is waited for", err, kv.ErrCannotLock)
	close(stop)
	g.is("given up", g.outcome("given up", result).err, kv.ErrCannotLock)
	if l := g.queued(0); len(l.Waiters) != 0 {
		g.Errorf("who gave up still waits: %+v", l.Waiters)
	}
	g.unlock(holder)
	g.take(waiter) // it may try again
	g.unlock(waiter)
	g.equal("after all", g.list(""), []string{"lock=waiter"})
	g.noQueue()
}

func testLockClose(g *ground) {
	owner := g.open()
	lost := g.take(g.lock(owner, "owner"))
	waiter := g.lock(g.s, "waiter")
	result := g.begin(waiter, nil)
	g.queued(1)
	owner.Close()
	awaitClosed(g, "closed", lost)
	if a := g.outcome("the waiter", result); a.err != nil {
		g.Fatal(a.err)
	}
	g.unlock(waiter)
}

func testLockWaitClose(g *ground) {
	holder := g.lock(g.s, "holder")
	g.take(holder)
	other := g.open()
	result := g.begin(g.lock(other, "waiter"), nil)
	g.queued(1)
	other.Close()
	if err := g.outcome("the waiter", result).err; !errors.Is(err, kv.ErrCannotLock) && !errors.Is(err, kv.ErrClosed) {
		g.Errorf("the wait ended with %v", err)
	}
	if l := g.queued(0); len(l.Waiters) != 0 {
		g.Errorf("who is closed still waits: %+v", l.Waiters)
	}
	g.unlock(holder)
}

// testLockRenews holds a lock for longer than its TTL while another waits.
func testLockRenews(g *ground) {
	holder := g.lock(g.s, "holder")
	lost := g.take(holder)
	result := g.begin(g.lock(g.open(), "waiter"), nil)
	select {
	case <-lost:
		g.Fatal("the lock was lost")
	case a := <-result:
		g.Fatalf("another got the lock: %v", a.err)
	case <-time.After(g.lifetime()): // nothing may happen in all this time
	}
	g.unlock(holder)
	if a := g.outcome("the waiter", result); a.err != nil {
		g.Fatal(a.err)
	}
}

func testLockKilled(g *ground) {
	child := g.startChild()
	lock, err := g.s.NewLock(g.key("held"), &kv.LockOptions{TTL: g.ttl()})
	if err != nil {
		g.Fatal(err)
	}
	child.kill()
	killed := time.Now()
	g.take(lock.(kv.StopLocker))
	if took := time.Since(killed); took > Allow(g.lifetime()) {
		g.Errorf("it took %v, want at most %v", took, g.lifetime())
	}
	g.unlock(lock)
}
