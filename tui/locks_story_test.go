package tui

import (
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
	d.sees("1. waits")
	close(stop)
	<-ended
	d.await("the queue to be empty", func() bool { return !strings.Contains(d.screen(), "waits") })
	if err := held.Unlock(); err != nil {
		t.Fatal(err)
	}
}
