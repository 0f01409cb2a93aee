package kv_test

import (
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// Whoever gives a lock up knows so before anybody else can hold it, however
// slow the way to the server is.
func TestConsulLockEndsBeforeItsReleaseIsSent(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	for _, release := range []struct {
		name string
		do   func(*kv.Consul, kv.Locker)
	}{
		{"Unlock", func(_ *kv.Consul, l kv.Locker) { _ = l.Unlock() }},
		{"Close", func(s *kv.Consul, _ kv.Locker) { s.Close() }},
	} {
		t.Run(release.name, func(t *testing.T) {
			link := kvtest.NewLink(t, server.Addr)
			s, other := openConsul(t, nil, link.Addr()), openConsul(t, nil, server.Addr)
			lock, err := s.NewLock("lock", nil)
			if err != nil {
				t.Fatal(err)
			}
			lost, err := lock.Lock()
			if err != nil {
				t.Fatal(err)
			}
			next, err := other.NewLock("lock", nil)
			if err != nil {
				t.Fatal(err)
			}
			held := make(chan error)
			go func() {
				_, err := next.Lock()
				held <- err
			}()
			link.Delay(300 * time.Millisecond)
			released := make(chan struct{})
			go func() {
				defer close(released)
				release.do(s, lock)
			}()
			if err := <-held; err != nil {
				t.Fatal(err)
			}
			select {
			case <-lost:
			default:
				t.Error("another holds the lock, and its former holder was not told")
			}
			<-released
			if err := next.Unlock(); err != nil {
				t.Error(err)
			}
		})
	}
}
