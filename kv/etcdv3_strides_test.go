package kv

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// rangeServer answers as an old etcd does, and counts what that costs it.
type rangeServer struct {
	keys []string // sorted

	mu       sync.Mutex
	requests int
	counted  int // keys that it had to count
	largest  int // keys in one answer
}

func (r *rangeServer) get(_ context.Context, start, end string, most int) (*clientv3.GetResponse, error) {
	from, to := sort.SearchStrings(r.keys, start), len(r.keys)
	if end != v3Endless {
		to = max(from, sort.SearchStrings(r.keys, end))
	}
	found := r.keys[from:to]
	resp := &clientv3.GetResponse{Count: int64(len(found)), More: len(found) > most}
	for _, key := range found[:min(most, len(found))] {
		resp.Kvs = append(resp.Kvs, &mvccpb.KeyValue{Key: []byte(key)})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	r.counted += len(found)
	r.largest = max(r.largest, len(resp.Kvs))
	return resp, nil
}

// inStrides lists all behind a first page, as a listing does.
func (r *rangeServer) inStrides(first, want int) ([]string, error) {
	var keys []string
	s := v3Strides{get: r.get, want: want, most: 2 * want, page: func(kvs []*mvccpb.KeyValue) error {
		for _, kv := range kvs {
			keys = append(keys, string(kv.Key))
		}
		return nil
	}}
	for _, key := range r.keys[:first] {
		s.shape.learn([]byte(key))
	}
	keys = append(keys, r.keys[:first]...)
	err := s.run(context.Background(), v3Span{r.keys[first-1] + "\x00", v3Endless}, len(r.keys)-first)
	return keys, err
}

// hashOf is a name as hashes make them.
func hashOf(i int) string {
	h := fnv.New64a()
	fmt.Fprint(h, i)
	return fmt.Sprintf("%016x", h.Sum64())
}

// spreads are ways in which keys are spread.
func spreads() map[string]func(i int, random *rand.Rand) string {
	word := func(i int) string { return []string{"alpha", "beta", "kilo", "lima", "omega", "zulu"}[i%6] }
	return map[string]func(i int, random *rand.Rand) string{
		"levels": func(i int, _ *rand.Rand) string {
			return fmt.Sprintf("prod/region-%02d/service-%03d/%s", i%13, i/13%40, hashOf(i))
		},
		"one folder of hashes":  func(i int, _ *rand.Rand) string { return "folder/" + hashOf(i) },
		"one folder of numbers": func(i int, _ *rand.Rand) string { return fmt.Sprintf("folder/%d", i) },
		"binary": func(_ int, random *rand.Rand) string {
			b := make([]byte, 1+random.IntN(12))
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			return string(b)
		},
		"a long way down": func(i int, _ *rand.Rand) string { return strings.Repeat("deep/er/", 60) + hashOf(i) },
		"words":           func(i int, _ *rand.Rand) string { return word(i) + "/" + word(i/6) + "/" + hashOf(i) },
		"a hot folder": func(i int, _ *rand.Rand) string {
			if i%100 == 0 {
				return "sparse/" + hashOf(i) + "/x"
			}
			return "hot/spot/" + hashOf(i)
		},
		"hot among cold": func(i int, _ *rand.Rand) string {
			if i%5 == 0 {
				return fmt.Sprintf("jobs/%04d/state", i%5000)
			}
			return fmt.Sprintf("jobs/%04d/log/%06d", 7*(i%3), i)
		},
		"letters": func(_ int, random *rand.Rand) string {
			b := make([]byte, 1+random.IntN(9))
			for i := range b {
				b[i] = "abz"[random.IntN(3)]
			}
			return string(b)
		},
	}
}

// spreadKeys are up to n keys, sorted, each once.
func spreadKeys(spread func(int, *rand.Rand) string, n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	keys := make([]string, n)
	for i := range keys {
		keys[i] = spread(i, random)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// TestEtcdV3StridesAreCheap lists keys of all kinds. What an answer may hold is
// bounded; and the server must not count much more than there is, where pages
// of so many keys would make it count each key once for each page before.
func TestEtcdV3StridesAreCheap(t *testing.T) {
	const want = 1000
	for name, spread := range spreads() {
		server := &rangeServer{keys: spreadKeys(spread, 100_000)}
		n := len(server.keys)
		got, err := server.inStrides(256, want)
		if err != nil || !slices.Equal(got, server.keys) {
			t.Errorf("%s: %d keys of %d, %v", name, len(got), n, err)
		}
		t.Logf("%s: %d keys, %d requests, %.2f times counted", name, n, server.requests, float64(server.counted)/float64(n))
		if server.largest > 2*want || server.counted > 3*n || server.requests > 100+6*n/want {
			t.Errorf("%s: %d keys took %d requests of up to %d keys, which counted %d", name, n, server.requests, server.largest, server.counted)
		}
	}
}

// TestEtcdV3StridesAreExact lists few keys by strides of very few.
func TestEtcdV3StridesAreExact(t *testing.T) {
	for name, spread := range spreads() {
		for n := 2; n < 400; n += 23 {
			server := &rangeServer{keys: spreadKeys(spread, n)}
			for _, want := range []int{1, 2, 5} {
				got, err := server.inStrides(1+n%min(n, len(server.keys), 9), want)
				if err != nil || !slices.Equal(got, server.keys) {
					t.Fatalf("%s: %d of %d keys, strides of %d: %v\n%q", name, len(got), n, want, err, server.keys)
				}
			}
		}
	}
}

func TestEtcdV3AfterPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "a\xff": "b", "\xff\xff": "", "": "", "a\xfe\xff": "a\xff"} {
		if got := after(prefix); got != want {
			t.Errorf("after %q comes %q, want %q", prefix, got, want)
		}
	}
}

func TestCommonLen(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		a := []byte(strings.Repeat("x", random.IntN(60)))
		b := append(slices.Clone(a), strings.Repeat("y", random.IntN(3))...)
		want := len(a)
		if len(a) > 0 && random.IntN(2) == 0 {
			want = random.IntN(len(a))
			a[want] = 'z'
		}
		if got := commonLen(a, b); got != want {
			t.Fatalf("%q and %q share %d bytes, want %d", a, b, got, want)
		}
	}
}
