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
	x.Open("p/a/b") // inside a closed folder
	x.Open("p/e")
	x.Open("p/u") // whose content is not known yet
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

// Keys that begin with a slash are in a folder without a name, which may be
// unlisted like any other.
func TestUnlistedFolderWithoutAName(t *testing.T) {
	tr := tree.New("")
	if tr.PutFolder("", time.Time{}) != tree.Added {
		t.Fatal("it was not added")
	}
	rows := tr.Rows(0, 2)
	if len(rows) != 1 || !rows[0].Unlisted || !rows[0].IsFolder || rows[0].Key != "" {
		t.Fatalf("%+v", rows)
	}
	tr.Open("")
	if got := tr.OpenFolders(9); len(got) != 1 || got[0] != "" {
		t.Fatalf("open are %q", got)
	}
	tr.Put(tree.Entry{Key: "/a", Index: 1}, time.Time{})
	if rows = tr.Rows(0, 3); len(rows) != 2 || rows[0].Unlisted || rows[1].Key != "/a" {
		t.Fatalf("%+v", rows)
	}
}
