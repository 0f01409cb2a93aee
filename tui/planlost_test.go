package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kvist/internal/journal"
	"kvist/kv"
)

// A plan to delete says before the answer what cannot be put back, since the journal
// keeps no values of it, or is off.
func TestADeletionSaysWhatCannotBePutBack(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a", "s/one", "s/two")
	recorded := d.m.store
	hidden := kv.Recorded(recorded, &journal.Recorder{Journal: d.m.journal(), Hide: func(key string) bool { return strings.Contains(key, "/s/") }})
	for _, c := range []struct {
		store kv.Store
		keys  []string
		says  string // "" if all can be put back
	}{
		{recorded, []string{"space", "j", "space", "D"}, ""},
		{hidden, []string{"space", "j", "space", "D"}, "2 keys cannot be put back: the journal keeps digests of values only"},
		{hidden, []string{"j", "D"}, "2 keys cannot be put back: the journal keeps digests of values only"},
		{hidden, []string{"j", "l", "j", "d"}, "1 key cannot be put back: the journal keeps digests of values only"},
		{hidden, []string{"d"}, ""},
		{store, []string{"D"}, "1 key cannot be put back: the journal is off"},
		{store, []string{"j", "D"}, "2 keys cannot be put back: the journal is off"},
	} {
		d.m.store = c.store
		d.press(c.keys...)
		d.sees("will be deleted")
		if words := strings.Join(strings.Fields(strings.ReplaceAll(d.screen(), "│", " ")), " "); !strings.Contains(words, c.says) || c.says == "" && strings.Contains(words, "put back") {
			t.Errorf("%v does not say %q:\n%s", c.keys, c.says, d.screen())
		}
		d.press("esc", "esc", "g")
	}
}

// So does a plan that overwrites, or that moves without a record; what moves within the
// store can be moved back with one.
func TestATransferSaysWhatCannotBePutBack(t *testing.T) {
	d, bare := recordedExplore(t, t.TempDir(), "dir/a", "dir/b", "far/dir/a")
	hidden := kv.Recorded(d.m.store, &journal.Recorder{Journal: d.m.journal(), Hide: func(string) bool { return true }})
	for _, c := range []struct {
		store         kv.Store
		key, to, says string
	}{
		{hidden, "c", "far/", "1 key cannot be put back: the journal keeps digests of values only"},
		{bare, "c", "far/", "1 key cannot be put back: the journal is off"},
		{hidden, "m", "new/", ""},
		{bare, "m", "new/", "2 keys cannot be put back: the journal is off"},
	} {
		d.m.store = c.store
		d.press(c.key)
		d.goes(c.to)
		if c.key == "c" {
			d.sees("Copy plan", "1 exists")
			d.seesNot("put back")
			d.press("o")
			d.sees("1 key overwritten", c.says)
		} else {
			d.sees("Move plan", "2 keys created", c.says)
		}
		if c.says == "" {
			d.seesNot("put back")
		}
		d.press("esc")
	}
}

// So does an import.
func TestAnImportSaysWhatCannotBePutBack(t *testing.T) {
	d, bare := recordedExplore(t, t.TempDir(), "dir/a")
	d.m.store = bare
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, []byte(`[{"key":"dir/a","flags":0,"value":"bmV3"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, fault := d.m.importFile(file)
	if fault != "" {
		t.Fatal(fault)
	}
	d.run(cmd)
	d.sees("Import plan", "1 exists")
	d.seesNot("put back")
	d.press("o")
	d.sees("1 key overwritten", "1 key cannot be put back: the journal is off")
}

// What cannot be undone is said in the editor, when it is saved, and by u, which names where the
// former value is. A new key can be undone.
func TestASaveSaysThatItCannotBeUndone(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a", "b")
	d.m.store = kv.Recorded(store, &journal.Recorder{Journal: d.m.journal(), Hide: func(key string) bool { return strings.HasSuffix(key, "/a") }})
	says := func(text string) { // on however many lines
		t.Helper()
		d.await(text, func() bool {
			return strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(d.screen(), "│", " ")), " "), text)
		})
		d.reads()
	}
	d.press("e")
	d.sees("line 1", "cannot be undone once saved")
	d.press("x", "ctrl+s")
	says("undo cannot put back what was there: the journal keeps digests of values only; its history (H) shows it")
	d.becomes(store, t.Name()+"/a", "xvalue of a")
	d.press("u")
	says("nothing can be put back: the journal keeps no values of this key; its history (H) shows it")
	d.press("esc", "j", "e")
	d.sees("line 1")
	d.seesNot("cannot be undone")
	d.press("x", "ctrl+s")
	d.sees("saved")
	d.seesNot("undo cannot")
	d.becomes(store, t.Name()+"/b", "xvalue of b")
}
