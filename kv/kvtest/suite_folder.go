package kvtest

import (
	"context"
	"errors"

	"kvist/kv"
)

var folderPromises = []promise{
	{"MakeDirectoryMakesAnEmptyOne", testMakeDirectory},
}

// testMakeDirectory: a new directory is there with nothing in it, can be
// filled, and cannot be made twice.
func testMakeDirectory(g *ground) {
	maker, ok := kv.As[kv.DirectoryMaker](g.s)
	if !ok {
		if g.h.Directories {
			g.Fatal("a store with directories cannot make one")
		}
		return // a store of flat keys: there is nothing to promise
	}
	dir := g.key("new/folder")
	if err := maker.MakeDirectory(context.Background(), dir); err != nil {
		g.Fatal(err)
	}
	if pairs, err := g.s.List(dir); err != nil || len(pairs) != 0 {
		g.Errorf("List of the new directory = %v, %v", pairs, err)
	}
	if err := maker.MakeDirectory(context.Background(), dir); !errors.Is(err, kv.ErrKeyExists) {
		g.Errorf("made twice: %v, want ErrKeyExists", err)
	}
	g.put("new/folder/a", "1")
	if got := g.list("new/folder"); len(got) != 1 {
		g.Errorf("below the directory are %q", got)
	}
	if err := g.s.DeleteTree(g.key("new")); err != nil {
		g.Error(err)
	}
}
