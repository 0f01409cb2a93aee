package zkclient_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkfake"
	"kvist/kv/internal/zkwire"
)

func connect(t *testing.T, s *zkfake.Server) (*zkclient.Session, *zkwire.Dialer) {
	t.Helper()
	d := &zkwire.Dialer{Endpoints: []string{s.Addr}, Timeout: 5 * time.Second}
	z, err := zkclient.Connect(t.Context(), context.Background(), d, 10*time.Second, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(z.Close)
	return z, d
}

// A session reads and writes nodes, and its ephemeral nodes end with it.
func TestSession(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	s.Set("/a/b", "1")
	z, _ := connect(t, s)
	ctx := t.Context()
	if n, err := z.Get(ctx, "/a/b"); err != nil || string(n.Data) != "1" || n.Path != "/a/b" {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := z.Stat(ctx, "/none"); !errors.Is(err, zk.ErrNoNode) {
		t.Error(err)
	}
	if n, err := z.Look(ctx, "/none", true); err != nil || n.Stat != nil || n.Path != "/none" {
		t.Errorf("%+v, %v", n, err)
	}
	acl, err := z.ACL(ctx, "/a")
	if err != nil || len(acl) != 1 || acl[0].ID != "anyone" {
		t.Errorf("%v, %v", acl, err)
	}
	made, err := z.Create(ctx, "/a/e", nil, zk.FlagEphemeral, acl)
	if err != nil || made != "/a/e" {
		t.Errorf("%q, %v", made, err)
	}
	if names, err := z.Children(ctx, "/a"); err != nil || len(names) != 2 {
		t.Errorf("%q, %v", names, err)
	}
	if n, err := z.Look(ctx, "/a/e", false); err != nil || n.Stat.EphemeralOwner != z.ID() {
		t.Errorf("%+v, %v", n, err)
	}
	other, _ := connect(t, s)
	z.Close()
	select {
	case <-z.Ended():
	default:
		t.Error("a closed session has not ended")
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := other.Stat(ctx, "/a/e"); errors.Is(err, zk.ErrNoNode) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("an ephemeral node outlived its session")
		}
	}
}

// A request ends with its context though the server is gone, and a session goes on after a lost
// connection.
func TestRequestsOverALostConnection(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	s.Set("/a", "1")
	z, d := connect(t, s)
	s.Drop()
	if n, err := z.Get(t.Context(), "/a"); err != nil || string(n.Data) != "1" {
		t.Errorf("%+v, %v", n, err)
	}
	d.Endpoints = nil
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := z.Get(ended, "/a"); !zkclient.IsLost(err) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A session closes whatever is asked meanwhile. The library answers a request that it cannot
// write any more once for each of its reasons, and has room for two answers.
func TestCloseAmongRequests(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	s.Set("/a", "1")
	for range 300 {
		z, _ := connect(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		for range 8 {
			asking.Go(func() {
				for ctx.Err() == nil {
					_, _ = z.Get(ctx, "/a")
				}
			})
		}
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			z.Close()
		}()
		select {
		case <-closed:
		case <-time.After(20 * time.Second):
			t.Fatal("Close has not returned")
		}
		cancel()
		asking.Wait()
	}
}
