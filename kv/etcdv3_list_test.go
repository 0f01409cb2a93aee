package kv_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3RandomKeys returns keys of few kinds of bytes, so that many begin alike and some begin with all
// of another.
func v3RandomKeys(random *rand.Rand, prefix string, n int) []string {
	alphabet := []string{"\x00", "\x01", "/", "0", "9", "a", "b", "\xfe", "\xff", "long/er/"}
	alphabet = alphabet[random.IntN(5) : 6+random.IntN(5)]
	keys := map[string]bool{}
	for range n {
		var key strings.Builder
		key.WriteString(prefix)
		for range 1 + random.IntN(6) {
			key.WriteString(alphabet[random.IntN(len(alphabet))])
		}
		keys[key.String()] = true
	}
	sorted := make([]string, 0, len(keys))
	for key := range keys {
		sorted = append(sorted, key)
	}
	slices.Sort(sorted)
	return sorted
}

// Strides of a few keys give exactly what was put, on both servers, below a prefix and in the whole
// store.
func TestEtcdV3StridesGiveWhatWasPut(t *testing.T) {
	for name, start := range map[string]func(testing.TB, ...kvtest.Option) *kvtest.Server{
		"3.4": kvtest.StartEtcd,
		"3.7": kvtest.StartEtcdEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			s := v3Open(t, server, nil)
			var all []string
			for seed := range uint64(4) {
				dir := fmt.Sprintf("%c%d", "am\x01\xff"[seed], seed)
				keys := v3RandomKeys(rand.New(rand.NewPCG(seed, 1)), dir+"/", 500)
				v3PutAll(t, server, keys)
				v3ListsInStrides(t, s, dir, keys)
				all = append(all, keys...)
			}
			slices.Sort(all)
			v3ListsInStrides(t, s, "", all)
		})
	}
}

// v3PutAll puts keys, many at a time.
func v3PutAll(t *testing.T, server *kvtest.Server, keys []string) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Addr}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for chunk := range slices.Chunk(keys, 100) {
		puts := make([]clientv3.Op, len(chunk))
		for i, key := range chunk {
			puts[i] = clientv3.OpPut(key, "x")
		}
		if _, err := client.Txn(t.Context()).Then(puts...).Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

func v3ListsInStrides(t *testing.T, s *kv.EtcdV3, dir string, want []string) {
	t.Helper()
	for _, stride := range []int{1, 3, 20} {
		got, err := s.KeysInStrides(dir, stride)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q in strides of %d: %d keys, want %d: %v", dir, stride, len(got), len(want), err)
		}
	}
}

// A server before 3.7 reports how many keys a listing will have.
func TestEtcdV3FeedExpects(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s := v3Open(t, server, nil)
	const keys = 300
	names := make([]string, keys)
	for i := range names {
		names[i] = fmt.Sprintf("expects/%d", i)
	}
	v3PutAll(t, server, names)
	feed, err := s.Follow("expects", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	b := v3FeedUntil(t, feed, tree, v3Synced)
	if b.Expected != keys || b.Listed != keys || len(tree) != keys {
		t.Errorf("expected %d, listed %d, got %d keys of %d", b.Expected, b.Listed, len(tree), keys)
	}
}

// If a reader is so slow that the revision of the listing is compacted meanwhile, the listing
// begins again and is whole.
func TestEtcdV3FeedListsAgainWhenCompacted(t *testing.T) {
	t.Parallel()
	server := kvtest.StartEtcd(t)
	s := v3Open(t, server, nil)
	names := make([]string, 80_000)
	for i := range names {
		names[i] = fmt.Sprintf("slow/%05d", i)
	}
	v3PutAll(t, server, names)
	feed, err := s.Follow("slow", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	tree := map[string]kv.Event{}
	v3FeedUntil(t, feed, tree, func(kv.Batch) bool { return len(tree) > 0 })
	v3MustPut(t, s, "slow/new")
	v3Etcdctl(t, server, "compact", fmt.Sprint(v3IndexOf(t, s, "slow/new")))
	began := 0
	b := v3FeedUntil(t, feed, tree, func(b kv.Batch) bool {
		if b.Begin {
			began++
		}
		return b.Synced
	})
	if began != 1 || b.Err != nil || len(tree) != len(names)+1 {
		t.Errorf("began again %d times, %v, %d keys of %d", began, b.Err, len(tree), len(names)+1)
	}
}
