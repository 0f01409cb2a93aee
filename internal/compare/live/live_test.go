package live_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/compare"
	"kvist/internal/compare/live"
	"kvist/kv"
	"kvist/tui/tree"
)

// values is a store of a map, which can only be read.
type values struct {
	kv.Store
	of map[string]string
}

func (v values) ReadValues(_ context.Context, keys []string, see func(*kv.KVPair)) (int, error) {
	for _, key := range keys {
		if value, ok := v.of[key]; ok {
			see(&kv.KVPair{Key: key, Value: []byte(value)})
		}
	}
	return 0, nil
}

// bench is a comparison of two maps, and what the test knows of it.
type bench struct {
	*live.Comparison
	sides [2]values
	trees [2]*tree.Tree
	index uint64
}

func newBench() *bench {
	b := &bench{}
	var sides [2]live.Side
	for i, dir := range []string{"here/a/", "there/b/"} {
		b.sides[i], b.trees[i] = values{of: map[string]string{}}, tree.New(strings.SplitAfter(dir, "/")[0])
		sides[i] = live.Side{Tree: b.trees[i], Dir: dir, Own: strings.TrimSuffix(dir, "/"), Reader: compare.StoreReader(b.sides[i])}
	}
	b.Comparison = live.New(sides[0], sides[1], live.Settings{Title: "a", Ignore: func(name string) bool { return strings.Contains(name, "skip") }})
	return b
}

// put sets a key of a side, as a feed reports it; "" removes it.
func (b *bench) put(side int, path, value string) {
	b.index++
	key := b.Key(side, path)
	if value == "" {
		delete(b.sides[side].of, key)
		b.trees[side].Delete(key, time.Time{})
	} else {
		b.sides[side].of[key] = value
		b.trees[side].Put(tree.Entry{Key: key, Index: b.index, Size: -1}, time.Time{})
	}
	b.Touch(side, key)
}

// settle compares until nothing is left to do.
func (b *bench) settle() {
	for w := b.Work(true); w != nil; w = b.Work(true) {
		w.Run(context.Background())
		b.Take(w, time.Now())
	}
}

// want is how each path differs, found key by key.
func (b *bench) want(same bool) map[string]compare.Kind {
	want := map[string]compare.Kind{}
	for side, other := range []int{1, 0} {
		for key, value := range b.sides[side].of {
			path, _ := b.Path(side, key)
			theirs, both := b.sides[other].of[b.Key(other, path)]
			switch {
			case strings.Contains(path, "skip"):
			case !both:
				want[path] = compare.Kind(side)
			case value == theirs:
				if same {
					want[path] = compare.Same
				}
			case strings.HasPrefix(value, "{") && strings.HasPrefix(theirs, "{"):
				want[path] = compare.Alike
			default:
				want[path] = compare.Differs
			}
		}
	}
	return want
}

// check fails unless the comparison knows exactly what differs, in every folder.
func (b *bench) check(t *testing.T) {
	t.Helper()
	got := map[string]compare.Kind{}
	for e := range b.Tree().All() {
		got[e.Key] = compare.Kind(e.Flags)
	}
	require.Equal(t, b.want(b.Same()), got)
	var total live.Counts
	inside := map[string]live.Counts{}
	for path, kind := range b.want(false) {
		total[kind]++
		for i := range path {
			if path[i] == '/' {
				n := inside[path[:i]]
				n[kind]++
				inside[path[:i]] = n
			}
		}
	}
	require.Equal(t, total, b.Total())
	for folder, n := range inside {
		require.Equal(t, n, b.Inside(folder), folder)
	}
}

