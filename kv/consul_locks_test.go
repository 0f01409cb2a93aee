package kv_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// consulLocksUntil asks for the locks until they are as wanted, and returns them.
func consulLocksUntil(t *testing.T, s *kv.Consul, prefix, what string, wanted func([]kv.LockInfo) bool) []kv.LockInfo {
	t.Helper()
	var locks []kv.LockInfo
	consulEventually(t, what, func() bool {
		var err error
		if locks, err = s.Locks(context.Background(), prefix); err != nil {
			t.Fatal(err)
		}
		return wanted(locks)
	})
	return locks
}

// runConsulLock runs `consul lock`, which holds its lock until the test is over: its child reads a
// standard input that nobody writes to.
func runConsulLock(t *testing.T, server *kvtest.Server, args ...string) {
	t.Helper()
	cmd := server.Command(append([]string{"lock", "-pass-stdin"}, append(args, "cat")...)...)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close() // ends the child
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// `consul lock` and our lock on the key that it takes exclude each other and are distinguished.
func TestConsulLockOfTheCommandLine(t *testing.T) {
	server := kvtest.StartConsul(t)
	s := openConsul(t, nil, server.Addr)
	runConsulLock(t, server, "-name=deploy", "svc/job")
	locks := consulLocksUntil(t, s, "svc", "the command line's lock", func(l []kv.LockInfo) bool { return len(l) == 1 })
	lock := locks[0]
	if lock.Key != "svc/job/.lock" || lock.Recipe != "consul lock" || lock.Limit != 1 || len(lock.Holders) != 1 || lock.WaitersHidden != "not visible in Consul" {
		t.Fatalf("%+v", lock)
	}
	holder := lock.Holders[0]
	if !strings.Contains(holder.Name, "deploy on node kvtest") || holder.TTL != 15*time.Second || holder.Left >= 0 || holder.Key != lock.Key {
		t.Errorf("%+v", holder)
	}

	ours, err := s.NewLock("svc/job/.lock", &kv.LockOptions{Value: []byte("ours")})
	if err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := ours.(kv.StopLocker).LockStop(stop)
		stopped <- err
	}()
	consulEventually(t, "our wait to begin", func() bool { return len(consulSessions(t, server, "kvist lock")) == 1 })
	close(stop)
	consulWant(t, "a wait that was given up", <-stopped, kv.ErrCannotLock)
	if left := consulSessions(t, server, "kvist lock"); len(left) != 0 {
		t.Errorf("the wait left %v", left)
	}

	plan, err := s.BreakPlan(context.Background(), lock, holder)
	if err != nil || plan.Action != "destroy session "+holder.ID || !slices.Equal(plan.Freed, []string{"svc/job/.lock"}) ||
		len(plan.Deleted) != 0 || !strings.Contains(plan.Note, "15s") {
		t.Errorf("%+v, %v", plan, err)
	}
	if err := s.Break(context.Background(), lock, holder); err != nil {
		t.Fatal(err)
	}
	consulWant(t, "breaking it again", s.Break(context.Background(), lock, holder), kv.ErrKeyModified)
	_, err = s.BreakPlan(context.Background(), lock, holder)
	consulWant(t, "planning it again", err, kv.ErrKeyModified)
}

