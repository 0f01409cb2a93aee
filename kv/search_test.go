package kv_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// searched searches the values of keys for "v" and returns what it found.
func searched(t *testing.T, s kv.Store, keys ...string) kv.Searched {
	t.Helper()
	search := kv.Search{Store: s, Match: func(pair *kv.KVPair) bool { return strings.Contains(string(pair.Value), "v") }}
	done, err := search.Look(t.Context(), keys)
	if err != nil || done != len(keys) {
		t.Fatalf("%d of %d done, %v", done, len(keys), err)
	}
	return search.Searched
}

func TestConsulSearchCountsWhatIsDenied(t *testing.T) {
	server := kvtest.StartConsul(t, kvtest.WithACL(consulMaster))
	master := openConsul(t, &kv.Config{Token: consulMaster}, server.Addr)
	for _, key := range []string{"app/a", "secret/a", "app//folded", "app/../dots"} {
		if err := master.Put(key, []byte("v"), nil); err != nil {
			t.Fatal(err)
		}
	}
	s := openConsul(t, &kv.Config{Token: consulToken(t, server, `key_prefix "app/" { policy = "read" }`)}, server.Addr)
	got := searched(t, s, "app/a", "secret/a", "app/gone", "app//folded", "app/../dots")
	if want := (kv.Searched{Keys: 5, Bytes: 3, Hits: 3, Denied: 1, Gone: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestEtcdV3SearchCountsWhatIsDenied(t *testing.T) {
	server := kvtest.StartEtcd(t)
	for _, args := range [][]string{
		{"user", "add", "root:secret"},
		{"role", "add", "parts"},
		{"role", "grant-permission", "parts", "read", "a/", "a0"},
		{"role", "grant-permission", "parts", "read", "c/", "c0"},
		{"user", "add", "reader:hidden"},
		{"user", "grant-role", "reader", "parts"},
		{"put", "a/1", "v"},
		{"put", "b/1", "v"},
		{"put", "b/2", "v"},
		{"put", "c/1", "v"},
		{"put", "c/2", "v"},
		{"auth", "enable"},
	} {
		v3Etcdctl(t, server, args...)
	}
	s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
	got := searched(t, s, "a/1", "b/1", "b/2", "c/1", "c/2")
	if want := (kv.Searched{Keys: 5, Bytes: 3, Hits: 3, Denied: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A search finds its keys among others, which are more than one answer holds.
func TestEtcdV3SearchPassesOverStrangers(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		prefix := strings.ReplaceAll(t.Name(), "/", "-") + "/"
		for i := range 60 {
			if err := s.Put(fmt.Sprintf("%s%02d", prefix, i), []byte("v"), nil); err != nil {
				t.Fatal(err)
			}
		}
		got := searched(t, s, prefix+"59", prefix+"00", prefix+"05x", prefix+"30", prefix+"99")
		if want := (kv.Searched{Keys: 5, Bytes: 3, Hits: 3, Gone: 2}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// By the server's own count, a search asks for ranges and not for single keys.
func TestEtcdV3SearchAsksForRanges(t *testing.T) {
	server := kvtest.StartEtcd(t)
	s := v3Open(t, server, nil)
	keys := make([]string, 2048)
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() {
			for i := w; i < len(keys); i += 16 {
				keys[i] = fmt.Sprintf("many/%04d", i)
				if err := s.Put(keys[i], []byte("x"), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	before := metric(t, server.Addr, "grpc_server_started_total")
	got := searched(t, s, keys...)
	asked := metric(t, server.Addr, "grpc_server_started_total") - before
	if want := (kv.Searched{Keys: 2048, Bytes: 2048}); got != want || asked > 64 {
		t.Errorf("%+v by %v requests", got, asked)
	}
	t.Logf("%v requests", asked)
}

func TestZookeeperSearchCountsWhatIsDenied(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, native, prefix := zkOpen(t, server.Addr, nil), zkNative(t, server.Addr), zkPrefix()
	zkMust(t, s.Put(prefix+"/open", []byte("v"), nil))
	_, err := native.Create("/"+prefix+"/shut", []byte("v"), 0, zk.DigestACL(zk.PermAll, "olga", "secret"))
	zkMust(t, err)
	got := searched(t, s, prefix, prefix+"/gone", prefix+"/open", prefix+"/shut")
	if want := (kv.Searched{Keys: 4, Bytes: 1, Hits: 1, Denied: 1, Gone: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// slowStore can only get a key, which takes a moment, and counts the calls
// under way at a time.
type slowStore struct {
	kv.Store
	now, most, asked atomic.Int64
	mu               sync.Mutex
	fail             map[string]error
}

func (s *slowStore) Get(key string) (*kv.KVPair, error) {
	s.asked.Add(1)
	now := s.now.Add(1)
	defer s.now.Add(-1)
	s.mu.Lock()
	s.most.Store(max(now, s.most.Load()))
	s.mu.Unlock()
	time.Sleep(time.Millisecond)
	if err := s.fail[key]; err != nil {
		return nil, err
	}
	return &kv.KVPair{Key: key, Value: []byte("v")}, nil
}

func TestSearchOfAnyStore(t *testing.T) {
	var keys []string
	for i := range 400 {
		keys = append(keys, fmt.Sprintf("k%03d", i))
	}
	s := &slowStore{fail: map[string]error{
		"k001": &kv.Error{Op: "get", Kind: kv.ErrDenied}, "k002": &kv.Error{Op: "get", Kind: kv.ErrKeyNotFound},
		"k003": &kv.Error{Op: "get", Kind: kv.ErrIsDirectory},
	}}
	got := searched(t, s, keys...)
	if want := (kv.Searched{Keys: 400, Bytes: 397, Hits: 397, Denied: 1, Gone: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if most := s.most.Load(); most < 2 || most > 8 {
		t.Errorf("%d reads were under way at a time", most)
	}

	lost := &slowStore{fail: map[string]error{"k100": &kv.Error{Op: "get", Kind: kv.ErrNotReachable}}}
	search := kv.Search{Store: lost, Match: func(*kv.KVPair) bool { return true }}
	done, err := search.Look(t.Context(), keys)
	if !errors.Is(err, kv.ErrNotReachable) || done > 100 || done != search.Keys || search.Hits != done {
		t.Errorf("%d done, %+v, %v", done, search.Searched, err)
	}
	if asked := lost.asked.Load(); asked > 120 {
		t.Errorf("it went on asking: %d times", asked)
	}
}

func TestSearchIsCancelledBetweenReads(t *testing.T) {
	keys := make([]string, 400)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%03d", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &slowStore{}
	seen := 0
	search := kv.Search{Store: s, Match: func(*kv.KVPair) bool {
		if seen++; seen == 100 {
			cancel()
		}
		return true
	}}
	done, err := search.Look(ctx, keys)
	if !errors.Is(err, context.Canceled) || done > 100 {
		t.Errorf("%d done, %v", done, err)
	}
	if asked := s.asked.Load(); asked > 100+2*8 {
		t.Errorf("it went on asking: %d times", asked)
	}
}
