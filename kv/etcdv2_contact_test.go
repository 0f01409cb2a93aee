package kv_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A write without an answer is not sent to another member, and its outcome is unknown.
func TestEtcdV2UnansweredWriteIsNotRepeated(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	deaf, whole := kvtest.NewLink(t, server.Addr), kvtest.NewLink(t, server.Addr)
	direct := v2Open(t, nil, server.Addr)
	open := func() *kv.Etcd {
		deaf.Mend()
		s := v2Open(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, deaf.Addr(), whole.Addr())
		deaf.Deafen()
		return s
	}
	s := open()
	ok, _, err := s.AtomicPut("unanswered/key", []byte("mine"), nil, nil)
	v2Want(t, "AtomicPut", err, kv.ErrOutcomeUnknown)
	if ok || errors.Is(err, kv.ErrKeyModified) {
		t.Errorf("AtomicPut: %v, %v", ok, err)
	}
	if pair := v2Get(t, direct, "unanswered/key"); string(pair.Value) != "mine" {
		t.Errorf("it did happen, but there is %+v", pair)
	}
	if pair := v2Get(t, s, "unanswered/key"); string(pair.Value) != "mine" {
		t.Errorf("reads go on with the other member, but there is %+v", pair)
	}

	lock, err := open().NewLock("unanswered/lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lock.Lock()
	v2Want(t, "Lock", err, kv.ErrOutcomeUnknown)
	if locks, err := direct.Locks(t.Context(), "unanswered"); err != nil || len(locks) != 0 {
		t.Errorf("the attempt left %+v, %v", locks, err)
	}
}

// A member that was stopped, or cut off from the others, is given up, though its connections stay.
func TestEtcdV2MuteServerIsNoticed(t *testing.T) {
	t.Parallel()
	server := kvtest.SharedEtcd(t)
	first, second := kvtest.NewLink(t, server.Addr), kvtest.NewLink(t, server.Addr)
	s := v2Open(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, first.Addr(), second.Addr())
	feed := v2NewFeed(t, s, "mute")
	first.Mute()
	v2Put(t, v2Open(t, nil, server.Addr), "mute/a", "1")
	feed.has(t, "mute/a")
}

// Reads, writes and feeds go on with another member.
func TestEtcdV2FailsOver(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	first, second := kvtest.NewLink(t, server.Addr), kvtest.NewLink(t, server.Addr)
	s := v2Open(t, &kv.Config{ConnectionTimeout: 2 * time.Second}, first.Addr(), "http://"+second.Addr())
	v2Put(t, s, "failover/a", "1")
	feed := v2NewFeed(t, s, "failover")
	first.Cut()
	if got := v2Get(t, s, "failover/a"); string(got.Value) != "1" {
		t.Errorf("%+v", got)
	}
	v2Put(t, s, "failover/b", "1")
	feed.has(t, "failover/a failover/b")
	_, err := s.Get("failover/none")
	if err == nil || !strings.Contains(err.Error(), second.Addr()) {
		t.Errorf("the error does not name the member that answered: %v", err)
	}
}
