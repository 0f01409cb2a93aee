package tree

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// grown returns a tree with these keys, whose first listing has ended.
func grown(prefix string, keys ...string) *Tree {
	t := New(prefix)
	t.BeginListing()
	for _, key := range keys {
		t.Put(Entry{Key: key, Index: 1}, time.Time{})
	}
	t.EndListing(time.Time{})
	return t
}

// picture returns the rows in short: indent, name, kind.
func picture(t *Tree) []string {
	var lines []string
	for _, r := range t.Rows(0, t.Len()) {
		line := strings.Repeat(".", r.Depth) + r.Name
		if r.IsFolder {
			line += fmt.Sprintf(" %d", r.Count)
		}
		if r.Open {
			line += " open"
		}
		if r.Ghost {
			line += " ghost"
		}
		lines = append(lines, line)
	}
	return lines
}

func expect(t *testing.T, tree *Tree, want ...string) {
	t.Helper()
	if got := picture(tree); !slices.Equal(got, want) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestKeysAreCutAtEachSlash(t *testing.T) {
	for _, c := range []struct {
		prefix string
		keys   []string
		open   []string
		joined []string
	}{
		{"", []string{"/registry/pods/a", "/registry/x"}, []string{" 2 open", ".registry 2 open", "..pods 1 open", "...a", "..x"}, []string{"/registry 2 open", ".pods 1 open", "..a", ".x"}},
		{"", []string{"a/", "a"}, []string{"a 1 open", "."}, []string{"a 1 open", "."}},
		{"", []string{"a//b"}, []string{"a 1 open", ". 1 open", "..b"}, []string{"a/ 1 open", ".b"}},
		{"", []string{"/"}, []string{" 1 open", "."}, []string{" 1 open", "."}},
		{"", []string{"a-b", "a/x", "a"}, []string{"a 1 open", ".x", "a-b"}, []string{"a 1 open", ".x", "a-b"}},
		{"p", []string{"p", "p/", "p/x", "pq", "q"}, []string{"", "x"}, []string{"", "x"}},
		{"", []string{""}, nil, nil},
	} {
		tree := grown(c.prefix, c.keys...)
		tree.OpenTree()
		expect(t, tree, c.open...)
		tree.JoinChains(true)
		expect(t, tree, c.joined...)
		for _, r := range tree.Rows(0, tree.Len()) {
			if _, ok := tree.Lookup(r.Key); ok != r.IsKey || r.IsKey && !slices.Contains(c.keys, r.Key) {
				t.Errorf("the row of %q does not lead to its key", r.Key)
			}
		}
	}
}

func TestVeryDeepKeysStayWhole(t *testing.T) {
	deep := strings.Repeat("/", 1_000_000)
	deeper := strings.Repeat("a/", 100_000) + "z"
	tree := grown("", deep, deeper)
	tree.OpenTree()
	rows := tree.Rows(0, tree.Len())
	if want := 2 * (maxDepth + 1); len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
	if got := slices.Collect(tree.All()); len(got) != 2 || got[0].Key != deep || got[1].Key != deeper {
		t.Error("the keys do not come back as they were")
	}
	tree.Delete(deep, time.Time{})
	tree.Delete(deeper, time.Time{})
	if tree.Len() != 0 {
		t.Errorf("%d rows are left", tree.Len())
	}
}

func TestForeignKeysAreIgnored(t *testing.T) {
	tree := grown("p", "p/a")
	tree.OpenTree()
	for _, key := range []string{"", "p", "pa", "q/a", "p/a/b", "p/b"} {
		if what, _ := tree.Delete(key, time.Time{}); what != None || tree.Open(key) || tree.OpenAll(key) {
			t.Errorf("%q did something", key)
		}
		if _, ok := tree.Reveal(key); ok {
			t.Errorf("%q was revealed", key)
		}
		if _, ok := tree.Lookup(key); ok {
			t.Errorf("%q was found", key)
		}
		if row, ok := tree.Nearest(key); row != 0 || !ok {
			t.Errorf("the row nearest to %q is %d, %v", key, row, ok)
		}
	}
	if _, ok := tree.Parent(7); ok {
		t.Error("row 7 has a parent")
	}
	if tree.Rows(-1, 5) != nil || tree.Rows(1, 5) != nil || tree.Rows(0, 0) != nil {
		t.Error("there are rows outside the tree")
	}
}

func TestLights(t *testing.T) {
	tree := grown("", "a/b/x", "a/b/y", "z")
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	lights := func(when string, want map[string]Light) {
		t.Helper()
		for _, r := range tree.Rows(0, tree.Len()) {
			if r.Lit != want[r.Key] {
				t.Errorf("%s: %q is lit as %v, want %v", when, r.Key, r.Lit, want[r.Key])
			}
		}
	}
	lights("after the listing", nil)
	tree.Put(Entry{Key: "a/b/x", Index: 2}, at(10))
	tree.Put(Entry{Key: "z", Index: 1}, at(11)) // no change
	tree.Put(Entry{Key: "n", Index: 3}, at(12))
	lights("closed", map[string]Light{"a": {Inside, at(10)}, "n": {Added, at(12)}})
	tree.Open("a")
	lights("half open", map[string]Light{"a/b": {Inside, at(10)}, "n": {Added, at(12)}})
	tree.Open("a/b")
	lights("open", map[string]Light{"a/b/x": {Changed, at(10)}, "n": {Added, at(12)}})
	tree.Delete("a/b/x", at(13))
	expect(t, tree, "a 1 open", ".b 1 open", "..x ghost", "..y", "n", "z")
	if !tree.Expire(at(13)) || tree.Lit() != 1 {
		t.Errorf("%d events are lit, want the last one", tree.Lit())
	}
	lights("later", map[string]Light{"a/b/x": {Removed, at(13)}})
	if !tree.Expire(at(14)) || tree.Expire(at(15)) || tree.Lit() != 0 {
		t.Error("the last light went out wrongly")
	}
	expect(t, tree, "a 1 open", ".b 1 open", "..y", "n", "z")
}

func TestTheFirstListingIsNotLit(t *testing.T) {
	tree := New("")
	tree.BeginListing()
	tree.Put(Entry{Key: "a"}, time.Unix(1, 0))
	tree.Put(Entry{Key: "b"}, time.Unix(1, 0))
	if what, _ := tree.Delete("b", time.Unix(1, 0)); what != Removed {
		t.Error("b was not removed")
	}
	tree.EndListing(time.Unix(2, 0))
	expect(t, tree, "a")
	if tree.Lit() != 0 {
		t.Error("the first listing is lit")
	}
	tree.BeginListing()
	tree.Put(Entry{Key: "c"}, time.Unix(3, 0))
	if n := len(tree.EndListing(time.Unix(3, 0)).Keys); n != 1 {
		t.Errorf("the second listing removed %d keys, want 1", n)
	}
	expect(t, tree, "a ghost", "c")
	if len(tree.EndListing(time.Unix(4, 0)).Keys) != 0 {
		t.Error("a listing that never began removed something")
	}
}

func TestAStormPutsTheOldestOutEarly(t *testing.T) {
	keys := make([]string, litMax+5)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%06d", i)
	}
	tree := grown("", keys...)
	for _, key := range keys {
		tree.Delete(key, time.Unix(1, 0))
	}
	if tree.Len() != litMax || tree.Lit() != litMax || len(tree.lights.of) != litMax {
		t.Errorf("%d ghosts, %d events and %d lights, want %d", tree.Len(), tree.Lit(), len(tree.lights.of), litMax)
	}
	tree.Expire(time.Unix(2, 0))
	if tree.Len() != 0 || len(tree.lights.of) != 0 {
		t.Errorf("%d ghosts and %d lights are left", tree.Len(), len(tree.lights.of))
	}
}

