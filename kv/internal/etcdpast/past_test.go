package etcdpast

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/api/v3/mvccpb"

	"kvist/kv/internal/etcdlist"
)

// said are versions in short.
func said(v Versions) string {
	var words []string
	for _, v := range v.Versions {
		if v.KV == nil {
			words = append(words, fmt.Sprintf("-%d", v.Revision))
			continue
		}
		words = append(words, fmt.Sprintf("%s%d", v.KV.Value, v.Revision))
	}
	if v.More {
		words = append(words, "more")
	}
	if v.Compacted {
		words = append(words, "compacted")
	}
	if v.Unread != 0 {
		words = append(words, fmt.Sprintf("unread %d", v.Unread))
	}
	return strings.Join(words, " ")
}

// lives is a store with a key of several lives, and another one that changes beside it.
func lives() *fakeClient {
	f := &fakeClient{round: 2}
	f.put("a", "x") // 2
	f.put("k", "a") // 3
	f.put("k", "b") // 4
	f.del("k")      // 5
	f.put("z", "y") // 6
	f.put("k", "c") // 7
	f.del("k")      // 8
	f.put("k", "d") // 9
	f.put("k", "e") // 10
	f.put("z", "y") // 11
	return f
}

func TestVersionsOfAllLives(t *testing.T) {
	for _, c := range []struct {
		name      string
		compacted int64
		lookBack  int64
		deep      bool
		key       string
		before    int64
		most      int
		want      string
	}{
		{name: "all", key: "k", most: 9, want: "e10 d9 -8 c7 -5 b4 a3"},
		{name: "a page", key: "k", most: 3, want: "e10 d9 -8 more"},
		{name: "the next page", key: "k", before: 8, most: 3, want: "c7 -5 b4 more"},
		{name: "the last page", key: "k", before: 4, most: 3, want: "a3"},
		{name: "exactly the last page", key: "k", before: 5, most: 2, want: "b4 a3"},
		{name: "before all", key: "k", before: 3, most: 3, want: ""},
		{name: "before the first revision", key: "k", before: 1, most: 3, want: ""},
		{name: "from the future", key: "k", before: 1000, most: 2, want: "e10 d9 more"},
		{name: "little looked through", key: "k", lookBack: 3, most: 9, want: "e10 d9 -8 c7 unread 7"},
		{name: "less looked through", key: "k", lookBack: 1, most: 9, want: "e10 d9 unread 9"},
		{name: "little, but deep", key: "k", lookBack: 1, deep: true, most: 9, want: "e10 d9 -8 c7 -5 b4 a3"},
		{name: "never there", key: "q", most: 9, want: ""},
		{name: "never there lately", key: "q", lookBack: 2, most: 9, want: "unread 9"},
		{name: "compacted in a life", key: "k", compacted: 10, most: 9, want: "e10 compacted"},
		{name: "compacted between lives", key: "k", compacted: 6, most: 9, want: "e10 d9 -8 c7 compacted"},
		{name: "compacted at a deletion", key: "k", compacted: 5, most: 9, want: "e10 d9 -8 c7 -5 compacted"},
		{name: "its past is compacted", key: "k", compacted: 9, before: 9, most: 9, want: "compacted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := lives()
			f.compacted = c.compacted
			walk := Walk{Past: &Past{Client: f, Whole: true}, Key: c.key, Deep: c.deep, LookBack: c.lookBack}
			v, err := walk.Versions(t.Context(), c.before, c.most)
			require.NoError(t, err)
			require.Equal(t, c.want, said(v))
		})
	}
}

// Fewer revisions are looked through if they likely take very much.
func TestLookingBackIsBoundedByBytes(t *testing.T) {
	for _, c := range []struct{ size, newest, want int64 }{
		{1 << 20, 1 << 40, lookBack},
		{200 << 20, 1_000_000, lookBack},
		{640 << 20, 100_000, 2500},
		{8 << 30, 10_000, lookBackLeast},
	} {
		p := Past{Client: &fakeClient{size: c.size}}
		require.Equal(t, c.want, p.lookBack(t.Context(), c.newest), "%d bytes at revision %d", c.size, c.newest)
	}
}

