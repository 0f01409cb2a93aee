//go:build unix

package scratch_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"kvist/internal/scratch"
)

// A file that is not finished is only its owner's. What a killed program left is
// removed; what is being written, and everything else, stays.
func TestUnfinishedFilesAreRemoved(t *testing.T) {
	in := t.TempDir()
	path := func(name string) string { return filepath.Join(in, name) }
	for _, name := range []string{".kvist-unfinished-1", ".kvist-unfinished-new", "file", ".kvist-other"} {
		if err := os.WriteFile(path(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(path(".kvist-unfinished-2/dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	held, err := scratch.Beside(path("file"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	heldDir, done, err := scratch.DirBeside(path("dir"))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if info, err := held.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	long := time.Now().Add(-time.Hour)
	for _, old := range []string{path(".kvist-unfinished-1"), path(".kvist-unfinished-2"), path("file"), path(".kvist-other"), held.Name(), heldDir} {
		if err := os.Chtimes(old, long, long); err != nil {
			t.Fatal(err)
		}
	}
	another, err := scratch.Beside(path("file"))
	if err != nil {
		t.Fatal(err)
	}
	another.Close()
	exists(t, false, path(".kvist-unfinished-1"), path(".kvist-unfinished-2"))
	exists(t, true, path(".kvist-unfinished-new"), path("file"), path(".kvist-other"), held.Name(), heldDir)
}
