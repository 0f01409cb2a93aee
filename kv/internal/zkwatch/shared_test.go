package zkwatch_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkfake"
	"kvist/kv/internal/zkwatch"
	"kvist/kv/internal/zkwire"
)

// fired waits until a watch has fired.
func fired(t *testing.T, w *zkwatch.Watch) {
	t.Helper()
	select {
	case <-w.Fired:
	case <-time.After(10 * time.Second):
		t.Fatal("the watch did not fire")
	}
}

// watches waits until so many watches are set.
func watches(t *testing.T, s *zkfake.Server, want int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		now, _ := s.Watches()
		if now == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d watches, want %d", now, want)
		}
	}
}

// Waiters for one node share a watch, which fires for all of them, and the last one removes it.
func TestSharedWatches(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	s.Set("/a", "1")
	shared := zkwatch.NewShared(&zkwire.Dialer{Endpoints: []string{s.Addr}, Timeout: 5 * time.Second})
	leave := shared.Enter()
	set := func(node string, data bool) (*zkwatch.Watch, zkwire.Node) {
		t.Helper()
		w, n, err := shared.Set(t.Context(), node, data, true)
		if err != nil {
			t.Fatal(err)
		}
		return w, n
	}
	first, n := set("/a", true)
	if string(n.Data) != "1" {
		t.Errorf("%q", n.Data)
	}
	second, _ := set("/a", false)
	third, n := set("/b", true)
	if n.Stat != nil {
		t.Error("a node that does not exist has a stat")
	}
	watches(t, s, 2)
	shared.Remove(second)
	shared.Remove(second)
	shared.Remove(nil)
	watches(t, s, 2)
	s.Set("/a", "2")
	fired(t, first)
	s.Set("/b", "1")
	fired(t, third)
	watches(t, s, 0)

	first, _ = set("/a", false)
	shared.Remove(first)
	watches(t, s, 0)

	first, _ = set("/a", false)
	s.Drop()
	fired(t, first) // it may have changed meanwhile
	if _, n = set("/a", true); string(n.Data) != "2" {
		t.Errorf("%q after a lost connection", n.Data)
	}
	leave()
	watches(t, s, 0)
}

// A watch that cannot be set is an error of its own, and leaves nothing behind.
func TestSharedWatchesWithoutAServer(t *testing.T) {
	shared := zkwatch.NewShared(&zkwire.Dialer{Endpoints: []string{"127.0.0.1:1"}, Timeout: time.Second})
	defer shared.Enter()()
	if _, _, err := shared.Set(t.Context(), "/a", true, false); !errors.Is(err, zkwire.ErrNotConnected) || errors.Is(err, zk.ErrConnectionClosed) {
		t.Error(err)
	}
}
