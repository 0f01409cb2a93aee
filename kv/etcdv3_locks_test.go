package kv_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3StartCLI starts etcdctl and returns the lines that it prints. It ends with the test, by its
// standard input or by force.
func v3StartCLI(t *testing.T, server *kvtest.Server, args ...string) (*exec.Cmd, <-chan string) {
	t.Helper()
	cmd := server.Command(args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 16)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines <- scan.Text()
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, lines
}

// v3Line returns the next line that a program prints.
func v3Line(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case text, ok := <-lines:
		if !ok {
			t.Fatal("the program ended")
		}
		return text
	case <-time.After(30 * time.Second):
		t.Fatal("the program prints nothing")
	}
	return ""
}

// v3LocksUntil asks for the locks until there is one with so many waiters, and returns it.
func v3LocksUntil(t *testing.T, s *kv.EtcdV3, prefix string, waiters int) kv.LockInfo {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		locks, err := s.Locks(t.Context(), prefix)
		if err != nil {
			t.Fatal(err)
		}
		if len(locks) == 1 && len(locks[0].Waiters) == waiters {
			return locks[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("no lock with %d waiters but %+v", waiters, locks)
		}
	}
}

// v3Unused returns a prefix of the test's own, since the keys of a client that was killed stay
// until its lease ends.
func v3Unused(t *testing.T, s *kv.EtcdV3, name string) string {
	t.Helper()
	return fmt.Sprintf("%s-%d", name, v3Revision(t, s))
}

// A lock that etcdctl holds is seen with its holder and its waiters, and can be broken.
func TestEtcdV3SeesEtcdctlLock(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		prefix := v3Unused(t, s, "ctl")
		name := prefix + "/deploy"
		_, holder := v3StartCLI(t, server, "lock", name, "--ttl", "40")
		held := v3Line(t, holder)
		_, first := v3StartCLI(t, server, "lock", name, "--ttl", "50")
		v3LocksUntil(t, s, prefix, 1)
		_, _ = v3StartCLI(t, server, "lock", name, "--ttl", "60")
		lock := v3LocksUntil(t, s, prefix, 2)

		if lock.Key != name || lock.Recipe != "etcd mutex" || lock.Limit != 1 || len(lock.Holders) != 1 {
			t.Fatalf("%+v", lock)
		}
		var ttls []time.Duration
		for _, c := range append(slices.Clone(lock.Holders), lock.Waiters...) {
			ttls = append(ttls, c.TTL)
			if c.Left <= 0 || c.Left > c.TTL || len(c.ID) != 16 || c.Index == 0 {
				t.Errorf("%+v", c)
			}
		}
		if want := []time.Duration{40 * time.Second, 50 * time.Second, 60 * time.Second}; !slices.Equal(ttls, want) {
			t.Errorf("in the order %v", ttls)
		}
		if lock.Holders[0].Key != held {
			t.Errorf("held with %q, etcdctl says %q", lock.Holders[0].Key, held)
		}
		if at, err := s.Locks(t.Context(), name); err != nil || len(at) != 1 {
			t.Errorf("asked for by its name: %+v, %v", at, err)
		}

		plan, err := s.BreakPlan(t.Context(), lock, lock.Holders[0])
		if err != nil || !slices.Equal(plan.Deleted, []string{held}) || !strings.Contains(plan.Action, lock.Holders[0].ID) {
			t.Errorf("%+v, %v", plan, err)
		}
		if err := s.Break(t.Context(), lock, lock.Holders[0]); err != nil {
			t.Fatal(err)
		}
		if next := v3Line(t, first); next != lock.Waiters[0].Key {
			t.Errorf("the first waiter got %q, shown was %q", next, lock.Waiters[0].Key)
		}
		if err := s.Break(t.Context(), lock, lock.Holders[0]); !errors.Is(err, kv.ErrKeyModified) {
			t.Errorf("broken twice: %v", err)
		}
	})
}

// An election of etcdctl is seen with its candidates.
func TestEtcdV3SeesEtcdctlElection(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		prefix := v3Unused(t, s, "elect")
		name := prefix + "/leader"
		_, leader := v3StartCLI(t, server, "elect", name, "alice")
		v3Line(t, leader)
		_, _ = v3StartCLI(t, server, "elect", name, "bob")
		lock := v3LocksUntil(t, s, prefix, 1)
		if lock.Recipe != "etcd election" || lock.Holders[0].Name != "alice" || lock.Waiters[0].Name != "bob" {
			t.Errorf("%+v", lock)
		}
	})
}

