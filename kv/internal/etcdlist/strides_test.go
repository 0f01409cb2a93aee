package etcdlist

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// inStrides lists all keys behind a first page, as a listing does.
func inStrides(f *fakeClient, first, goal int) ([]string, error) {
	keys := slices.Clone(f.keys[:first])
	s := strides{
		get: func(ctx context.Context, span Span, most int) (*clientv3.GetResponse, error) {
			return f.Get(ctx, span.Start, span.Options(clientv3.WithLimit(int64(most)))...)
		},
		page: func(kvs []*mvccpb.KeyValue) error {
			for _, kv := range kvs {
				keys = append(keys, string(kv.Key))
			}
			return nil
		},
		goal: goal, most: 2 * goal,
	}
	for _, key := range f.keys[:first] {
		s.shape.learn([]byte(key))
	}
	err := s.run(context.Background(), Span{f.keys[first-1] + "\x00", Endless}, len(f.keys)-first)
	return keys, err
}

// hashOf returns a name that looks like a hash.
func hashOf(i int) string {
	h := fnv.New64a()
	fmt.Fprint(h, i)
	return fmt.Sprintf("%016x", h.Sum64())
}

// spreads returns ways in which keys are spread.
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

// spreadKeys returns up to n keys, sorted, each once.
func spreadKeys(spread func(int, *rand.Rand) string, n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	keys := make([]string, n)
	for i := range keys {
		keys[i] = spread(i, random)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// However keys are spread, an answer is bounded and the server counts little more than there is.
// With pages of a fixed number of keys it would count each key once for every page before it.
func TestStridesAreCheap(t *testing.T) {
	const goal = 1000
	for name, spread := range spreads() {
		f := &fakeClient{keys: spreadKeys(spread, 100_000)}
		n := len(f.keys)
		got, err := inStrides(f, 256, goal)
		if err != nil || !slices.Equal(got, f.keys) {
			t.Errorf("%s: %d keys of %d, %v", name, len(got), n, err)
		}
		t.Logf("%s: %d keys, %d requests, %.2f times counted", name, n, f.requests, float64(f.counted)/float64(n))
		if f.largest > 2*goal || f.counted > 3*n || f.requests > 100+6*n/goal {
			t.Errorf("%s: %d keys took %d requests of up to %d keys, which counted %d", name, n, f.requests, f.largest, f.counted)
		}
	}
}

// Strides of very few keys give each key once, in order.
func TestStridesAreExact(t *testing.T) {
	for name, spread := range spreads() {
		for n := 2; n < 400; n += 23 {
			f := &fakeClient{keys: spreadKeys(spread, n)}
			for _, goal := range []int{1, 2, 5} {
				got, err := inStrides(f, 1+n%min(n, len(f.keys), 9), goal)
				if err != nil || !slices.Equal(got, f.keys) {
					t.Fatalf("%s: %d of %d keys, strides of %d: %v\n%q", name, len(got), n, goal, err, f.keys)
				}
			}
		}
	}
}

// commonLen agrees with a comparison byte by byte.
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
