package tui

import (
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
		{hidden, []string{"space", "j", "space", "D"}, "2 of these cannot be put back: the journal keeps digests of values only"},
		{hidden, []string{"j", "D"}, "none of these can be put back: the journal keeps digests of values only"},
		{hidden, []string{"j", "l", "j", "d"}, "it cannot be put back: the journal keeps digests of values only"},
		{hidden, []string{"d"}, ""},
		{store, []string{"D"}, "it cannot be put back: the journal is off"},
		{store, []string{"j", "D"}, "none of these can be put back: the journal is off"},
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

// So does a plan that overwrites; what moves within the store can be moved back.
func TestATransferSaysWhatCannotBePutBack(t *testing.T) {
	d, _ := recordedExplore(t, t.TempDir(), "dir/a", "far/dir/a")
	d.m.store = kv.Recorded(d.m.store, &journal.Recorder{Journal: d.m.journal(), Hide: func(string) bool { return true }})
	const says = "cannot be put back: the journal keeps digests of values only"
	d.press("c")
	d.goes("far/")
	d.sees("Copy plan", "1 exists")
	d.seesNot("put back")
	d.press("o")
	d.sees("1 key overwritten", "1 key "+says)
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