// A plan to break a lock names all that ends with it: the concurrency package takes several locks
// in one session.
func TestEtcdV3BreakTellsWhatElseGoes(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		ctx, native := t.Context(), v3Native(t, server, "", "")
		session := v3Session(t, native)
		mutex, other := concurrency.NewMutex(session, "session/mutex"), concurrency.NewMutex(session, "session/other")
		election := concurrency.NewElection(session, "session/election")
		for what, take := range map[string]func() error{
			"mutex":    func() error { return mutex.Lock(ctx) },
			"other":    func() error { return other.Lock(ctx) },
			"election": func() error { return election.Campaign(ctx, "alice") },
		} {
			if err := take(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if _, err := native.Put(ctx, "session/data", "v", clientv3.WithLease(session.Lease())); err != nil {
			t.Fatal(err)
		}
		second := concurrency.NewMutex(v3Session(t, native), "session/mutex")
		got := make(chan error, 1)
		go func() { got <- second.Lock(ctx) }()

		var locks []kv.LockInfo
		for len(locks) != 3 || len(locks[1].Waiters) != 1 {
			var err error
			if locks, err = s.Locks(ctx, "session"); err != nil {
				t.Fatal(err)
			}
		}
		var told []string
		for _, l := range locks {
			told = append(told, l.Key+" "+l.Recipe+" "+l.Holders[0].Name)
		}
		if want := []string{"session/election etcd election alice", "session/mutex etcd mutex ", "session/other etcd mutex "}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		lock := locks[1]
		plan, err := s.BreakPlan(ctx, lock, lock.Holders[0])
		want := []string{"session/data", election.Key(), mutex.Key(), other.Key()}
		if err != nil || !slices.Equal(plan.Deleted, want) || !strings.HasPrefix(plan.Note, "next holder: ") {
			t.Errorf("%+v, %v; want %q", plan, err, want)
		}
		if err := s.Break(ctx, lock, lock.Holders[0]); err != nil {
			t.Fatal(err)
		}
		if err := <-got; err != nil {
			t.Error(err)
		}
		for _, key := range plan.Deleted {
			if there, err := s.Exists(key); there || err != nil {
				t.Errorf("%s: %v, %v", key, there, err)
			}
		}
	})
}

// v3Native returns etcd's own client, with a login if the server demands one.
func v3Native(t *testing.T, server *kvtest.Server, user, password string) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{server.Addr}, Username: user, Password: password,
		DialTimeout: 30 * time.Second, Logger: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// v3Session returns a session of the concurrency package that ends with the test.
func v3Session(t *testing.T, client *clientv3.Client) *concurrency.Session {
	t.Helper()
	session, err := concurrency.NewSession(client, concurrency.WithTTL(30))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() }) // it may have been broken
	return session
}

// An own lock is seen with holder and waiters, and breaking it makes the next waiter the holder.
func TestEtcdV3OwnLockIsSeenAndBroken(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		lock, err := s.NewLock("own/lock", &kv.LockOptions{Value: []byte("mine"), TTL: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		lost, err := lock.Lock()
		if err != nil {
			t.Fatal(err)
		}
		other := v3Open(t, server, nil)
		waiter, err := other.NewLock("own/lock", nil)
		if err != nil {
			t.Fatal(err)
		}
		stop, gaveUp := make(chan struct{}), make(chan error, 1)
		go func() {
			_, err := waiter.(kv.StopLocker).LockStop(stop)
			gaveUp <- err
		}()
		info := v3LocksUntil(t, s, "own", 1)
		if info.Key != "own/lock" || info.Recipe != "kvist lock" || info.Holders[0].TTL != 20*time.Second || !strings.HasPrefix(info.Holders[0].Name, "kvist on ") {
			t.Errorf("%+v", info)
		}
		if at, err := s.Locks(t.Context(), "own/lock"); err != nil || len(at) != 1 {
			t.Errorf("asked for by its name: %+v, %v", at, err)
		}
		pairs, err := s.List("own")
		if err != nil || len(pairs) != 1 || string(pairs[0].Value) != "mine" {
			t.Errorf("listed %v, %v", pairs, err)
		}
		close(stop)
		if err := <-gaveUp; !errors.Is(err, kv.ErrCannotLock) {
			t.Errorf("given up: %v", err)
		}
		info = v3LocksUntil(t, s, "own", 0)
		if err := s.Break(t.Context(), info, info.Holders[0]); err != nil {
			t.Fatal(err)
		}
		select {
		case <-lost:
		case <-time.After(10 * time.Second):
			t.Error("the holder does not notice")
		}
		if err := lock.Unlock(); !errors.Is(err, kv.ErrCannotLock) {
			t.Errorf("unlocked what was lost: %v", err)
		}
		if _, err := lock.Lock(); err != nil {
			t.Errorf("locked again: %v", err)
		}
		if err := lock.Unlock(); err != nil {
			t.Errorf("unlocked: %v", err)
		}
	})
}

// The holder of a lock is told of its end before the server is, since another may hold it as soon
// as the server knows.
func TestEtcdV3LockIsToldAsLostBeforeItIsReleased(t *testing.T) {
	t.Parallel()
	l, s := v3OpenLinked(t, kvtest.SharedEtcd(t))
	lock, err := s.NewLock(v3Unused(t, s, "released"), nil)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := lock.Lock()
	if err != nil {
		t.Fatal(err)
	}
	l.Mute()
	unlocked := make(chan error, 1)
	go func() { unlocked <- lock.Unlock() }()
	select {
	case <-lost:
	case err := <-unlocked:
		t.Errorf("unlocked (%v) before it was told as lost", err)
	case <-time.After(3 * time.Second): // less than the timeout of the answer
		t.Error("not told as lost while the answer is out")
	}
	l.Cut()
}
