package tui

import (
	"os"
	"path/filepath"
	"testing"
)

// clipboardFile returns a file that gets what is copied, and installs the program
// for it.
func clipboardFile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\nread -r text\nprintf %s \"$text\" > \"${0%/*}/took\"\n"
	if err := os.WriteFile(filepath.Join(dir, "xclip"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	for _, name := range []string{"TMUX", "WAYLAND_DISPLAY"} {
		t.Setenv(name, "")
	}
	t.Setenv("DISPLAY", ":0")
	return filepath.Join(dir, "took")
}

// Every pane copies the value of the key under its cursor, not the one that happens
// to be shown.
func TestTheValueOfTheRowIsCopied(t *testing.T) {
	d, store := explore(t, "a", "b", "c")
	d.sees("value of a")
	took := clipboardFile(t)
	copies := func(key, value string) {
		t.Helper()
		d.press("y")
		d.sees("copied the value of " + t.Name() + "/" + key)
		if got, err := os.ReadFile(took); err != nil || string(got) != value {
			t.Errorf("copied is %q, not %q: %v", got, value, err)
		}
	}
	copies("a", "value of a")
	put(t, store, t.Name()+"/c", "new c")
	d.press("w")
	d.sees("1 change")
	copies("c", "new c")
	d.press("esc", "S")
	d.typing("value of b")
	d.press("enter")
	d.sees("1 hit")
	d.await("the hit", func() bool { return searchOf(d.m).key() != "" })
	copies("b", "value of b")
	d.press("esc", "esc", "G") // at once, before the value of c is shown
	copies("c", "new c")
}
