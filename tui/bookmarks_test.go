package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kvist/internal/places"
	"kvist/kv"
)

// keeping drives an explorer of these keys that keeps its places in dir.
func keeping(t *testing.T, dir string, opts Options, keys ...string) *driver {
	t.Helper()
	s := newScripted()
	opts.Profile, opts.Address, opts.Places = "prod", "etcd://x", places.New(dir)
	d := drive(t, s, opts, 100, 24)
	s.batches <- batchOf(puts(keys...))
	d.sees("● live")
	return d
}

// b sets a bookmark, which has a sign, is in the list, and comes back at the next
// start; the list goes to its key and removes it.
func TestBookmarksAreKept(t *testing.T) {
	dir := t.TempDir()
	d := keeping(t, dir, Options{}, "a", "config/Web/port", "z")
	d.press("b")
	d.sees("bookmark set on a", "»")
	d.press(":")
	d.typing("goto config/Web/port")
	d.press("enter", "b")
	d.sees("bookmark set on config/Web/port")
	d.await("the files", func() bool { keys, err := places.New(dir).Bookmarks("prod"); return err == nil && len(keys) == 2 })

	d = keeping(t, dir, Options{Fresh: true}, "a", "config/Web/port", "z")
	d.await("the bookmarks", func() bool { return len(d.m.bookmarks) == 2 })
	d.press("B")
	d.typing("web")
	d.sees("config/Web/port", "enter go there", "ctrl+x remove")
	d.press("enter")
	d.sees("value of config/Web/port")
	d.press("b")
	d.sees("bookmark removed from config/Web/port")
	d.press("B", "ctrl+x")
	d.await("the files to go", func() bool { keys, err := places.New(dir).Bookmarks("prod"); return err == nil && len(keys) == 0 })
	d.press("B")
	d.sees("there are no bookmarks here")
}

// A bookmark of a key that is gone is said to be, and goes nowhere; files that cannot
// be read or written are said, and harm nothing.
func TestBookmarksThatLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	if err := places.New(dir).Mark("prod", "gone \x1b[2J"); err != nil {
		t.Fatal(err)
	}
	d := keeping(t, dir, Options{}, "a")
	d.await("the bookmark", func() bool { return len(d.m.bookmarks) == 1 })
	d.press("B")
	d.sees(`gone \x1b[2J`, "not there")
	d.press("enter")
	d.sees("is not in the tree now")
	file := filepath.Join(dir, "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d = keeping(t, filepath.Join(file, "below"), Options{}, "a")
	d.press("b")
	d.sees("the bookmark lasts only as long as this kvist")
}

// Open folders, the cursor and the pane come back at the next start, unless that is
// switched off or a key was pressed first.
func TestWhatWasOpenComesBack(t *testing.T) {
	dir := t.TempDir()
	keys := []string{"a/b/one", "a/b/two", "a/c", "d/e/x", "z"}
	first := keeping(t, dir, Options{}, keys...)
	first.press(":")
	first.typing("goto a/b/two")
	first.press("enter", "4", "1")
	first.sees("0 changes since")
	if err := first.deck.finish(); err != nil {
		t.Fatal(err)
	}
	again := func(opts Options) *driver { return keeping(t, dir, opts, keys...) }

	d := again(Options{})
	d.sees("▾ a/", "▾ b/", "▸ d/", "0 changes since")
	if row, _ := d.m.tree.row(); row.Key != "a/b/two" || d.m.focus != pane(d.m.tree) {
		t.Errorf("the cursor is on %q", row.Key)
	}
	s := newScripted()
	d = drive(t, s, Options{Profile: "prod", Address: "etcd://x", Places: places.New(dir)}, 100, 24)
	d.await("what was kept", func() bool { return !d.m.restore.asked })
	d.press("j")
	s.batches <- batchOf(puts(keys...))
	d.sees("▸ a/", "▸ d/")
	if strings.Contains(d.screen(), "▾") {
		t.Error("it came back although a key was pressed")
	}
	for _, opts := range []Options{{Fresh: true}, {Forget: true}} {
		d = again(opts)
		d.sees("▸ a/", "▸ d/")
		if err := d.deck.finish(); err != nil {
			t.Error(err)
		}
	}
}

// Where only open folders are followed, folder after folder comes back; keys that are
// gone are not waited for, and no more is kept of a store that was never listed.
func TestWhatWasOpenComesBackInParts(t *testing.T) {
	dir := t.TempDir()
	kept := places.New(dir)
	o := places.Opened{Folders: []string{"gone", "a", "a/b"}, Cursor: "a/b/c"}
	if err := kept.KeepOpened("prod\x00", o); err != nil {
		t.Fatal(err)
	}
	s := newScripted()
	opts := Options{Profile: "prod", Address: "etcd://x", Places: kept}
	d := drive(t, s, opts, 100, 24)
	d.await("what was kept", func() bool { return !d.m.restore.asked })
	s.batches <- kv.Batch{
		State: kv.Live, Begin: true, Synced: true, Partial: true, Events: []kv.Event{{Kind: kv.FolderEvent, Key: "a"}},
	}
	d.told(s, "a")
	s.batches <- kv.Batch{State: kv.Live, Partial: true, Events: []kv.Event{{Kind: kv.FolderEvent, Key: "a/b", Old: true}}}
	d.told(s, "a", "a/b")
	s.batches <- kv.Batch{State: kv.Live, Partial: true, Events: []kv.Event{{Kind: kv.PutEvent, Key: "a/b/c", Index: 1, Size: 1, Old: true}}}
	d.sees("value of a/b/c")

	d = drive(t, newScripted(), opts, 100, 24)
	if err := d.deck.finish(); err != nil {
		t.Error(err)
	}
	if now, ok := kept.Opened("prod\x00"); !ok || now.Cursor != o.Cursor {
		t.Errorf("what was kept became %v, %v", now, ok)
	}
}
