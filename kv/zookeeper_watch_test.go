package kv_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// zkWatchesLeft waits until a server has at most so many watches.
func zkWatchesLeft(t *testing.T, addr string, most int) {
	t.Helper()
	end := time.Now().Add(10 * time.Second)
	for zkWatchCount(t, addr) > most {
		if time.Now().After(end) {
			t.Fatalf("%d watches are still set, want %d", zkWatchCount(t, addr), most)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stopped watches are removed from the server while the store stays open and others watch on.
func TestZookeeperRemovesStoppedWatches(t *testing.T) {
	t.Parallel()
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	zkMust(t, s.Put("w/kept", []byte("1"), nil))
	kept, err := s.Watch("w/kept", nil)
	zkMust(t, err)
	zkAwait(t, "the first value", kept, func(p *kv.KVPair) bool { return string(p.Value) == "1" })
	for round := range 2 {
		var stops []chan struct{}
		for i := range 40 {
			key := fmt.Sprint("w/", i%20) // two for each, half of them not there
			if i%2 == 0 {
				zkMust(t, s.Put(key, []byte("x"), nil))
			}
			stop := make(chan struct{})
			pairs, err := s.Watch(key, stop)
			zkMust(t, err)
			if i%2 == 0 && round == 0 {
				zkAwait(t, key, pairs, func(p *kv.KVPair) bool { return string(p.Value) == "x" })
			}
			stops = append(stops, stop)
		}
		for _, stop := range stops {
			close(stop)
		}
		zkWatchesLeft(t, server.Addr, 1)
	}
	zkMust(t, s.Put("w/kept", []byte("2"), nil))
	zkAwait(t, "the change", kept, func(p *kv.KVPair) bool { return string(p.Value) == "2" })
}

// Locks leave no watches, whether they were held or the wait was given up.
func TestZookeeperLocksLeaveNoWatches(t *testing.T) {
	t.Parallel()
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	held, err := s.NewLock("l/held", nil)
	zkMust(t, err)
	_, err = held.Lock()
	zkMust(t, err)
	for i := range 40 {
		key := fmt.Sprint("l/", i)
		if i%2 == 0 {
			key = "l/held"
		}
		l, err := s.NewLock(key, nil)
		zkMust(t, err)
		if i%2 == 1 {
			_, err = l.Lock()
			zkMust(t, err)
			zkMust(t, l.Unlock())
			continue
		}
		stop := make(chan struct{})
		ended := make(chan error, 1)
		go func() {
			_, err := l.(kv.StopLocker).LockStop(stop)
			ended <- err
		}()
		zkAwaitLock(t, s, "l/held", func(l kv.LockInfo) bool { return len(l.Waiters) == 1 })
		close(stop)
		if err := <-ended; !errors.Is(err, kv.ErrCannotLock) {
			t.Fatalf("a lock that is held was taken: %v", err)
		}
	}
	zkWatchesLeft(t, server.Addr, 1) // the holder's of its own claim
	zkMust(t, held.Unlock())
	zkWatchesLeft(t, server.Addr, 0)
}
