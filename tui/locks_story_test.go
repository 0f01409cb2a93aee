package tui

import (
	"context"
	"errors"
	"strings"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

func TestLocksShowHolderAndWaiters(t *testing.T) {
	d, store := explore(t, "a")
	server := kvtest.SharedEtcdEmbedded(t)
	second, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	name := t.Name() + "/deploy"
	held, err := store.NewLock(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.Lock(); err != nil {
		t.Fatal(err)
	}
	waiting, err := second.NewLock(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := waiting.(kv.StopLocker).LockStop(stop); err == nil {
			t.Error("the lock was given to two")
		}
	}()
	d.press("L")
	d.sees("holder")
	d.sees("1. waiting:")
	close(stop)
	<-ended
	d.await("the queue to be empty", func() bool { return !strings.Contains(d.screen(), "waits") })
	if err := held.Unlock(); err != nil {
		t.Fatal(err)
	}
}

// halfSeen is a store of whose locks only some may be read.
type halfSeen struct {
	kv.Store
	seen []kv.LockInfo
}

func (s halfSeen) Locks(context.Context, string) ([]kv.LockInfo, error) {
	return s.seen, &kv.Error{Op: "locks", Kind: kv.ErrIncomplete, Err: errors.New("below /shut")}
}

func (s halfSeen) BreakPlan(context.Context, kv.LockInfo, kv.Contender) (kv.BreakPlan, error) {
	return kv.BreakPlan{}, kv.ErrDenied
}

func (s halfSeen) Break(context.Context, kv.LockInfo, kv.Contender) error { return kv.ErrDenied }

// Locks that may not be read are not reported as no locks.
func TestLocksThatMayNotBeReadAreNotNone(t *testing.T) {
	d, store := explore(t, "a")
	d.m.store = halfSeen{Store: store}
	d.press("L")
	d.sees("no locks that this login may read", "below /shut")
	d.m.store = halfSeen{store, []kv.LockInfo{{Key: "seen", Recipe: "a recipe", Holders: []kv.Contender{{Name: "who holds it"}}}}}
	d.sees("who holds it", "below /shut")
	d.seesNot("no locks")
}
