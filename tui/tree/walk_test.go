package tree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func keysOf(t *Tree) []string {
	var keys []string
	for e := range t.All() {
		keys = append(keys, e.Key)
	}
	return keys
}

func drawKey(t *rapid.T) string {
	segs := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "a-b", "ab", "b", "a.", "\x00"}), 1, 4).Draw(t, "segments")
	return strings.Join(segs, "/")
}

func TestAfterReturnsWhatIsBehind(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := New("")
		for range rapid.IntRange(0, 40).Draw(rt, "n") {
			tr.Put(Entry{Key: drawKey(rt), Index: 1}, time.Time{})
		}
		all := keysOf(tr)
		if !slices.IsSortedFunc(all, Compare) {
			rt.Fatalf("the keys are not in the order of Compare: %q", all)
		}
		from := drawKey(rt)
		var want, got []string
		for _, key := range all {
			if Compare(key, from) > 0 {
				want = append(want, key)
			}
		}
		for e := range tr.After(from) {
			got = append(got, e.Key)
		}
		if from == "" {
			return // a key named "" is before all: see After
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("After(%q) of %q = %q, want %q", from, all, got, want)
		}
	})
}

func TestSiblingsShareTextOnly(t *testing.T) {
	tr := New("top")
	for _, key := range []string{"top/app/x", "top/app", "top/app-old/y", "top/application", "top/ap", "top/b", "top/app/app2"} {
		tr.Put(Entry{Key: key, Index: 1}, time.Time{})
	}
	for key, want := range map[string][]string{
		"top/app":   {"top/app-old", "top/application"},
		"top/app/x": nil,
		"top/none":  nil,
		"top/ap":    {"top/app", "top/app-old", "top/application"},
	} {
		if got := slices.Collect(tr.Siblings(key)); !slices.Equal(got, want) {
			t.Errorf("Siblings(%q) = %q, want %q", key, got, want)
		}
	}
}

// From key to key, forward and back, every key comes once and in order, whatever is
// open, and the last is followed by the first.
func TestNextKeyGoesThroughAll(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		tree := New("p")
		for range dice.IntN(30) {
			tree.Put(Entry{Key: "p/" + []string{"", "a", "a/", "a/b", "b//c", "z"}[dice.IntN(6)] + fmt.Sprint(dice.IntN(6)), Index: 1}, time.Time{})
		}
		var all, forward, back []string
		for e := range tree.All() {
			all = append(all, e.Key)
		}
		for next, ok := tree.NextKey("", true); ok && len(forward) < len(all); next, ok = tree.NextKey(next, true) {
			forward = append(forward, next)
		}
		for last, ok := tree.NextKey("", false); ok && len(back) < len(all); last, ok = tree.NextKey(last, false) {
			back = append(back, last)
		}
		slices.Reverse(back)
		if !slices.Equal(all, forward) || !slices.Equal(all, back) {
			t.Fatalf("%q\nforward %q\nback %q", all, forward, back)
		}
		for _, from := range []string{"p/a", "p/b", "p/b/", "p/m", "p/zz"} {
			want := ""
			for _, key := range all {
				if Compare(key, from) > 0 {
					want = key
					break
				}
			}
			if next, ok := tree.NextKey(from, true); len(all) > 0 && want != "" && next != want || ok != (len(all) > 0) {
				t.Fatalf("after %q comes %q, want %q", from, next, want)
			}
		}
	}
}
