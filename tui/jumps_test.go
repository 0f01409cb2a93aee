package tui

import "testing"

// [ goes back to where the cursor was before each jump, ] forward again; moving by
// rows is no jump, and keys that are gone are left out.
func TestBackAndForward(t *testing.T) {
	d, store := explore(t, "a", "b", "c/deep/one", "c/deep/two", "zz")
	jump := func(key string) {
		d.press(":")
		d.typing("goto " + key)
		d.press("enter")
		d.sees("value of " + key)
	}
	d.press("[")
	d.sees("no place further back")
	jump("c/deep/two")
	d.press("k")
	d.sees("value of c/deep/one")
	jump("b")
	d.press("/")
	d.typing("zz")
	d.press("enter", "esc")
	jump("zz")
	d.press("[")
	d.sees("value of b")
	d.press("[")
	d.sees("value of c/deep/one")
	if err := store.Delete(t.Name() + "/a"); err != nil {
		t.Fatal(err)
	}
	d.await("the key to go", func() bool { return d.m.tree.tree.Keys() == 4 })
	d.ahead.Add(int64(2 * litFor))
	d.m.expire()
	d.press("[")
	d.sees("no place further back")
	d.press("]")
	d.sees("value of b")
	d.press("]")
	d.sees("value of zz")
	d.press("]")
	d.sees("no place further on")
	d.press("ctrl+o")
	d.sees("value of b")
	d.press("ctrl+i")
	d.sees("value of zz")
}

// Only so many places are remembered.
func TestJumpsAreBounded(t *testing.T) {
	var j jumps
	for i := range 10 * jumpsMax {
		j.from(itoa(i), "there")
	}
	if n := len(j.back); n != jumpsMax || j.back[n-1] != itoa(10*jumpsMax-1) {
		t.Errorf("%d places, the last is %q", n, j.back[n-1])
	}
}
