package places

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// odd are keys that no text file holds as they are.
var odd = []string{"a", "a/b/", "", "\x00\xff\n", "鍵/../../etc/passwd", strings.Repeat("x", 5000)}

// Bookmarks come back in order, each of its own store, with any bytes in the key, and
// nobody else can read them. Two programs do not lose each other's.
func TestBookmarks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() {
			s := New(dir)
			for j, key := range odd {
				if j%2 == i {
					if err := s.Mark("prod", key); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	s := New(dir)
	if err := s.Mark("staging", "other"); err != nil {
		t.Fatal(err)
	}
	got, err := s.Bookmarks("prod")
	if want := slices.Sorted(slices.Values(odd)); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	for range 2 {
		if err := s.Unmark("prod", "a"); err != nil {
			t.Error(err)
		}
	}
	if got, _ := s.Bookmarks("prod"); len(got) != len(odd)-1 || slices.Contains(got, "a") {
		t.Errorf("%q", got)
	}
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// Open folders come back, and no more of them than is reasonable.
func TestOpened(t *testing.T) {
	s := New(t.TempDir())
	if _, ok := s.Opened("prod"); ok {
		t.Error("something was open")
	}
	o := Opened{Cursor: "a/\xff", Pane: "pane.4"}
	for range 2 * FoldersMax {
		o.Folders = append(o.Folders, "a/\xff")
	}
	if err := s.KeepOpened("prod", o); err != nil {
		t.Fatal(err)
	}
	got, ok := s.Opened("prod")
	if !ok || got.Cursor != o.Cursor || got.Pane != "pane.4" || len(got.Folders) != FoldersMax || got.Folders[0] != "a/\xff" {
		t.Errorf("%v: %d folders, cursor %q", ok, len(got.Folders), got.Cursor)
	}
}

// Of many stores only those that were left last are kept; bookmarks stay.
func TestOldOnesGo(t *testing.T) {
	dir := t.TempDir()
	s := New(dir)
	if err := s.Mark("0", "a"); err != nil {
		t.Fatal(err)
	}
	for i := range OpenedMax + 5 {
		of := strconv.Itoa(i)
		if err := s.KeepOpened(of, Opened{Cursor: of}); err != nil {
			t.Fatal(err)
		}
		long := time.Now().Add(time.Duration(i-2*OpenedMax) * time.Minute)
		if err := os.Chtimes(filepath.Join(dir, part(of)+openEnding), long, long); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range map[int]bool{0: false, 4: false, 5: true, OpenedMax + 4: true} {
		if o, ok := s.Opened(strconv.Itoa(i)); ok != want || ok && o.Cursor != strconv.Itoa(i) {
			t.Errorf("%d: %v, %v", i, o, ok)
		}
	}
	if keys, err := s.Bookmarks("0"); err != nil || len(keys) != 1 {
		t.Errorf("%q, %v", keys, err)
	}
}

// Files that are broken, of another version, of another store, too large, or no files
// at all harm nothing: the good ones are still read, and reading ends.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	s := New(dir)
	if err := s.Mark("prod", "good"); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		part("prod") + "-1" + markEnding:   "{",
		part("prod") + "-2" + markEnding:   `{"version":2,"of":"prod","key":"YQ=="}`,
		part("prod") + "-3" + markEnding:   `{"version":1,"of":"staging","key":"YQ=="}`,
		part("prod") + "-4" + markEnding:   `{"version":1,"of":"prod","key":"YQ=="}`,
		part("prod") + "-5" + markEnding:   `{"version":1,"of":"prod","key":7}`,
		part("prod") + "-6" + markEnding:   strings.Repeat(" ", fileMax+1),
		part("prod") + openEnding:          `{"version":1,"of":"prod","folders":"a"}`,
		part("prod") + "-x" + ".something": "a",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, part("prod")+"-8"+markEnding), 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := s.Bookmarks("prod")
	if !slices.Equal(got, []string{"good"}) || err == nil || strings.Count(err.Error(), "cannot be read") != 7 {
		t.Errorf("%q, %v", got, err)
	}
	if o, ok := s.Opened("prod"); ok {
		t.Errorf("it was open: %v", o)
	}
	if err := New("/dev/null/x").Mark("prod", "a"); err == nil {
		t.Error("it was kept where nothing can be")
	}
}

// When a profile was used last is kept for the user alone. A file that is damaged, or
// of another store, says nothing.
func TestUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	s, at := New(dir), time.Unix(1_700_000_000, 0)
	if used := s.Used([]string{"prod"}); len(used) != 0 {
		t.Errorf("%v", used)
	}
	for i, of := range []string{"prod", "staging", "prod"} {
		if err := s.Use(of, at.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	used := New(dir).Used([]string{"prod", "staging", "other"})
	if len(used) != 2 || !used["prod"].Equal(at.Add(2*time.Hour)) || !used["staging"].Equal(at.Add(time.Hour)) {
		t.Errorf("%v", used)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
		if err := os.WriteFile(f, []byte(`{"version":1,"of":"x","at":5}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if used := s.Used([]string{"prod", "staging"}); len(used) != 0 {
		t.Errorf("%v of damaged files", used)
	}
}
