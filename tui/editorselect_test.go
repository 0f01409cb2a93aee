package tui

import "testing"

// A selection is cut, copied, pasted and replaced.
func TestSelectInTheEditor(t *testing.T) {
	d, store := explore(t)
	key := t.Name() + "/list"
	put(t, store, key, "one\ntwo\nthree\n")
	d.sees("list")
	d.sees("three")
	d.press("e")
	d.press("shift+down")
	d.press("ctrl+x")
	d.sees("1 line")
	d.press("ctrl+end")
	d.press("ctrl+v")
	d.press("alt+<")
	d.press("ctrl+space")
	d.press("end")
	d.typing("TWO")
	d.press("ctrl+s")
	d.sees("saved")
	if got, want := value(t, store, key), "TWO\nthree\none\n"; got != want {
		t.Errorf("the store holds %q, want %q", got, want)
	}
}

// esc gives up the selection before it leaves.
func TestEscGivesUpTheSelection(t *testing.T) {
	d, store := explore(t)
	put(t, store, t.Name()+"/a", "value of a")
	d.sees("value of a")
	d.press("e")
	d.press("ctrl+shift+a")
	d.press("esc")
	if d.m.editor == nil {
		t.Fatal("the editor is closed")
	}
	d.typing("x")
	d.sees("value of ax")
	d.press("esc")
	d.press("esc")
	d.sees("draft")
}

// ctrl+f selects matches as it is typed, and others follow; a line is gone to by
// its number.
func TestFindInTheEditor(t *testing.T) {
	d, store := explore(t)
	key := t.Name() + "/list"
	put(t, store, key, "web one\nweb two\nweb three\n")
	d.sees("list")
	d.sees("web three")
	d.press("e")
	d.press("ctrl+f")
	d.sees("Find in the text")
	d.typing("web")
	d.press("down")
	d.press("enter")
	d.press("alt+n")
	d.sees("line 3/3")
	d.typing("app")
	d.press("ctrl+g")
	d.typing("9")
	d.press("enter")
	d.sees("There are the lines 1 to 3")
	d.press("backspace")
	d.typing("2")
	d.press("enter")
	d.sees("line 2/3")
	d.press("ctrl+s")
	d.sees("saved")
	if got := value(t, store, key); got != "web one\nweb two\napp three\n" {
		t.Errorf("the store holds %q", got)
	}
}

// While one types, the place of a mistake is said.
func TestMistakesAreSaidWhileTyping(t *testing.T) {
	d, store := explore(t)
	put(t, store, t.Name()+"/a.json", "{\n  \"a\": 1\n}\n")
	d.sees("a.json")
	d.sees("JSON")
	d.press("e")
	d.press("down")
	d.press("end")
	d.typing(",")
	d.sees("not valid JSON: line 3, column 1")
	d.press("backspace")
	d.seesNot("not valid")
}
