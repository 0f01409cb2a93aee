package transfer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/kv"
)

// sortedBy returns what comes of entries, and how many files that took.
func sortedBy(t *testing.T, entries []kv.Entry) (got []kv.Entry, runs int) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	var s sortedKeys
	for _, e := range entries {
		require.NoError(t, s.add(e))
	}
	require.NoError(t, s.each(func(e kv.Entry) error {
		got = append(got, e)
		return nil
	}))
	s.close()
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left, "no file outlives the listing")
	return got, len(s.runs)
}

// Keys that come in any order, however many, come back sorted, each once; a mark
// that follows its key is joined to it, and one without a key is dropped.
func TestKeysAreSortedInFiles(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 3*runKeys + 5} {
		want := make([]kv.Entry, n)
		for i := range want {
			want[i] = kv.Entry{Key: fmt.Sprintf("key/\x00%07d", i), Index: uint64(i + 1), Size: i%7 - 1, Flags: kv.Leased}
		}
		given := slices.Clone(want)
		r := rand.New(rand.NewPCG(1, uint64(n)))
		r.Shuffle(n, func(i, j int) { given[i], given[j] = given[j], given[i] })
		for i := 0; i < n; i += 1001 {
			want[i].Flags |= kv.Locked
			given = append(given, kv.Entry{Key: want[i].Key, Size: -1, Flags: kv.Locked})
		}
		if n > 0 { // a listing that began again
			given = append(given, kv.Entry{Key: want[n/2].Key, Index: 1 << 40, Size: 9}, kv.Entry{Key: "gone", Size: -1, Flags: kv.Locked})
			want[n/2].Index, want[n/2].Size, want[n/2].Flags = 1<<40, 9, want[n/2].Flags&kv.Locked
		}
		got, _ := sortedBy(t, given)
		require.True(t, slices.Equal(want, got), "of %d keys", n)
	}
}

// Keys that come in order make one file, and few of them none. However many there
// are, few are in memory.
func TestSortedKeysTakeLittleMemory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var s sortedKeys
	defer s.close()
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	const n = 300_000
	for i := range n {
		require.NoError(t, s.add(kv.Entry{Key: fmt.Sprintf("a/name/as/keys/have/them/%09d", i), Index: 1}))
	}
	visited := 0
	require.NoError(t, s.each(func(kv.Entry) error {
		if visited++; visited == n/2 {
			require.Less(t, inUse(), before+16<<20)
		}
		return nil
	}))
	require.Equal(t, n, visited)
	require.Len(t, s.runs, 1)
	few, runs := sortedBy(t, []kv.Entry{{Key: "b", Index: 1}, {Key: "a", Index: 1}})
	require.Len(t, few, 2)
	require.Zero(t, runs)
}
