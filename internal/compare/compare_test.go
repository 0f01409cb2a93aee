package compare

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/textdiff"
	"kvist/kv"
)

// side is a side of a map. Sizes that are not known are -1.
func side(values map[string]string, r *rand.Rand) *Side {
	s := &Side{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		k := key{full: name, name: name, size: len(values[name])}
		if r.IntN(2) == 0 {
			k.size = -1
		}
		s.keys = append(s.keys, k)
	}
	s.values = func(_ context.Context, keys []*key) ([][]byte, error) {
		list := make([][]byte, len(keys))
		for i, k := range keys {
			list[i] = []byte(values[k.full])
		}
		return list, nil
	}
	return s
}

// random returns a map with some keys of few.
func random(r *rand.Rand) map[string]string {
	m := map[string]string{}
	for range r.IntN(60) {
		m[fmt.Sprintf("k%d", r.IntN(60))] = []string{"", "a", "b", "long", `{"a":1,"b":2}`, `{"b":2,"a":1}`, `{ "a": 1, "b": 2 }`}[r.IntN(7)]
	}
	return m
}

// A comparison finds what comparing each key with each would find, whatever
// sizes are known, and values are read only where they decide.
func TestEveryDifferenceIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		a, b := random(r), random(r)
		exact := r.IntN(2) == 0
		want, got := map[string]Kind{}, map[string]Kind{}
		for name, v := range a {
			switch w, both := b[name]; {
			case !both:
				want[name] = OnlyA
			case v == w:
			case !exact && v != "" && w != "" && v[0] == '{' && w[0] == '{':
				want[name] = Alike
			default:
				want[name] = Differs
			}
		}
		for name := range b {
			if _, both := a[name]; !both {
				want[name] = OnlyB
			}
		}
		last := ""
		totals, err := Run(t.Context(), side(a, r), side(b, r), Options{Bytes: exact}, func(d *Difference) error {
			require.Less(t, last, d.Name.Rel)
			last = d.Name.Rel
			got[d.Name.Rel] = d.Kind
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, len(want), totals.OnlyA+totals.OnlyB+totals.Differs+totals.Alike)
	}
}

// No value is read where indexes of one store, or sizes, decide.
func TestValuesAreReadOnlyWhereTheyDecide(t *testing.T) {
	keys := func(k key) *Side { return &Side{keys: []key{k}} }
	for name, c := range map[string]struct {
		a, b    key
		options Options
	}{
		"the same index":  {key{full: "a", name: "a", index: 7, size: -1}, key{full: "a", name: "a", index: 7, size: -1}, Options{OneStore: true}},
		"empty":           {key{full: "a", name: "a", index: 1}, key{full: "b", name: "a", index: 2}, Options{}},
		"unlike sizes":    {key{full: "a", name: "a", size: 1}, key{full: "b", name: "a", size: 2}, Options{Bytes: true}},
		"one is empty":    {key{full: "a", name: "a", size: 0}, key{full: "b", name: "a", size: 2}, Options{}},
		"only on one":     {key{full: "a", name: "a", size: 1}, key{full: "b", name: "b", size: 1}, Options{}},
		"directories are": {key{full: "a", name: "a", folder: true, size: -1}, key{full: "b", name: "a", folder: true}, Options{}},
	} {
		totals, err := Run(t.Context(), keys(c.a), keys(c.b), c.options, func(*Difference) error { return nil })
		require.NoError(t, err, name)
		require.Zero(t, totals.Read, name)
	}
}

// A directory is the same as an empty value, also where sizes are not known: etcd v2 and ZooKeeper
// have folders so.
func TestADirectoryIsAnEmptyValue(t *testing.T) {
	for value, want := range map[string]int{"": 0, "x": 1} {
		for _, meta := range []bool{false, true} {
			folder := &Side{keys: []key{{full: "a", name: "a", folder: true}}}
			valued := side(map[string]string{"a": value}, rand.New(rand.NewPCG(1, 2)))
			valued.keys[0].size = -1
			valued.nodes = func(context.Context, []*key) ([]*kv.Node, error) {
				return []*kv.Node{{Key: "a", Value: []byte(value)}}, nil
			}
			for _, sides := range [][2]*Side{{folder, valued}, {valued, folder}} {
				totals, err := Run(t.Context(), sides[0], sides[1], Options{Meta: meta}, func(*Difference) error { return nil })
				require.NoError(t, err)
				require.Equal(t, want, totals.Differs, "%q, %v", value, meta)
			}
		}
	}
}

// Of a TTL of which only the rest is known, only whether there is one is compared.
func TestTheRestOfATTLIsNotCompared(t *testing.T) {
	etcdV2, etcdV3 := kv.Nature{TTL: true}, kv.Nature{TTL: true, Leases: true}
	node := func(ttl time.Duration) *kv.Node { return &kv.Node{Key: "a", TTL: ttl} }
	require.Empty(t, Meta(node(time.Hour), node(time.Minute), etcdV2, etcdV2))
	require.Empty(t, Meta(node(time.Hour), node(time.Minute), etcdV3, etcdV2))
	require.Len(t, Meta(node(time.Hour), node(0), etcdV2, etcdV2), 1)
	require.Len(t, Meta(node(time.Hour), node(time.Minute), etcdV3, etcdV3), 1)
}

// Only structure can be the same in another layout: plain text is not.
func TestPlainTextIsNotAlike(t *testing.T) {
	for _, pair := range [][2]string{{"hello", "hello\n"}, {"10", "10\n"}, {"a: 1", "a: 2"}, {"true", "true "}, {"{", "{ "}} {
		require.False(t, textdiff.Alike("key", []byte(pair[0]), []byte(pair[1])), "%q", pair)
	}
	require.True(t, textdiff.Alike("key", []byte(`{"a":1,"b":[2]}`), []byte("{\"b\":[2],\n\"a\":1}\n")))
	require.False(t, textdiff.Alike("key", []byte(`{"a":[1,2]}`), []byte(`{"a":[2,1]}`)), "the order of a list means something")
}
