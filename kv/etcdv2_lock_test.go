package kv_test

import (
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// etcdLocker makes a lock.
func etcdLocker(t *testing.T, s kv.Store, key, value string) kv.StopLocker {
	t.Helper()
	lock, err := s.NewLock(key, &kv.LockOptions{Value: []byte(value), TTL: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return lock.(kv.StopLocker)
}

// etcdLocked is etcdLocker, and takes the lock.
func etcdLocked(t *testing.T, s kv.Store, key, value string) (kv.StopLocker, <-chan struct{}) {
	t.Helper()
	lock := etcdLocker(t, s, key, value)
	lost, err := lock.Lock()
	if err != nil {
		t.Fatal(err)
	}
	return lock, lost
}

// etcdWaiting takes a lock in the background. The channel tells how it went.
func etcdWaiting(lock kv.StopLocker, stop <-chan struct{}) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := lock.LockStop(stop)
		done <- err
	}()
	return done
}

// etcdLocksAre asks for the locks until they are as wanted: "KEY: HOLDER <
// WAITER < WAITER" by number of places, one lock per line.
func etcdLocksAre(t *testing.T, s *kv.Etcd, prefix, want string) []kv.LockInfo {
	t.Helper()
	var got string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		locks, err := s.Locks(t.Context(), prefix)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, l := range locks {
			lines = append(lines, l.Key+strings.Repeat(" holder", len(l.Holders))+strings.Repeat(" waiter", len(l.Waiters)))
		}
		if got = strings.Join(lines, ", "); got == want {
			return locks
		}
	}
	t.Fatalf("the locks are %q, want %q", got, want)
	return nil
}

// etcdSoon fails unless c tells within a few seconds.
func etcdSoon[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not happen", what)
		panic("not reached")
	}
}

func TestEtcdLockQueue(t *testing.T) {
	addr := kvtest.SharedEtcd(t).Addr
	one, two, three := openEtcd(t, nil, addr), openEtcd(t, nil, addr), openEtcd(t, nil, addr)
	feed := newEtcdFeed(t, one, "queue")
	first, lost := etcdLocked(t, one, "queue/lock", "first")
	feed.until(t, "a marked key", func() bool { return feed.tree["queue/lock"].Flags == kv.LockedKey })
	if pair := etcdGet(t, two, "queue/lock"); string(pair.Value) != "first" {
		t.Errorf("while held there is %q", pair.Value)
	}
	_, err := first.Lock()
	etcdWant(t, "Lock again", err, kv.ErrCannotLock)

	second, third := etcdLocker(t, two, "queue/lock", "second"), etcdLocker(t, three, "queue/lock", "third")
	gotSecond := etcdWaiting(second, nil)
	etcdLocksAre(t, one, "queue", "queue/lock holder waiter")
	stop := make(chan struct{})
	gotThird := etcdWaiting(third, stop)
	locks := etcdLocksAre(t, one, "queue/lock", "queue/lock holder waiter waiter")
	if h := locks[0].Holders[0]; h.TTL != 2*time.Second || h.Left <= 0 || h.Left > h.TTL || !strings.Contains(h.Name, "pid") {
		t.Errorf("the holder is %+v", h)
	}
	if pairs, err := one.List("queue"); err != nil || etcdKeysOf(pairs) != "queue/lock" {
		t.Errorf("List shows %v, %v", etcdKeysOf(pairs), err)
	}
	close(stop)
	etcdWant(t, "the wait that was given up", etcdSoon(t, "giving up", gotThird), kv.ErrCannotLock)
	etcdLocksAre(t, one, "queue", "queue/lock holder waiter")

	if err := first.Unlock(); err != nil {
		t.Error(err)
	}
	etcdSoon(t, "losing the lock", lost)
	if err := etcdSoon(t, "getting the lock", gotSecond); err != nil {
		t.Fatal(err)
	}
	if pair := etcdGet(t, one, "queue/lock"); string(pair.Value) != "second" {
		t.Errorf("while held by the second there is %q", pair.Value)
	}
	if err := second.Unlock(); err != nil {
		t.Error(err)
	}
	etcdWant(t, "Unlock again", second.Unlock(), kv.ErrCannotLock)
	etcdLocksAre(t, one, "", "")
	feed.until(t, "a key without a mark", func() bool { return feed.tree["queue/lock"].Flags == 0 })
	feed.has(t, "queue/lock")
	if exists, err := one.Exists("queue/lock.kvist-lock"); exists || err != nil {
		t.Errorf("the queue is left behind: %v, %v", exists, err)
	}
}

