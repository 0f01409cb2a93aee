package tui

import (
	"slices"
	"strings"
	"testing"
)

// searchFor searches the values in the folder under the cursor or, with everywhere,
// in everything that is opened.
func (d *driver) searchFor(text string, everywhere bool) {
	d.t.Helper()
	d.press("S")
	if row, ok := d.m.tree.row(); everywhere && ok && row.IsFolder {
		d.press("tab")
	}
	d.typing(text)
	d.press("enter")
}

// found returns the keys of the hits without the prefix.
func (d *driver) found() []string {
	var keys []string
	for _, h := range searchOf(d.m).hits {
		keys = append(keys, strings.TrimPrefix(h.key, d.m.opts.Prefix))
	}
	return keys
}

// rested waits until the search has ended and no part of it is under way.
func (d *driver) rested() {
	d.t.Helper()
	d.await("the end of the search", func() bool { return searchOf(d.m).state != searchRunning && !searchOf(d.m).flying })
}

func TestSearchFindsValuesAndGoesToTheirKeys(t *testing.T) {
	d, store := explore(t, "a", "b/c", "b/d", "b-e/f", "g")
	put(t, store, t.Name()+"/b/d", "first line\n\tthe Needle is here\nthe last\n")
	put(t, store, t.Name()+"/g", "needle\nneedle again\n")
	d.searchFor("needle", true)
	d.sees("searched all 5 values")
	if want := []string{"b/d", "g"}; !slices.Equal(d.found(), want) {
		t.Errorf("found %q, want %q", d.found(), want)
	}
	d.sees("2  the Needle is here")
	d.sees("+1 line")
	d.press("j", "enter")
	if row, _ := d.m.tree.row(); row.Name != "g" || d.m.focus != d.m.tree {
		t.Errorf("the cursor is on %q", row.Name)
	}
	d.sees("needle again") // its value is shown
	d.press("n")           // around the end
	if row, _ := d.m.tree.row(); row.Name != "d" {
		t.Errorf("after n the cursor is on %q", row.Name)
	}
	d.sees("first line")
	d.press("5")
	d.sees("searched all 5 values")

	d.press("1", "/")
	d.typing("b-e")
	d.press("enter")
	d.await("the find", func() bool { return d.m.finder.done })
	d.press("g", "n") // after a find, n and N go through its matches
	if row, _ := d.m.tree.row(); row.Name != "f" {
		t.Errorf("after a find the cursor is on %q", row.Name)
	}
}

func TestAFilterDoesNotHideAHit(t *testing.T) {
	d, _ := explore(t, "apple", "pear")
	d.searchFor("value of pear", true)
	d.sees("searched all 2 values")
	d.press("1", "/")
	d.typing("apple")
	d.press("enter")
	d.await("the find", func() bool { return d.m.finder.done })
	d.press("5", "enter")
	if row, _ := d.m.tree.row(); row.Name != "pear" || d.m.focus != d.m.tree {
		t.Errorf("the cursor is on %q", row.Name)
	}
}

func TestSearchOfAFolderStaysInIt(t *testing.T) {
	d, _ := explore(t, "a", "b/c", "b/d", "b-e/f")
	d.press("S", "esc", "j")
	d.searchFor("value", false)
	d.rested()
	if want := []string{"b/c", "b/d"}; !slices.Equal(d.found(), want) {
		t.Errorf("found %q, want %q", d.found(), want)
	}
	d.sees("searched all 2 values")
	d.press("enter", "S") // on b/c, which is not a folder but in one
	d.sees("Search all values")
	d.press("tab")
	d.sees("Search the values in b/ ")
	d.press("esc")
	d.searchFor("=^value of .-", true)
	d.rested()
	if want := []string{"b-e/f"}; !slices.Equal(d.found(), want) {
		t.Errorf("found %q, want %q", d.found(), want)
	}
	d.press("1", "S")
	d.typing("=(")
	d.press("enter")
	d.sees("missing closing )")
	d.press("esc", "S", "enter")
	d.sees("nothing to look for")
}

// A search of a folder that also has a value includes it.
func TestSearchOfAFolderWithAValue(t *testing.T) {
	d, _ := explore(t, "a", "a/b", "a/b/c", "ab")
	d.searchFor("value", false)
	d.rested()
	if want := []string{"a", "a/b", "a/b/c"}; !slices.Equal(d.found(), want) {
		t.Errorf("found %q, want %q", d.found(), want)
	}
	d.sees("searched all 3 values")
}

func TestSearchClaimsNoMoreThanItKnows(t *testing.T) {
	d, store := explore(t, "a", "b", "c")
	d.searchFor("nowhere", true)
	d.sees("no hit in the 3 values that could be searched")
	d.searchFor("value", true)
	d.rested()
	if err := store.Delete(t.Name() + "/a"); err != nil {
		t.Fatal(err)
	}
	d.await("the deletion", func() bool { return d.m.tree.tree.Keys() == 2 })
	d.m.tree.tree.Expire(d.m.now())
	d.press("g", "enter")
	d.sees("is not in the tree now")
}
