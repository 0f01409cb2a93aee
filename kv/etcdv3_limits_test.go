package kv_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3NativeLarge returns etcd's own client without its limits.
func v3NativeLarge(t *testing.T, server *kvtest.Server) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{server.Addr}, MaxCallSendMsgSize: math.MaxInt32, MaxCallRecvMsgSize: math.MaxInt32,
		Logger: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// A plain put takes what etcd's own client can put, to the byte and no more, whether or not the key
// is there.
func TestEtcdV3PutTakesWhatTheServerTakes(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		native := v3NativeLarge(t, server)
		key := v3Unused(t, s, "limit/key")
		value := bytes.Repeat([]byte("x"), 2<<20)
		fits, fails := 1<<20, 2<<20
		for fails-fits > 1 {
			middle := (fits + fails) / 2
			if _, err := native.Put(t.Context(), key, string(value[:middle])); err == nil {
				fits = middle
			} else {
				fails = middle
			}
		}
		if err := s.Put(key, value[:fits], nil); err != nil {
			t.Errorf("%d bytes over a key: %v", fits, err)
		}
		if err := s.Put(key, value[:fails], nil); !errors.Is(err, kv.ErrTooLarge) {
			t.Errorf("%d bytes over a key: %v", fails, err)
		}
		if err := s.Delete(key); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(key, value[:fails], nil); !errors.Is(err, kv.ErrTooLarge) {
			t.Errorf("%d bytes: %v", fails, err)
		}
		if ok, err := s.Exists(key); ok || err != nil {
			t.Errorf("what was refused is there: %v, %v", ok, err)
		}
		if err := s.Put(key, value[:fits], nil); err != nil {
			t.Errorf("%d bytes: %v", fits, err)
		}
		if pair, err := s.Get(key); err != nil || len(pair.Value) != fits {
			t.Errorf("read back: %v", err)
		}
		if err := s.Delete(key); err != nil {
			t.Fatal(err)
		}
	})
}

// A large put keeps the lease of the key, too.
func TestEtcdV3LargePutKeepsLease(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		native := v3NativeLarge(t, server)
		key := v3Unused(t, s, "limit/leased")
		lease, err := native.Grant(t.Context(), 60)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := native.Put(t.Context(), key, "small", clientv3.WithLease(lease.ID)); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(key, make([]byte, 1<<20), nil); err != nil {
			t.Fatal(err)
		}
		resp, err := native.Get(t.Context(), key)
		if err != nil || len(resp.Kvs) != 1 || resp.Kvs[0].Lease != int64(lease.ID) || len(resp.Kvs[0].Value) != 1<<20 {
			t.Errorf("after it: %v, %v", resp.Count, err)
		}
		if _, err := native.Revoke(t.Context(), lease.ID); err != nil {
			t.Fatal(err)
		}
	})
}

// A server whose limit was raised takes and gives values up to that.
func TestEtcdV3RaisedLimit(t *testing.T) {
	server := kvtest.StartEtcd(t, kvtest.WithFlags("--max-request-bytes", "20000000"))
	s := v3Open(t, server, nil)
	value := bytes.Repeat([]byte("x"), 19_000_000)
	if err := s.CheckWrite("raised", value); err != nil {
		t.Errorf("checked: %v", err)
	}
	if err := s.Put("raised", value, nil); err != nil {
		t.Fatal(err)
	}
	pair, err := s.Get("raised")
	if err != nil || !bytes.Equal(pair.Value, value) {
		t.Fatalf("read: %v", err)
	}
	value[0] = 'y'
	if ok, _, err := s.AtomicPut("raised", value, pair, nil); !ok || err != nil {
		t.Errorf("saved: %v, %v", ok, err)
	}
	if _, current, err := s.AtomicPut("raised", value, pair, nil); !errors.Is(err, kv.ErrKeyModified) || !bytes.Equal(current.Value, value) {
		t.Errorf("a conflict: %v", err)
	}
	if err := s.Put("raised", make([]byte, 21_000_000), nil); !errors.Is(err, kv.ErrTooLarge) {
		t.Errorf("beyond the limit: %v", err)
	}
}

// A value beyond all bounds is not read, and the rest is listed all the same.
func TestEtcdV3ValueBeyondAllBounds(t *testing.T) {
	server := kvtest.StartEtcd(t, kvtest.WithFlags("--max-request-bytes", "100000000"))
	s := v3Open(t, server, nil)
	if _, err := v3NativeLarge(t, server).Put(t.Context(), "bounds/huge", string(make([]byte, 65<<20))); err != nil {
		t.Fatal(err)
	}
	v3MustPut(t, s, "bounds/small")
	if _, err := s.Get("bounds/huge"); !errors.Is(err, kv.ErrBadAnswer) {
		t.Errorf("read: %v", err)
	}
	feed, err := s.Follow("bounds", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	if b := v3FeedUntil(t, feed, tree, v3Synced); b.Err != nil || len(tree) != 2 {
		t.Errorf("listed: %v, %v", tree, b.Err)
	}
	if err := s.Delete("bounds/huge"); err != nil {
		t.Errorf("deleted: %v", err)
	}
	v3FeedUntil(t, feed, tree, func(kv.Batch) bool { return len(tree) == 1 })
}