func TestEtcdLockKeepsTheValueWithoutOne(t *testing.T) {
	s := openEtcd(t, nil, kvtest.SharedEtcd(t).Addr)
	etcdPut(t, s, "keeps/lock", "value")
	lock, err := s.NewLock("keeps/lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	if pair := etcdGet(t, s, "keeps/lock"); string(pair.Value) != "value" {
		t.Errorf("there is %q", pair.Value)
	}
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestEtcdLockEndsWithTheStore(t *testing.T) {
	addr := kvtest.SharedEtcd(t).Addr
	one, two, watcher := openEtcd(t, nil, addr), openEtcd(t, nil, addr), openEtcd(t, nil, addr)
	_, lost := etcdLocked(t, one, "closing/lock", "v")
	waiting := etcdWaiting(etcdLocker(t, two, "closing/lock", "v"), nil)
	etcdLocksAre(t, watcher, "closing", "closing/lock holder waiter")
	two.Close()
	etcdWant(t, "the wait", etcdSoon(t, "ending the wait", waiting), kv.ErrClosed)
	one.Close()
	etcdSoon(t, "losing the lock", lost)
	if locks, err := watcher.Locks(t.Context(), "closing"); err != nil || len(locks) != 0 {
		t.Errorf("there is %+v, %v", locks, err)
	}
}

func TestEtcdLockIsLostWithContact(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	link := kvtest.NewLink(t, server.Addr)
	cut := openEtcd(t, &kv.Config{ConnectionTimeout: time.Second}, link.Addr())
	whole := openEtcd(t, nil, server.Addr)
	began := time.Now()
	_, lost := etcdLocked(t, cut, "contact/lock", "first")
	waiting := etcdWaiting(etcdLocker(t, whole, "contact/lock", "second"), nil)
	etcdLocksAre(t, whole, "contact", "contact/lock holder waiter")
	etcdSleepUntil(t, began.Add(4*time.Second)) // twice its TTL: it is renewed
	select {
	case <-lost:
		t.Error("it was lost though it is renewed")
	case err := <-waiting:
		t.Errorf("somebody else got it though it is renewed: %v", err)
	default:
	}
	link.Cut()
	etcdSoon(t, "losing the lock", lost)
	if err := etcdSoon(t, "getting the lock", waiting); err != nil {
		t.Error(err)
	}
}

// etcdSleepUntil lets time pass, which is what the test is about.
func etcdSleepUntil(t *testing.T, when time.Time) {
	t.Helper()
	time.Sleep(time.Until(when))
}

func TestEtcdBreak(t *testing.T) {
	addr := kvtest.SharedEtcd(t).Addr
	holder, operator := openEtcd(t, nil, addr), openEtcd(t, nil, addr)
	_, lost := etcdLocked(t, holder, "break/lock", "v")
	waiting := etcdWaiting(etcdLocker(t, operator, "break/lock", "w"), nil)
	locks := etcdLocksAre(t, operator, "break", "break/lock holder waiter")
	claim := locks[0].Holders[0]
	plan, err := operator.BreakPlan(t.Context(), locks[0], claim)
	if err != nil || len(plan.Deleted) != 1 || plan.Deleted[0] != claim.Key || len(plan.Freed) != 1 || plan.Freed[0] != "break/lock" {
		t.Errorf("the plan is %+v, %v", plan, err)
	}
	etcdWant(t, "Break of a waiter", operator.Break(t.Context(), locks[0], locks[0].Waiters[0]), kv.ErrKeyModified)
	if err := operator.Break(t.Context(), locks[0], claim); err != nil {
		t.Fatal(err)
	}
	etcdSoon(t, "losing the lock", lost)
	if err := etcdSoon(t, "getting the lock", waiting); err != nil {
		t.Error(err)
	}
	etcdWant(t, "Break again", operator.Break(t.Context(), locks[0], claim), kv.ErrKeyModified)
}

func TestEtcdLocksOfOthers(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := openEtcd(t, nil, server.Addr)
	for _, name := range []string{"alice", "bob", "carol"} {
		etcdctlV2(t, server, "mk", "--in-order", "--ttl", "60", "/others/deep/lock", name)
	}
	etcdctlV2(t, server, "mk", "--in-order", "/others/work", "a queue of work has no TTL")
	etcdctlV2(t, server, "set", "--ttl", "60", "/others/dir/00000000000000000007", "not made in order")
	locks, err := s.Locks(t.Context(), "others")
	if err != nil || len(locks) != 1 || locks[0].Key != "others/deep/lock" {
		t.Fatalf("there is %+v, %v", locks, err)
	}
	lock := locks[0]
	if len(lock.Holders) != 1 || lock.Holders[0].Name != "alice" || lock.Holders[0].Left <= 50*time.Second {
		t.Errorf("the holder is %+v", lock.Holders)
	}
	if len(lock.Waiters) != 2 || lock.Waiters[0].Name != "bob" || lock.Waiters[1].Name != "carol" || lock.WaitersHidden != "" {
		t.Errorf("the waiters are %+v", lock.Waiters)
	}
	if err := s.Break(t.Context(), lock, lock.Holders[0]); err != nil {
		t.Error(err)
	}
	locks, err = s.Locks(t.Context(), "others/deep/lock")
	if err != nil || len(locks) != 1 || locks[0].Holders[0].Name != "bob" {
		t.Errorf("after the break there is %+v, %v", locks, err)
	}
	if pairs, err := s.List("others/deep/lock"); err != nil || len(pairs) != 2 {
		t.Errorf("other people's queues are listed: %v, %v", etcdKeysOf(pairs), err)
	}
}

func TestEtcdLeftQueueDoesNotKeepADirectory(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := openEtcd(t, nil, server.Addr)
	etcdPut(t, s, "left/dir/key", "v")
	etcdctlV2(t, server, "mkdir", "/left/dir/key.kvist-lock") // as a holder that was killed leaves it
	if err := s.Delete("left/dir/key"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete("left/dir"); err != nil {
		t.Errorf("Delete of an empty directory: %v", err)
	}
}
