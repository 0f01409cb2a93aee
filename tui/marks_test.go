package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// space marks keys and folders and goes down, the status line counts keys, and a mark
// of a folder holds for what is in it.
func TestSpaceMarks(t *testing.T) {
	d, _ := explore(t, "a/1", "a/2", "a/3", "b", "c")
	d.press("space", "space")
	d.sees("✓▸ a/", "✓  b", "4 keys marked")
	if d.m.tree.cursor != t.Name()+"/c" {
		t.Errorf("the cursor is on %q", d.m.tree.cursor)
	}
	d.press("g", "l", "j", "space")
	d.sees("a/1 is taken out: the rest of "+t.Name()+"/a/ is marked", "3 keys marked")
	d.press("k", "space")
	d.sees("a/1 is marked with the rest of "+t.Name()+"/a/ again", "4 keys marked")
	d.press("k", "k", "space")
	d.sees("1 key marked", "esc unmark")
	d.press("j", "space", "g", "h")
	d.sees("·▸ a/", "2 keys marked")
	d.press("esc")
	d.seesNot("marked")
	d.seesNot("✓")
}

// A key that is deleted loses its mark, and a new key in a marked folder belongs to it.
func TestMarksFollowWhatHappens(t *testing.T) {
	d, store := explore(t, "a/1", "b", "c")
	d.press("space", "space")
	d.sees("2 keys marked")
	put(t, store, t.Name()+"/a/2", "new")
	d.sees("3 keys marked")
	if err := store.Delete(t.Name() + "/b"); err != nil {
		t.Fatal(err)
	}
	d.sees("2 keys marked")
}

// v begins a range that follows the cursor; esc gives it up, v and space mark it.
func TestARangeIsMarked(t *testing.T) {
	d, _ := explore(t, "a", "b/1", "b/2", "c", "d")
	d.press("j", "v", "j")
	d.sees("range of 3 keys", "✓▸ b/", "✓  c", "esc no range")
	d.press("k")
	d.sees("range of 2 keys")
	d.press("esc")
	d.seesNot("range of")
	d.press("G", "v", "k", "k", "v")
	d.sees("4 keys marked", "✓▸ b/", "✓  c", "✓  d")
	d.press("esc", "g", "j", "l", "v", "j", "space")
	d.sees("1 key marked", "✓│   1")
}

// Of an open folder a range takes only the rows that it has, unless that is all.
func TestARangeThroughAnOpenFolder(t *testing.T) {
	d, _ := explore(t, "b/1", "b/2", "c")
	d.press("l", "v", "j", "v")
	d.sees("1 key marked")
	d.press("esc", "g", "v", "j", "j", "v")
	d.sees("2 keys marked", "✓▾ b/")
}

// The filter goes before the marks, which outlive it: esc takes off one after the
// other.
func TestMarksOutliveTheFilter(t *testing.T) {
	d, _ := explore(t, "a/one", "a/two", "b/one", "c")
	d.press("/")
	d.typing("one")
	d.press("enter")
	d.sees("2 matches")
	d.m.perform(d.m.top(), "mark.matches")
	d.sees("2 keys marked", "✓    one")
	d.press("esc")
	d.sees("2 keys marked", "✓│   one", "·▸ b/", "esc unmark")
	d.press("D")
	d.sees("Delete plan", "2 keys, 28 B, will be deleted", "a/one", "b/one",
		"1 of them is not in sight", t.Name()+"/b/one")
	d.press("esc", "esc")
	d.seesNot("marked")
}

// A folder that is marked while a filter hides a part of it says so, at once and in
// the plan.
func TestAPlanTellsWhatTheFilterHides(t *testing.T) {
	d, _ := explore(t, "a/one", "a/two", "a/three", "c")
	d.press("/")
	d.typing("one")
	d.press("enter", "g", "space")
	d.sees("marked all of "+t.Name()+"/a/: the filter hides 2 of its 3 keys", "3 keys marked")
	d.press("d")
	d.sees("3 keys, 44 B, will be deleted", "2 of them are not in sight", t.Name()+"/a/")
}

// All that is marked is deleted by one plan, exactly, and comes back by one u.
func TestMarksAreDeletedAndComeBack(t *testing.T) {
	all := []string{"a/1", "a/2", "b/1", "b/2", "c", "d"}
	d, store := recordedExplore(t, t.TempDir(), all...)
	d.press("space", "j", "space", "g", "j", "l", "j", "space") // a/, c, b/1
	d.sees("4 keys marked")
	d.press("D")
	d.sees("Delete plan", "delete 4 marked keys", "4 keys, ", "will be deleted")
	put(t, store, t.Name()+"/c", "changed since")
	d.press("y")
	d.sees("deleted 3 of 4 keys", t.Name()+"/c: changed since")
	holds(t, store, map[string]string{"b/2": "value of b/2", "c": "changed since", "d": "value of d"})
	d.press("esc")
	d.sees("1 key marked")
	d.press("u")
	d.sees("delete 4 marked keys", "3 keys will be put back")
	d.press("y")
	d.sees("undone")
	want := map[string]string{}
	for _, name := range all {
		want[name] = "value of " + name
	}
	want["c"] = "changed since"
	holds(t, store, want)
}

