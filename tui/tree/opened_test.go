package tree_test

import (
	"slices"
	"testing"
	"time"

	"kvist/tui/tree"
)

func TestOpenFolders(t *testing.T) {
	x := tree.New("p")
	for _, key := range []string{"p/a/b/c", "p/a/d", "p/e/f/g", "p/h"} {
		x.Put(tree.Entry{Key: key, Index: 1}, time.Time{})
	}
	x.PutFolder("p/u", time.Time{})
	if got := x.OpenFolders(10); len(got) != 0 {
		t.Errorf("all is closed, and open are %q", got)
	}
	x.Open("p/a/b") // inside a closed one
	x.Open("p/e")
	x.Open("p/u") // nothing of which is known yet
	if got, want := x.OpenFolders(10), []string{"p/e", "p/u"}; !slices.Equal(got, want) {
		t.Errorf("open are %q, not %q", got, want)
	}
	x.Open("p/a")
	if got, want := x.OpenFolders(10), []string{"p/a", "p/a/b", "p/e", "p/u"}; !slices.Equal(got, want) {
		t.Errorf("open are %q, not %q", got, want)
	}
	if got := x.OpenFolders(2); len(got) != 2 {
		t.Errorf("asked for two: %q", got)
	}
	x.OpenTree()
	if got, want := x.OpenFolders(10), []string{"p/a", "p/a/b", "p/e", "p/e/f", "p/u"}; !slices.Equal(got, want) {
		t.Errorf("open are %q, not %q", got, want)
	}
}