// Whatever changes on either side, before, during and after the pass, the comparison
// ends with what comparing each key with each would find, in the keys and in the
// counts of the folders.
func TestTheComparisonIsTrueAfterAnyChange(t *testing.T) {
	dice := rand.New(rand.NewPCG(5, 6))
	paths := []string{"a", "a/x", "a/x/y", "a/x/z", "a/skip", "a/b", "a//c", "a/d/e/f"}
	change := func(b *bench) {
		value := []string{"", "1", "2", `{"a":1,"b":2}`, `{"b":2,"a":1}`}[dice.IntN(5)]
		b.put(dice.IntN(2), paths[dice.IntN(len(paths))], value)
	}
	for range 200 {
		b := newBench()
		for range dice.IntN(20) {
			change(b)
		}
		for range 5 + dice.IntN(20) {
			switch dice.IntN(8) {
			case 0:
				b.ShowSame(!b.Same())
			case 1:
				b.Restart()
			case 2:
				b.settle()
				b.check(t)
			case 3:
				if w := b.Work(true); w != nil {
					w.Run(t.Context())
					change(b) // while the portion is under way
					b.Take(w, time.Now())
				}
			default:
				change(b)
			}
		}
		b.settle()
		b.check(t)
		settled, _ := b.Settled()
		require.True(t, settled)
	}
}

// A change costs its own key, however many keys there are: nothing else is read.
func TestAChangeIsComparedAlone(t *testing.T) {
	b := newBench()
	for i := range 30_000 {
		key := fmt.Sprintf("a/%05d", i)
		b.put(0, key, "1")
		b.put(1, key, "1")
	}
	b.settle()
	require.Equal(t, live.Counts{}, b.Total())
	b.put(1, "a/00007", "2")
	saved := maps.Clone(b.sides[0].of)
	clear(b.sides[0].of)
	b.sides[0].of["here/a/00007"] = saved["here/a/00007"] // all that may be read
	w := b.Work(true)
	w.Run(t.Context())
	b.Take(w, time.Now())
	maps.Copy(b.sides[0].of, saved)
	b.check(t)
	require.Nil(t, b.Work(true))
}

// A portion that cannot be compared is tried again.
func TestWhatFailedIsTriedAgain(t *testing.T) {
	b := newBench()
	b.put(0, "a/x", "1")
	b.put(1, "a/x", "2")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		w := b.Work(true)
		w.Run(ctx)
		require.ErrorIs(t, w.Err(), context.Canceled)
		b.Take(w, time.Now())
		settled, _ := b.Settled()
		require.False(t, settled)
	}
	b.settle()
	b.check(t)
}

// Where folders are keys, those that are there only since something is in them are
// no difference.
func TestFoldersThatAreImpliedAreNoDifference(t *testing.T) {
	b := newBench()
	b.Side(1).Paths = true
	folder := func(key string) {
		b.trees[1].Put(tree.Entry{Key: key, Index: 1, Flags: uint8(kv.Directory)}, time.Time{})
		b.Touch(1, key)
	}
	folder("there/b")
	folder("there/b/x")
	b.put(1, "a/x/y", "1")
	b.put(0, "a/x/y", "1")
	b.settle()
	require.Equal(t, live.Counts{}, b.Total())
	b.put(1, "a/x/y", "")
	b.put(0, "a/x/y", "")
	b.settle()
	kind, differs := b.Kind("a/x")
	require.True(t, differs, "an empty folder is")
	require.Equal(t, compare.OnlyB, kind)
}

// A key of the whole of Consul that begins with a slash has another one before it, which is no part
// of its name.
func TestASlashAtTheStartIsPartOfTheName(t *testing.T) {
	b := &bench{}
	var sides [2]live.Side
	for i, dir := range []string{"", "there/"} {
		b.sides[i], b.trees[i] = values{of: map[string]string{}}, tree.New(dir)
		sides[i] = live.Side{Tree: b.trees[i], Dir: dir, Marked: dir == "", Reader: compare.StoreReader(b.sides[i])}
	}
	b.Comparison = live.New(sides[0], sides[1], live.Settings{Title: "."})
	for _, name := range []string{"./n", ".//abs/x", "./abs/x", ".///two"} {
		b.put(0, name, name)
		b.put(1, name, name)
	}
	require.Equal(t, "//abs/x", b.Key(0, ".//abs/x"))
	require.Equal(t, "there//abs/x", b.Key(1, ".//abs/x"))
	path, ok := b.Path(0, "//abs/x")
	require.Equal(t, ".//abs/x", path)
	require.True(t, ok)
	b.settle()
	require.Equal(t, live.Counts{}, b.Total())
	b.put(1, ".//abs/x", "another")
	b.settle()
	kind, differs := b.Kind(".//abs/x")
	require.True(t, differs)
	require.Equal(t, compare.Differs, kind)
}
