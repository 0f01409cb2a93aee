package tui

import (
	"os"
	"strings"
	"testing"
)

// takes marks the folder a and takes two keys out of it.
func (d *driver) takes() {
	d.t.Helper()
	d.m.tree.goTo(d.t.Name() + "/a")
	d.press("space")
	for _, name := range []string{"a/2", "a/deep/x"} {
		d.m.tree.goTo(d.t.Name() + "/" + name)
		d.press("space")
		d.sees(name + " is taken out")
	}
	d.sees("2 keys marked", "·▾ a/", "✓│   1")
}

// A key taken out of a marked folder is taken by no deed: not copied, compared or
// exported, and not moved. The rest keeps its names within the folder.
func TestDeedsLeaveWhatIsTakenOut(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a/1", "a/2", "a/deep/x", "a/deep/y", "b")
	d.press("=")
	d.takes()
	at := t.Name() + "/"
	of, _ := d.m.targets()
	if got, err := of.names(); err != nil || got != at+"a/1\n"+at+"a/deep/y\n" {
		t.Errorf("names %q, %v", got, err)
	}
	if got, err := of.values(t.Context(), d.m.store, nil); err != nil || got != "value of a/1\nvalue of a/deep/y\n" {
		t.Errorf("values %q, %v", got, err)
	}
	d.press("X")
	d.sees("Export 2 marked keys")
	file := t.TempDir() + "/out.jsonl"
	d.press("ctrl+u")
	d.typing(file)
	d.press("enter")
	d.sees("exported 2 keys")
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), `a/2"`) || !strings.Contains(string(text), `deep/y"`) {
		t.Errorf("%v: %s", err, text)
	}

	d.press("c")
	d.goes("to")
	d.sees("Copy plan", "2 keys created")
	d.press("y")
	d.sees("copied 2 keys to " + at + "to/")
	d.takes()
	d.press("C")
	d.sees("Compare 2 marked keys in " + at + "a/ with")
	d.goes("to/a")
	d.sees("no difference")
	d.press("1")
	d.press("m")
	d.goes("moved")
	d.sees("Move plan", "2 keys created", "then 2 keys deleted at the source")
	d.press("y")
	d.sees("moved 2 keys to " + at + "moved/")
	holds(t, store, map[string]string{
		"a/2": "value of a/2", "a/deep/x": "value of a/deep/x", "b": "value of b",
		"to/a/1": "value of a/1", "to/a/deep/y": "value of a/deep/y", "moved/a/1": "value of a/1", "moved/a/deep/y": "value of a/deep/y",
	})
}

// A plan to delete a folder leaves what was taken out of it, and says nothing else.
func TestAPlanLeavesWhatIsTakenOut(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a/1", "a/2", "a/deep/x", "a/deep/y", "b")
	d.press("=")
	d.takes()
	d.m.tree.goTo(t.Name() + "/a/deep")
	d.press("space")
	d.sees("a/deep/ is taken out", "1 key marked")
	d.m.tree.goTo(t.Name() + "/a/1")
	d.press("space")
	d.sees("0 keys marked")
	for _, deed := range []string{"D", "c", "C", "X", "y", "Y"} {
		d.press(deed)
		d.sees("nothing is left of what is marked")
		d.press("k", "j")
	}
	d.m.tree.goTo(t.Name() + "/a/1")
	d.press("space")
	d.sees("1 key marked")
	d.m.tree.goTo(t.Name() + "/a/deep/y")
	d.press("space")
	d.sees("a/deep/ was taken out of what is marked: put that back first")
	d.m.tree.goTo(t.Name() + "/a/deep")
	d.press("space")
	d.sees("a/deep/ is marked with the rest", "3 keys marked")
	d.press("D")
	d.sees("Delete plan", "delete 3 marked keys", "3 keys, ")
	d.press("y")
	d.sees("deleted 3 keys")
	d.seesNot("marked")
	holds(t, store, map[string]string{"a/2": "value of a/2", "b": "value of b"})
}
