package tree

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The children of a folder are the first segments of what is below it, in order, with
// what their rows say, whatever is open.
func TestChildrenAreWhatIsDirectlyInAFolder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := New("")
		for range rapid.IntRange(0, 40).Draw(rt, "n") {
			tr.Put(Entry{Key: drawKey(rt), Index: 1, Size: 3}, time.Time{})
			if rapid.Bool().Draw(rt, "open") {
				tr.OpenAll(drawKey(rt))
			}
		}
		folder, most := drawKey(rt), rapid.IntRange(1, 9).Draw(rt, "most")
		below, names := map[string]int{}, []string{}
		for _, key := range keysOf(tr) {
			rest, ok := strings.CutPrefix(key, folder+"/")
			if !ok {
				continue
			}
			name, _, deep := strings.Cut(rest, "/")
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			if deep {
				below[name]++
			}
		}
		rows, all := tr.Children(folder, most)
		if all != len(names) || len(rows) != min(most, all) {
			rt.Fatalf("%d of %d children, want %q", len(rows), all, names)
		}
		for i, row := range rows {
			isKey, isFolder := tr.Is(folder + "/" + names[i])
			if row.Name != names[i] || row.Key != folder+"/"+names[i] || row.Count != below[names[i]] || row.IsKey != isKey || row.IsFolder != isFolder {
				rt.Errorf("child %d is %+v, want %q with %d", i, row, names[i], below[names[i]])
			}
		}
	})
	tr := New("p/")
	if rows, all := tr.Children("other", 5); len(rows) != 0 || all != 0 {
		t.Errorf("of what is not in the tree: %v, %d", rows, all)
	}
}

// The first children of a folder with very many cost no more than those of a small one.
func BenchmarkChildrenOfMany(b *testing.B) {
	tr := New("")
	for i := range 1_000_000 {
		tr.Put(Entry{Key: fmt.Sprintf("many/%07d", i), Index: 1}, time.Time{})
	}
	b.ResetTimer()
	for b.Loop() {
		if rows, all := tr.Children("many", 20); len(rows) != 20 || all != 1_000_000 {
			b.Fatal(len(rows), all)
		}
	}
}
