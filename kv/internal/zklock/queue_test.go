package zklock_test

import (
	"context"
	"errors"
	"path"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkfake"
	"kvist/kv/internal/zklock"
	"kvist/kv/internal/zkwatch"
	"kvist/kv/internal/zkwire"
)

// queue returns the queue of a lock over a session of its own.
func queue(t *testing.T, s *zkfake.Server) *zklock.Queue {
	t.Helper()
	d := &zkwire.Dialer{Endpoints: []string{s.Addr}, Timeout: 5 * time.Second}
	z, err := zkclient.Connect(t.Context(), context.Background(), d, 10*time.Second, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(z.Close)
	return &zklock.Queue{
		Path: "/q", Session: z, Watches: zkwatch.NewShared(d), Timeout: 5 * time.Second,
		Create: func(ctx context.Context, node string, create func([]zk.ACL) error) error {
			_, _ = z.Create(ctx, path.Dir(node), nil, 0, zk.WorldACL(zk.PermAll)) // it may be there
			return create(zk.WorldACL(zk.PermAll))
		},
	}
}

// enter makes a claim in a queue.
func enter(t *testing.T, q *zklock.Queue) string {
	t.Helper()
	claim, err := q.Enter(t.Context(), zklock.NewID(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

// await waits in the background until a claim is the first.
func await(t *testing.T, q *zklock.Queue, claim string) <-chan error {
	got := make(chan error, 1)
	go func() { got <- q.Await(t.Context(), claim, q.Session.Ended()) }()
	return got
}

func within(t *testing.T, what string, got <-chan error, want error) {
	t.Helper()
	select {
	case err := <-got:
		if !errors.Is(err, want) {
			t.Fatalf("%s: %v, want %v", what, err, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: not yet", what)
	}
}

// Claims become the first in the order in which they entered: when the one before leaves, when its
// session ends, and when somebody deletes it.
func TestQueueIsServedInOrder(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	first, second := queue(t, s), queue(t, s)
	a := enter(t, first)
	within(t, "the first", await(t, first, a), nil)
	b := enter(t, second)
	waiting := await(t, second, b)
	select {
	case err := <-waiting:
		t.Fatalf("two are the first: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := first.Leave(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	within(t, "after the first left", waiting, nil)

	a = enter(t, first)
	waiting = await(t, first, a)
	second.Session.Close()
	within(t, "after the session of the first ended", waiting, nil)

	third := queue(t, s)
	c := enter(t, third)
	waiting = await(t, third, c)
	s.Delete(a)
	within(t, "after the first was deleted", waiting, nil)
	if _, there, err := first.Watch(t.Context(), a); there || err != nil {
		t.Errorf("a claim that is deleted stands: %v", err)
	}
	within(t, "a claim that is gone", await(t, first, a), zklock.ErrClaimGone)
}

// A claim is withdrawn by its id, and watching it reports that it is gone.
func TestClaimIsWithdrawn(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	q := queue(t, s)
	defer q.Watches.Enter()()
	id := zklock.NewID()
	claim, err := q.Enter(t.Context(), id, []byte("me"))
	if err != nil {
		t.Fatal(err)
	}
	w, there, err := q.Watch(t.Context(), claim)
	if !there || err != nil {
		t.Fatalf("it does not stand: %v", err)
	}
	for range 2 { // the second time there is nothing to withdraw
		if err := q.Withdraw(id, time.Second); err != nil {
			t.Error(err)
		}
	}
	select {
	case <-w.Fired:
	case <-time.After(10 * time.Second):
		t.Error("the watch did not fire")
	}
}
