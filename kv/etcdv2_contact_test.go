package kv_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

func TestEtcdUnansweredWriteIsNotRepeated(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	deaf, whole := kvtest.NewLink(t, server.Addr), kvtest.NewLink(t, server.Addr)
	direct := openEtcd(t, nil, server.Addr)
	open := func() *kv.Etcd {
		deaf.Mend()
		s := openEtcd(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, deaf.Addr(), whole.Addr())
		deaf.Deafen()
		return s
	}
	s := open()
	ok, _, err := s.AtomicPut("unanswered/key", []byte("mine"), nil, nil)
	etcdWant(t, "AtomicPut", err, kv.ErrOutcomeUnknown)
	if ok || errors.Is(err, kv.ErrKeyModified) {
		t.Errorf("AtomicPut: %v, %v", ok, err)
	}
	if pair := etcdGet(t, direct, "unanswered/key"); string(pair.Value) != "mine" {
		t.Errorf("it did happen, but there is %+v", pair)
	}
	if pair := etcdGet(t, s, "unanswered/key"); string(pair.Value) != "mine" {
		t.Errorf("reads go on with the other member, but there is %+v", pair)
	}

	lock, err := open().NewLock("unanswered/lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lock.Lock()
	etcdWant(t, "Lock", err, kv.ErrOutcomeUnknown)
	if locks, err := direct.Locks(t.Context(), "unanswered"); err != nil || len(locks) != 0 {
		t.Errorf("the attempt left %+v, %v", locks, err)
	}
}

// TestEtcdMuteServerIsNoticed is about a member that was stopped, or cut off
// from the others: its connections stay, and it tells nothing.
func TestEtcdMuteServerIsNoticed(t *testing.T) {
	t.Parallel()
	server := kvtest.SharedEtcd(t)
	first, second := kvtest.NewLink(t, server.Addr), kvtest.NewLink(t, server.Addr)
	s := openEtcd(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, first.Addr(), second.Addr())
	feed := newEtcdFeed(t, s, "mute")
	first.Mute()
	etcdPut(t, openEtcd(t, nil, server.Addr), "mute/a", "1")
	feed.has(t, "mute/a")
}

func TestEtcdFailsOver(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	first, second := kvtest.NewLink(t, server.Addr), kvtest.NewLink(t, server.Addr)
	s := openEtcd(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, first.Addr(), "http://"+second.Addr())
	etcdPut(t, s, "failover/a", "1")
	feed := newEtcdFeed(t, s, "failover")
	first.Cut()
	if got := etcdGet(t, s, "failover/a"); string(got.Value) != "1" {
		t.Errorf("%+v", got)
	}
	etcdPut(t, s, "failover/b", "1")
	feed.has(t, "failover/a failover/b")
	_, err := s.Get("failover/none")
	if err == nil || !strings.Contains(err.Error(), second.Addr()) {
		t.Errorf("the error does not name the member that answered: %v", err)
	}
}