func TestAGreatSweepIsLitInPart(t *testing.T) {
	tree := New("")
	for _, last := range []int{litMax + 500, 100} {
		tree.BeginListing()
		for i := range last {
			tree.Put(Entry{Key: fmt.Sprintf("k%06d", i)}, time.Time{})
		}
		gone := len(tree.EndListing(time.Unix(1, 0)).Keys)
		if last == 100 && gone != litMax+400 {
			t.Errorf("%d keys were swept", gone)
		}
	}
	if tree.Keys() != 100 || tree.Len() != 100+litMax || tree.Lit() != litMax {
		t.Errorf("%d keys, %d rows and %d lights are left", tree.Keys(), tree.Len(), tree.Lit())
	}
}

func TestWhatComesBelowAnOpenTreeIsOpen(t *testing.T) {
	tree := New("")
	tree.OpenTree()
	tree.Put(Entry{Key: "a/b/c"}, time.Time{})
	expect(t, tree, "a 1 open", ".b 1 open", "..c")
	tree.CloseAll("a")
	tree.Put(Entry{Key: "a/d/e"}, time.Time{})
	expect(t, tree, "a 2")
	tree.Open("a")
	expect(t, tree, "a 2 open", ".b 1", ".d 1")
	tree.CloseTree()
	expect(t, tree, "a 2")
}