// Marks are copied and moved into one folder, each by its last segment.
func TestMarksAreCopiedAndMoved(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a/1", "b/deep/2", "c")
	d.press("space", "j", "space") // a/, c
	d.press("c")
	d.sees("Copy 2 marked keys to folder", "each of them goes by the last part of its name")
	d.goes("to")
	d.sees("Copy plan", "copy 2 marked keys", "to "+t.Name()+"/to/", "2 keys created")
	d.press("y")
	d.sees("copied 2 keys to " + t.Name() + "/to/")
	d.seesNot("keys marked")
	want := map[string]string{
		"a/1": "value of a/1", "b/deep/2": "value of b/deep/2", "c": "value of c", "to/a/1": "value of a/1", "to/c": "value of c",
	}
	holds(t, store, want)
	d.press("u")
	d.sees("copy 2 marked keys to "+t.Name()+"/to/", "2 keys will be deleted")
	d.press("y")
	d.sees("undone")
	delete(want, "to/a/1")
	delete(want, "to/c")
	holds(t, store, want)

	for _, name := range []string{"b/deep", "c"} {
		d.m.tree.goTo(t.Name() + "/" + name)
		d.press("space")
	}
	d.press("m")
	d.goes("a/")
	d.sees("Move plan", "2 keys created", "then 2 keys deleted at the source")
	d.press("y")
	d.sees("moved 2 keys to " + t.Name() + "/a/")
	holds(t, store, map[string]string{"a/1": "value of a/1", "a/deep/2": "value of b/deep/2", "a/c": "value of c"})
}

// Marks that cannot go into one folder are refused with the reason.
func TestMarksThatCannotBeCopied(t *testing.T) {
	d, _ := explore(t, "a/x", "b/x", "c")
	d.press("l", "j", "space", "l", "j", "space", "c")
	d.goes("to")
	d.sees(t.Name()+"/a/x and "+t.Name()+"/b/x would have the same name", "take one of them at a time")
	d.press("esc", "esc", "esc")
	d.press("G", "space", "c")
	d.goes("")
	d.sees("that is the folder where it is now")
	d.press("esc")
	d.press("r")
	d.sees("a name is given to one at a time")
}

// The names and the values of what is marked go to the clipboard, a line each.
func TestMarksAreCopiedToTheClipboard(t *testing.T) {
	d, _ := explore(t, "a/1", "a/2", "b", "c")
	d.press("space", "space")
	of, _ := d.m.targets()
	if got, err := of.names(); err != nil || got != t.Name()+"/a/\n"+t.Name()+"/b\n" {
		t.Errorf("names %q, %v", got, err)
	}
	got, err := of.values(t.Context(), d.m.store, nil)
	if err != nil || got != "value of a/1\nvalue of a/2\nvalue of b\n" {
		t.Errorf("values %q, %v", got, err)
	}
	d.press("Y")
	d.sees("the names of 3 marked keys")
	d.press("y")
	d.sees("the values of 3 marked keys")
}

// More marks than one update makes are made while keys are handled, and a deed waits
// for them.
func TestManyMarksAreMadeBesideTheUser(t *testing.T) {
	var keys []string
	for i := range 3 * markSlice {
		keys = append(keys, fmt.Sprintf("f%04d", i))
	}
	d, _ := explore(t, keys...)
	d.press("g", "v", "G", "v")
	if !d.m.marking.busy() {
		t.Fatal("all of them were marked at once")
	}
	d.press("d")
	d.sees("keys are still being marked")
	d.sees("3 000 keys marked")
	d.press("D")
	d.sees("3 000 keys, ")
	d.press("esc")
	d.press("esc")
	d.seesNot("marked")
}

// Without colours and with ASCII alone a mark has a sign, too.
func TestMarksWithoutColours(t *testing.T) {
	d, _ := explore(t, "a/1", "a/2", "b")
	d.m.opts.ASCII, d.m.opts.NoColor = true, true
	d.m.useTheme(d.m.look.Name)
	d.press("l", "j", "space", "h", "h", "j", "space", "k")
	d.sees(".> a/", "*  b")
}

// ctrl and a click mark a row.
func TestAClickMarks(t *testing.T) {
	d, _ := explore(t, "a", "b", "c")
	at := d.m.areas().tree
	d.send(tea.MouseClickMsg{X: at.x + 3, Y: at.y + 1, Button: tea.MouseLeft, Mod: tea.ModCtrl})
	d.sees("1 key marked", "✓  b")
	if !strings.HasSuffix(d.m.tree.cursor, "/b") {
		t.Errorf("the cursor is on %q", d.m.tree.cursor)
	}
	d.send(tea.MouseClickMsg{X: at.x + 3, Y: at.y + 1, Button: tea.MouseLeft, Mod: tea.ModCtrl})
	d.seesNot("marked")
}

// Marks of the past are copied out of it; nothing is written there.
func TestMarksOfThePastAreCopiedOut(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a/1", "a/2", "b", "c")
	pair, err := store.Get(t.Name() + "/c")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/1", "b"} {
		if err := store.Delete(t.Name() + "/" + name); err != nil {
			t.Fatal(err)
		}
	}
	d.press("esc")
	d.arrives("revision "+fmt.Sprint(pair.LastIndex), fmt.Sprint(pair.LastIndex))
	d.press("g", "space", "space")
	d.sees("3 keys marked", "no writes", "✓▸ a/")
	d.press("D")
	d.sees("Nothing is written here")
	d.press("esc")
	d.press("c")
	d.goes("back")
	d.sees("Copy plan", "3 keys created")
	d.press("y")
	d.sees("copied 3 keys")
	holds(t, store, map[string]string{
		"a/2": "value of a/2", "c": "value of c", "back/a/1": "value of a/1", "back/a/2": "value of a/2", "back/b": "value of b",
	})
	d.press("esc")
	d.seesNot("AS OF")
	d.seesNot("marked")
}
