package tree

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func never() bool { return false }

// The differences are those that comparing key by key finds.
func TestDifferAgreesWithAModel(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		older, newer := New("p"), New("p")
		was, is := map[string]uint64{}, map[string]uint64{}
		for range dice.IntN(40) {
			key := "p/" + []string{"", "a", "a/", "a/b", "a-b", "b//c", "b/c/d", "z"}[dice.IntN(8)] + fmt.Sprint(dice.IntN(6))
			for tree, model := range map[*Tree]map[string]uint64{older: was, newer: is} {
				if index := uint64(dice.IntN(4)); index > 0 {
					tree.Put(Entry{Key: key, Index: index}, time.Time{})
					model[key] = index
				}
			}
		}
		want, inside := Differences{}, map[string]bool{}
		for key, index := range was {
			now, there := is[key]
			switch {
			case !there:
				want.Gone++
			case now != index:
				want.Changed++
			default:
				continue
			}
			for i := range key {
				if key[i] == '/' {
					inside[key[:i]] = true
				}
			}
		}
		for key := range is {
			if _, there := was[key]; !there {
				want.Came++
			}
		}
		got := Differ(older, newer, never)
		if got.Changed != want.Changed || got.Gone != want.Gone || got.Came != want.Came {
			t.Fatalf("round %d: %+v, want %+v", round, got, want)
		}
		for key := range was {
			for i := range key {
				if folder := key[:i]; key[i] == '/' && got.Inside(folder) != inside[folder] {
					t.Fatalf("round %d: %q has differences: %v", round, folder, got.Inside(folder))
				}
			}
		}
	}
}

// A comparison that is asked to stop ends without a result.
func TestDifferStops(t *testing.T) {
	older := New("")
	for i := range 3 * stopEvery {
		older.Put(Entry{Key: fmt.Sprint(i)}, time.Time{})
	}
	asked := 0
	if d := Differ(older, New(""), func() bool { asked++; return asked == 2 }); d != nil || asked != 2 {
		t.Errorf("%+v after %d questions", d, asked)
	}
}

// A key is lit, or leaves a ghost, without a change of the tree.
func TestLight(t *testing.T) {
	tree := New("")
	tree.BeginListing()
	for _, key := range []string{"a/b", "c"} {
		tree.Put(Entry{Key: key, Index: 1}, time.Time{})
	}
	tree.EndListing(time.Time{})
	tree.OpenTree()
	now := time.Unix(100, 0)
	if !tree.Light("a/b", Changed, now) || tree.Light("a", Changed, now) || tree.Light("nothing", Added, now) {
		t.Error("the wrong keys are lit")
	}
	tree.LightGone(Entry{Key: "a/gone", Index: 1}, now)
	tree.LightGone(Entry{Key: "c", Index: 1}, now) // it is there
	var rows []string
	for _, r := range tree.Rows(0, 9) {
		rows = append(rows, fmt.Sprint(r.Key, " ", r.Lit.Kind, r.Ghost))
	}
	want := "a 0 false, a/b 2 false, a/gone 3 true, c 0 false"
	if got := strings.Join(rows, ", "); got != want || tree.Keys() != 2 {
		t.Errorf("%s; want %s", got, want)
	}
	tree.Expire(now.Add(time.Hour))
	if tree.Len() != 3 || tree.Lit() != 0 {
		t.Errorf("%d rows, %d lit", tree.Len(), tree.Lit())
	}
}