func TestABrokenChainStaysOpen(t *testing.T) {
	tree := grown("", "a/b/c/x")
	tree.JoinChains(true)
	expect(t, tree, "a/b/c 1")
	tree.Toggle("a")
	expect(t, tree, "a/b/c 1 open", ".x")
	tree.Put(Entry{Key: "a/k"}, time.Time{})
	expect(t, tree, "a 2 open", ".b/c 1 open", "..x", ".k")
}

func TestGuides(t *testing.T) {
	tree := grown("", "a/b/x", "a/b/y", "a/c", "d/e")
	tree.OpenTree()
	var got []string
	for _, r := range tree.Rows(0, tree.Len()) {
		line := ""
		for d := range r.Depth {
			line += string("_|"[r.Rails>>d&1])
		}
		if r.Last() {
			line += "\\"
		} else {
			line += "+"
		}
		got = append(got, line+r.Name)
	}
	if want := []string{"+a", "|+b", "||+x", "||\\y", "|\\c", "\\d", "_\\e"}; !slices.Equal(got, want) {
		t.Errorf("guides %q, want %q", got, want)
	}
}

// A put, a delete and the end of a listing return what was there before.
func TestWhatWasThereIsReturned(t *testing.T) {
	tree := grown("", "a", "b", "c")
	tree.Put(Entry{Key: "a", Index: 2, Size: 20}, time.Time{})
	if what, was := tree.Put(Entry{Key: "a", Index: 3, Size: 30}, time.Time{}); what != Changed || was != (Entry{Key: "a", Index: 2, Size: 20}) {
		t.Errorf("a was %+v (%d)", was, what)
	}
	if what, was := tree.Put(Entry{Key: "new", Index: 4}, time.Time{}); what != Added || was != (Entry{}) {
		t.Errorf("the new key was %+v (%d)", was, what)
	}
	if what, was := tree.Delete("a", time.Time{}); what != Removed || was != (Entry{Key: "a", Index: 3, Size: 30}) {
		t.Errorf("a was %+v (%d)", was, what)
	}
	if what, was := tree.Delete("a", time.Time{}); what != None || was != (Entry{}) {
		t.Errorf("a deleted key was %+v (%d)", was, what)
	}
	tree.BeginListing()
	tree.Put(Entry{Key: "b", Index: 1}, time.Time{})
	gone := tree.EndListing(time.Time{})
	if want := []Entry{{Key: "c", Index: 1}, {Key: "new", Index: 4}}; !slices.Equal(gone.Keys, want) || gone.Folders != 0 {
		t.Errorf("%+v were swept", gone)
	}
}

// swept ends the listing and returns how many keys and folders that took away.
func swept(t *Tree, now time.Time) int {
	gone := t.EndListing(now)
	return len(gone.Keys) + gone.Folders
}
