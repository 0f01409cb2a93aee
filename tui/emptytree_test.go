package tui

import (
	"testing"

	"kvist/kv"
)

// An empty tree without contact says whether it was ever known.
func TestAnEmptyTreeWithoutContactSaysSinceWhen(t *testing.T) {
	m := still(t, "", 80, 24)
	for ready, want := range map[bool]string{true: "no contact; there were no keys here when it was lost", false: "no contact yet"} {
		m.feed.state, m.feed.ready = kv.Reconnecting, ready
		if got := m.emptyTree(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// An empty tree that may not be read says so, and does not pretend to wait for contact.
func TestAnEmptyTreeThatMayNotBeReadSaysSo(t *testing.T) {
	m := still(t, "", 80, 24)
	for _, ready := range []bool{true, false} {
		m.feed.state, m.feed.ready = kv.Denied, ready
		if got := m.emptyTree(); got != "access denied" {
			t.Errorf("got %q", got)
		}
	}
}

// A blank at the end of a name is drawn in the tree, where it would look like the key without it.
func TestABlankAtTheEndOfANameIsDrawn(t *testing.T) {
	d, _ := explore(t, "name", "name ", "dir /key")
	d.sees(`name\x20`, `dir\x20/`)
}

// d on a folder that is no key deletes nothing, and names the key that does.
func TestDeletingAFolderAsAKeySaysHow(t *testing.T) {
	d, _ := explore(t, "dir/a")
	d.press("d")
	d.sees("is a folder, not a key: D deletes its contents")
	if len(d.m.dialogs) > 0 {
		t.Errorf("a dialog is open:\n%s", d.screen())
	}
}
