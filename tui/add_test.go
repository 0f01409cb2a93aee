package tui

import "testing"

// Enter on the folder that is offered for a new key names no key: nothing is written.
func TestAnOfferedFolderIsNoName(t *testing.T) {
	d, _ := explore(t, "dir/a")
	d.sees("dir")
	d.press("a")
	d.sees("Add a key", t.Name()+"/dir/")
	d.press("enter")
	d.sees("A key needs a name.")
	if d.m.editor != nil {
		t.Error("a key without a name is edited")
	}
	d.typing("b")
	d.press("enter")
	d.sees("Edit " + t.Name() + "/dir/b")
}
