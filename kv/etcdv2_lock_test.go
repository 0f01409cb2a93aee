package kv_test

import (
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v2Locker makes a lock.
func v2Locker(t *testing.T, s kv.Store, key, value string) kv.StopLocker {
	t.Helper()
	lock, err := s.NewLock(key, &kv.LockOptions{Value: []byte(value), TTL: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return lock.(kv.StopLocker)
}

// v2TakeLock makes a lock and takes it.
func v2TakeLock(t *testing.T, s kv.Store, key, value string) (kv.StopLocker, <-chan struct{}) {
	t.Helper()
	lock := v2Locker(t, s, key, value)
	lost, err := lock.Lock()
	if err != nil {
		t.Fatal(err)
	}
	return lock, lost
}

// v2Waiting takes a lock in the background. The channel gets the outcome.
func v2Waiting(lock kv.StopLocker, stop <-chan struct{}) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := lock.LockStop(stop)
		done <- err
	}()
	return done
}

// v2LocksAre asks for the locks until they are as wanted: "KEY holder waiter waiter", one word for
// each place.
func v2LocksAre(t *testing.T, s *kv.Etcd, prefix, want string) []kv.LockInfo {
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

// v2Soon returns what c gets, and fails after 20 s.
func v2Soon[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not happen", what)
		panic("not reached")
	}
}

// A lock is handed over in order, marks its key in feeds and listings, and leaves nothing behind.
func TestEtcdV2LockQueue(t *testing.T) {
	addr := kvtest.SharedEtcd(t).Addr
	one, two, three := v2Open(t, nil, addr), v2Open(t, nil, addr), v2Open(t, nil, addr)
	feed := v2NewFeed(t, one, "queue")
	first, lost := v2TakeLock(t, one, "queue/lock", "first")
	feed.until(t, "a marked key", func() bool { return feed.tree["queue/lock"].Flags == kv.Locked })
	if pair := v2Get(t, two, "queue/lock"); string(pair.Value) != "first" {
		t.Errorf("while held there is %q", pair.Value)
	}
	_, err := first.Lock()
	v2Want(t, "Lock again", err, kv.ErrCannotLock)

	second, third := v2Locker(t, two, "queue/lock", "second"), v2Locker(t, three, "queue/lock", "third")
	gotSecond := v2Waiting(second, nil)
	v2LocksAre(t, one, "queue", "queue/lock holder waiter")
	stop := make(chan struct{})
	gotThird := v2Waiting(third, stop)
	locks := v2LocksAre(t, one, "queue/lock", "queue/lock holder waiter waiter")
	if h := locks[0].Holders[0]; h.TTL != 2*time.Second || h.Left <= 0 || h.Left > h.TTL || !strings.Contains(h.Name, "pid") {
		t.Errorf("the holder is %+v", h)
	}
	_, err = kv.ListKeys(t.Context(), one, "queue", kv.ListOptions{}, func(e kv.Entry) error {
		if e.Key != "queue/lock" || e.Flags != kv.Locked {
			t.Errorf("ListKeys has %+v", e)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if pairs, err := one.List("queue"); err != nil || v2KeysOf(pairs) != "queue/lock" {
		t.Errorf("List shows %v, %v", v2KeysOf(pairs), err)
	}
	close(stop)
	v2Want(t, "the wait that was given up", v2Soon(t, "giving up", gotThird), kv.ErrCannotLock)
	v2LocksAre(t, one, "queue", "queue/lock holder waiter")

	if err := first.Unlock(); err != nil {
		t.Error(err)
	}
	v2Soon(t, "losing the lock", lost)
	if err := v2Soon(t, "getting the lock", gotSecond); err != nil {
		t.Fatal(err)
	}
	if pair := v2Get(t, one, "queue/lock"); string(pair.Value) != "second" {
		t.Errorf("while held by the second there is %q", pair.Value)
	}
	if err := second.Unlock(); err != nil {
		t.Error(err)
	}
	v2Want(t, "Unlock again", second.Unlock(), kv.ErrCannotLock)
	v2LocksAre(t, one, "", "")
	feed.until(t, "a key without a mark", func() bool { return feed.tree["queue/lock"].Flags == 0 })
	feed.has(t, "queue/lock")
	if exists, err := one.Exists("queue/lock.kvist-lock"); exists || err != nil {
		t.Errorf("the queue is left behind: %v, %v", exists, err)
	}
}

// A lock without a value keeps that of the key.
func TestEtcdV2LockKeepsTheValueWithoutOne(t *testing.T) {
	s := v2Open(t, nil, kvtest.SharedEtcd(t).Addr)
	v2Put(t, s, "keeps/lock", "value")
	lock, err := s.NewLock("keeps/lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	if pair := v2Get(t, s, "keeps/lock"); string(pair.Value) != "value" {
		t.Errorf("there is %q", pair.Value)
	}
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
}

// Close gives up a lock, and the wait for one.
func TestEtcdV2LockEndsWithTheStore(t *testing.T) {
	addr := kvtest.SharedEtcd(t).Addr
	one, two, watcher := v2Open(t, nil, addr), v2Open(t, nil, addr), v2Open(t, nil, addr)
	_, lost := v2TakeLock(t, one, "closing/lock", "v")
	waiting := v2Waiting(v2Locker(t, two, "closing/lock", "v"), nil)
	v2LocksAre(t, watcher, "closing", "closing/lock holder waiter")
	two.Close()
	v2Want(t, "the wait", v2Soon(t, "ending the wait", waiting), kv.ErrClosed)
	one.Close()
	v2Soon(t, "losing the lock", lost)
	if locks, err := watcher.Locks(t.Context(), "closing"); err != nil || len(locks) != 0 {
		t.Errorf("there is %+v, %v", locks, err)
	}
}

// A lock is renewed while there is contact, and lost after its TTL without contact.
func TestEtcdV2LockIsLostWithContact(t *testing.T) {
	t.Parallel()
	server := kvtest.SharedEtcd(t)
	link := kvtest.NewLink(t, server.Addr)
	cut := v2Open(t, &kv.Config{ConnectionTimeout: time.Second}, link.Addr())
	whole := v2Open(t, nil, server.Addr)
	began := time.Now()
	_, lost := v2TakeLock(t, cut, "contact/lock", "first")
	waiting := v2Waiting(v2Locker(t, whole, "contact/lock", "second"), nil)
	v2LocksAre(t, whole, "contact", "contact/lock holder waiter")
	v2SleepUntil(t, began.Add(4*time.Second)) // twice its TTL: it is renewed
	select {
	case <-lost:
		t.Error("it was lost though it is renewed")
	case err := <-waiting:
		t.Errorf("somebody else got it though it is renewed: %v", err)
	default:
	}
	link.Cut()
	v2Soon(t, "losing the lock", lost)
	if err := v2Soon(t, "getting the lock", waiting); err != nil {
		t.Error(err)
	}
}

// v2SleepUntil lets time pass, in a test that is about time.
func v2SleepUntil(t *testing.T, when time.Time) {
	t.Helper()
	time.Sleep(time.Until(when))
}

// Break takes the lock from the holder that was planned, and from no other.
func TestEtcdV2Break(t *testing.T) {
	addr := kvtest.SharedEtcd(t).Addr
	holder, operator := v2Open(t, nil, addr), v2Open(t, nil, addr)
	_, lost := v2TakeLock(t, holder, "break/lock", "v")
	waiting := v2Waiting(v2Locker(t, operator, "break/lock", "w"), nil)
	locks := v2LocksAre(t, operator, "break", "break/lock holder waiter")
	claim := locks[0].Holders[0]
	plan, err := operator.BreakPlan(t.Context(), locks[0], claim)
	if err != nil || len(plan.Deleted) != 1 || plan.Deleted[0] != claim.Key || len(plan.Freed) != 1 || plan.Freed[0] != "break/lock" {
		t.Errorf("the plan is %+v, %v", plan, err)
	}
	v2Want(t, "Break of a waiter", operator.Break(t.Context(), locks[0], locks[0].Waiters[0]), kv.ErrKeyModified)
	if err := operator.Break(t.Context(), locks[0], claim); err != nil {
		t.Fatal(err)
	}
	v2Soon(t, "losing the lock", lost)
	if err := v2Soon(t, "getting the lock", waiting); err != nil {
		t.Error(err)
	}
	v2Want(t, "Break again", operator.Break(t.Context(), locks[0], claim), kv.ErrKeyModified)
}

// Other people's in-order queues are shown as locks and can be broken.
func TestEtcdV2LocksOfOthers(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v2Open(t, nil, server.Addr)
	for _, name := range []string{"alice", "bob", "carol"} {
		v2Ctl(t, server, "mk", "--in-order", "--ttl", "60", "/others/deep/lock", name)
	}
	v2Ctl(t, server, "mk", "--in-order", "/others/work", "a queue of work has no TTL")
	v2Ctl(t, server, "set", "--ttl", "60", "/others/dir/00000000000000000007", "not made in order")
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
		t.Errorf("other people's queues are listed: %v, %v", v2KeysOf(pairs), err)
	}
}

// A queue that a killed holder left does not make a directory full.
func TestEtcdV2LeftQueueDoesNotKeepADirectory(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v2Open(t, nil, server.Addr)
	v2Put(t, s, "left/dir/key", "v")
	v2Ctl(t, server, "mkdir", "/left/dir/key.kvist-lock") // as a holder that was killed leaves it
	if err := s.Delete("left/dir/key"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete("left/dir"); err != nil {
		t.Errorf("Delete of an empty directory: %v", err)
	}
}