// A key that is gone begins with its deletion, whoever may read how much.
func TestVersionsOfADeletedKey(t *testing.T) {
	f := lives()
	f.del("k") // 12
	for range 9 {
		f.put("z", "")
	}
	for _, f.denied = range []bool{false, true} {
		for _, whole := range []bool{true, false} {
			walk := Walk{Past: &Past{Client: f, Whole: whole}, Key: "k"}
			v, err := walk.Versions(t.Context(), 0, 4)
			require.NoError(t, err)
			require.Equal(t, "-12 e10 d9 -8 more", said(v))
		}
	}
}

// A replay is complete however many rounds it takes, in whatever order a round serves the watches.
func TestAReplayIsComplete(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		f := &fakeClient{round: 1 + random.IntN(3), random: random}
		var want []int64
		from := int64(2 + random.IntN(10))
		for range 5 + random.IntN(30) {
			at := f.put([]string{"k", "other"}[random.IntN(2)], "")
			if at >= from && string(f.events[at-2].Kv.Key) == "k" {
				want = append(want, at)
			}
		}
		var got []int64
		p := Past{Client: f, Whole: true}
		err := p.replay(t.Context(), etcdlist.Span{Start: "k"}, from, false, func(e *mvccpb.Event) bool {
			got = append(got, e.Kv.ModRevision)
			return true
		})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// What changed next and before is what a look at all events says.
func TestChangesAroundARevision(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	keys := []string{"p", "p-", "p/a", "p/b", "p/b/c", "q", "q/a"}
	f := &fakeClient{round: 2}
	for range 60 {
		key := keys[random.IntN(len(keys))]
		if f.at(key, f.newest()) != nil && random.IntN(3) == 0 {
			f.del(key)
			continue
		}
		f.put(key, "")
	}
	p := Past{Client: f, Whole: true}
	for _, part := range []Part{{"p/"}, {"p/b/"}, {"q/"}, {"none/"}, {""}} {
		for at := int64(1); at <= f.newest()+2; at++ {
			var next, previous int64
			for _, e := range f.events {
				revision := e.Kv.ModRevision
				if part.has(e.Kv.Key) && revision < at {
					previous = revision
				}
				if part.has(e.Kv.Key) && revision > at && next == 0 {
					next = revision
				}
			}
			got, err := p.Next(t.Context(), part, at)
			require.NoError(t, err)
			require.Equal(t, next, got, "after %d in %q", at, part.Dir)
			got, err = p.Previous(t.Context(), part, at)
			require.NoError(t, err)
			require.Equal(t, previous, got, "before %d in %q", at, part.Dir)
		}
	}
}

// A change far back is found by the keys that are there, and by replaying what came after.
func TestThePreviousChangeFarBack(t *testing.T) {
	f := &fakeClient{round: 1000}
	f.put("p/a", "")                // 2
	f.put("p/b", "")                // 3
	deleted := f.del("p/b")         // 4
	other := f.put("elsewhere", "") // 5
	for range nearBy + 10 {
		f.put("elsewhere", "")
	}
	p := Past{Client: f, Whole: true}
	previous := func(before int64) (int64, error) { return p.Previous(t.Context(), Part{"p/"}, before) }
	got, err := previous(f.newest())
	require.NoError(t, err)
	require.Equal(t, deleted, got)
	f.compacted = other // from here on, nothing below p/ happened
	var gone *CompactedError
	_, err = previous(f.newest())
	require.ErrorAs(t, err, &gone)
	require.Equal(t, other, gone.Oldest)
	f.put("p/a", "")
	got, err = previous(f.newest() + 1)
	require.NoError(t, err)
	require.Equal(t, f.newest(), got)
	_, err = p.Next(t.Context(), Part{"p/"}, 2)
	require.ErrorAs(t, err, &gone)
	require.Equal(t, other, p.Oldest(t.Context(), "p/a", 2))
}