// consulSessions returns the names of the sessions that begin with prefix.
func consulSessions(t *testing.T, server *kvtest.Server, prefix string) []string {
	t.Helper()
	sessions, _, err := nativeConsul(t, server.Addr, "").Session().List(nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, session := range sessions {
		if strings.HasPrefix(session.Name, prefix) {
			names = append(names, session.Name)
		}
	}
	return names
}

// `consul lock` waits for our lock, and takes it when it is free.
func TestConsulCommandLineWaitsForOurs(t *testing.T) {
	server := kvtest.StartConsul(t)
	s := openConsul(t, nil, server.Addr)
	ours, err := s.NewLock("svc/.lock", &kv.LockOptions{Value: []byte("ours")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ours.Lock(); err != nil {
		t.Fatal(err)
	}
	locks, err := s.Locks(context.Background(), "svc/.lock")
	if err != nil || len(locks) != 1 || locks[0].Recipe != "kvist lock" || locks[0].Holders[0].TTL != kv.DefaultLockTTL {
		t.Errorf("%+v, %v", locks, err)
	}
	if _, err := server.CLI("lock", "-try=500ms", "svc", "true"); err == nil {
		t.Error("the command line got the lock beside us")
	}
	if err := ours.Unlock(); err != nil {
		t.Fatal(err)
	}
	pair, err := s.Get("svc/.lock")
	if err != nil || string(pair.Value) != "ours" {
		t.Errorf("after Unlock: %+v, %v", pair, err)
	}
	if _, err := server.CLI("lock", "-try=10s", "-child-exit-code", "svc", "true"); err != nil {
		t.Errorf("the command line does not get the free lock: %v", err)
	}
	if locks, err := s.Locks(context.Background(), ""); err != nil || len(locks) != 0 {
		t.Errorf("free, and shown: %+v, %v", locks, err)
	}
}

// A semaphore is listed with its holders and waiters.
func TestConsulSemaphoreOfTheCommandLine(t *testing.T) {
	server := kvtest.StartConsul(t)
	s := openConsul(t, nil, server.Addr)
	for range 3 {
		runConsulLock(t, server, "-n=2", "pool")
	}
	locks := consulLocksUntil(t, s, "", "two holders and a waiter", func(l []kv.LockInfo) bool {
		return len(l) == 1 && len(l[0].Holders) == 2 && len(l[0].Waiters) == 1
	})
	lock := locks[0]
	if lock.Key != "pool" || lock.Recipe != "consul semaphore" || lock.Limit != 2 || lock.WaitersHidden != "" {
		t.Fatalf("%+v", lock)
	}
	holder := lock.Holders[0]
	plan, err := s.BreakPlan(context.Background(), lock, holder)
	if err != nil || !slices.Equal(plan.Deleted, []string{"pool/" + holder.ID}) || len(plan.Freed) != 0 {
		t.Errorf("%+v, %v", plan, err)
	}
	waiter := lock.Waiters[0].ID
	if err := s.Break(context.Background(), lock, holder); err != nil {
		t.Fatal(err)
	}
	consulLocksUntil(t, s, "pool", "the waiter's turn", func(l []kv.LockInfo) bool {
		return len(l) == 1 && len(l[0].Waiters) == 0 && slices.ContainsFunc(l[0].Holders, func(c kv.Contender) bool { return c.ID == waiter })
	})
}

// A holder whose session is gone, and which stays in a semaphore's record until somebody comes, is
// shown as stale and can be taken out.
func TestConsulStaleSemaphoreHolder(t *testing.T) {
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	consulSet(t, native, &api.KVPair{Key: "pool/.lock", Value: []byte(`{"Limit":2,"Holders":{"../dead":true}}`), Flags: api.SemaphoreFlagValue})
	locks, err := s.Locks(context.Background(), "pool")
	if err != nil || len(locks) != 1 || len(locks[0].Holders) != 1 || !strings.Contains(locks[0].Holders[0].Note, "stale") {
		t.Fatalf("%+v, %v", locks, err)
	}
	if err := s.Break(context.Background(), locks[0], locks[0].Holders[0]); err != nil {
		t.Fatal(err)
	}
	pair, _, err := native.KV().Get("pool/.lock", nil)
	if err != nil || string(pair.Value) != `{"Limit":2,"Holders":{}}` || pair.Flags != api.SemaphoreFlagValue {
		t.Errorf("%+v, %v", pair, err)
	}
	consulWant(t, "again", s.Break(context.Background(), locks[0], locks[0].Holders[0]), kv.ErrKeyModified)
}

// Locks of Consul's own client on any key, and keys that a session holds without a recipe, are
// listed; destroying the session ends all that it holds.
func TestConsulLocksOfOtherClients(t *testing.T) {
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	session, _, err := native.Session().CreateNoChecks(&api.SessionEntry{Name: "worker", Behavior: api.SessionBehaviorDelete, LockDelay: time.Millisecond}, nil)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := native.LockOpts(&api.LockOptions{Key: "app/leader", Session: session})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Lock(nil); err != nil {
		t.Fatal(err)
	}
	if ok, _, err := native.KV().Acquire(&api.KVPair{Key: "web/1", Session: session}, nil); !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	locks, err := s.Locks(context.Background(), "")
	if err != nil || len(locks) != 2 {
		t.Fatalf("%+v, %v", locks, err)
	}
	if locks[0].Key != "app/leader" || locks[0].Recipe != "consul api lock" || locks[1].Key != "web/1" || locks[1].Recipe != "session-held key" {
		t.Errorf("%+v", locks)
	}
	if one, err := s.Locks(context.Background(), "app/leader"); err != nil || len(one) != 1 {
		t.Errorf("asked for by its own name: %+v, %v", one, err)
	}
	plan, err := s.BreakPlan(context.Background(), locks[0], locks[0].Holders[0])
	if err != nil || !slices.Equal(plan.Deleted, []string{"app/leader", "web/1"}) {
		t.Errorf("%+v, %v", plan, err)
	}
	if err := s.Break(context.Background(), locks[0], locks[0].Holders[0]); err != nil {
		t.Fatal(err)
	}
	if there, err := s.Exists("web/1"); there || err != nil {
		t.Errorf("web/1 outlived its session: %v", err)
	}
}

// Our lock keeps the value of its key, waits out a lock-delay, and refuses a semaphore's key.
func TestConsulLockOnAKeyOfOthers(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	session, _, err := native.Session().CreateNoChecks(&api.SessionEntry{LockDelay: 2 * time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := native.KV().Acquire(&api.KVPair{Key: "k", Value: []byte("theirs"), Flags: 7, Session: session}, nil); !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	broken := time.Now() // the server counts from when it destroys the session
	if _, err := native.Session().Destroy(session, nil); err != nil {
		t.Fatal(err)
	}
	lock, err := s.NewLock("k", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(broken); waited < 1900*time.Millisecond {
		t.Errorf("the lock-delay of 2 s lasted %v", waited)
	}
	pair, _, err := native.KV().Get("k", nil)
	if err != nil || string(pair.Value) != "theirs" || pair.Flags != 7 || pair.Session == "" {
		t.Errorf("%+v, %v", pair, err)
	}
	consulSet(t, native, &api.KVPair{Key: "pool/.lock", Value: []byte(`{}`), Flags: api.SemaphoreFlagValue})
	pool, err := s.NewLock("pool/.lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Lock(); err == nil || errors.Is(err, kv.ErrCannotLock) {
		t.Errorf("the lock on a semaphore's record: %v", err)
	}
}
