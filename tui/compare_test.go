package tui

import (
	"context"
	"strings"
	"testing"

	"kvist/internal/transfer"
	"kvist/kv"
)

// compareWith begins a comparison of the key under the cursor.
func (d *driver) compareWith(text string) *comparePane {
	d.t.Helper()
	d.press("C")
	d.sees("Compare ")
	d.goes(text)
	return comparisonOf(d.m)
}

// comparisonOf returns the pane of comparisons.
func comparisonOf(m *Model) *comparePane {
	for _, p := range m.panes {
		if c, ok := p.pane.(*comparePane); ok {
			return c
		}
	}
	return nil
}

// onDifference goes to a path of the comparison.
func (d *driver) onDifference(path string) {
	d.t.Helper()
	p := comparisonOf(d.m)
	d.await(path+" in the comparison", func() bool { return p.live != nil && p.rows.goTo(path) })
	d.m.frame.stale = true
}

// C compares a folder with another one of the tree: the keys that only one has and
// those that differ are shown with their signs and counts, the same ones only when a
// key asks for them, and what changes on either side is compared again.
func TestTwoFoldersAreComparedLive(t *testing.T) {
	d, store := explore(t, "one/both/same", "one/both/other", "one/mine", "two/both/other", "two/theirs")
	put(t, store, t.Name()+"/two/both/same", "value of one/both/same")
	d.await("the key", func() bool { _, ok := d.m.tree.tree.Lookup(t.Name() + "/two/both/same"); return ok })
	d.compareWith("two")
	d.sees("Compare "+t.Name()+"/one with "+t.Name()+"/two", "- 1 only here · + 1 only there · ~ 1 different · of 3 keys here, 3 there", "-1 +1 ~1")
	d.onDifference("one/both/other")
	d.sees("~  │   other", "- value of one/both/other", "+ value of two/both/other")
	if strings.Contains(d.screen(), "│   same") {
		t.Error("a key that is the same is shown unasked")
	}
	d.press("s")
	d.sees("│   same", "s differences")
	d.onDifference("one/both/same")
	d.sees("the same")
	put(t, store, t.Name()+"/two/both/same", "now different")
	d.sees("~ 2 different", "+ now different")
	put(t, store, t.Name()+"/one/both/same", "now different")
	d.sees("~ 1 different")
	put(t, store, t.Name()+"/one/theirs", "value of two/theirs")
	d.sees("- 1 only here · ~ 1 different · of 4 keys here, 3 there")
	d.press("s", "esc")
	d.seesNot("Compare ")
	d.press("8")
	d.sees("- 1 only here · ~ 1 different")
}

// Objects with their entries in another order are the same, which is said; where
// something else differs, only that is shown.
func TestACompareKnowsStructure(t *testing.T) {
	d, store := explore(t, "a/x", "b/x")
	put(t, store, t.Name()+"/a/order.json", "{\n\"a\": 1,\n\"b\": [1, 2]\n}\n")
	put(t, store, t.Name()+"/b/order.json", "{\n\"b\": [1, 2],\n\"a\": 1\n}\n")
	put(t, store, t.Name()+"/a/more.yaml", "a: 1\nb: 2\nc: 3\nd: 4\n")
	put(t, store, t.Name()+"/b/more.yaml", "d: 4\nc: 3\nb: 2\na: 5\n")
	d.await("the keys", func() bool { _, ok := d.m.tree.tree.Lookup(t.Name() + "/b/more.yaml"); return ok })
	d.compareWith("b")
	d.sees("~ 2 different · = 1 in another order or layout")
	d.onDifference("a/order.json")
	d.sees("the same, in another order or layout")
	d.onDifference("a/more.yaml")
	d.sees("-   a: 1", "+   a: 5", "entry by entry")
	if screen := d.screen(); strings.Contains(screen, "+   c: 3") || strings.Contains(screen, "+   d: 4") {
		t.Error("entries that only moved are shown as differences")
	}
}

// > and < bring a key or a folder to the other side by a plan that is guarded and can
// be undone; what is not there is deleted there, after a plan of its own.
func TestDifferencesAreBroughtOver(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "one/a", "one/sub/b", "one/sub/c", "two/sub/b", "two/d")
	d.compareWith("two")
	d.sees("- 2 only here · + 1 only there · ~ 1 different")
	d.onDifference("one/sub")
	d.press(">")
	d.sees("Copy plan", "bring what differs in one/sub of "+t.Name()+"/one", "to "+t.Name()+"/two", "1 key created, 1 key overwritten")
	d.press("y")
	d.sees("copied 2 keys to "+t.Name()+"/two", "- 1 only here · + 1 only there · of")
	d.onDifference("one/d")
	d.press("<")
	d.sees("Copy plan", "bring one/d of "+t.Name()+"/two", "1 key created")
	d.press("y")
	d.sees("- 1 only here · of 4 keys here, 3 there")
	d.onDifference("one/a")
	d.press("<")
	d.sees("Delete plan", "delete "+t.Name()+"/one/a, this key alone", "the other side has nothing of it")
	d.press("y")
	d.sees("deleted 1 key", "the same · of 3 keys here, 3 there", "no difference")
	same := map[string]string{
		"one/d": "value of two/d", "one/sub/b": "value of one/sub/b", "one/sub/c": "value of one/sub/c",
		"two/d": "value of two/d", "two/sub/b": "value of one/sub/b", "two/sub/c": "value of one/sub/c",
	}
	holds(t, store, same)
	for _, said := range []string{"1 key will be put back", "1 key will be deleted"} {
		d.press("u")
		d.sees(said, "y undo")
		d.press("y")
		d.await("it to be undone", func() bool { return len(d.m.dialogs) == 0 })
	}
	delete(same, "one/d")
	same["one/a"] = "value of one/a"
	holds(t, store, same)
}

// Of a folder in which both sides have more, a copy says what stays and how that goes.
func TestAMixedFolderSaysWhatStays(t *testing.T) {
	d, _ := recordedExplore(t, t.TempDir(), "one/a", "one/sub/b", "one/sub/c", "two/sub/b", "two/sub/d", "two/sub/e")
	d.compareWith("two")
	d.onDifference("one/sub")
	d.press("<")
	d.sees("Copy plan", "1 key only here stays; press < again after this to delete what is only here")
	d.press("esc", ">")
	d.sees("Copy plan", "2 keys only there stay; press > again after this to delete what is only there")
	d.press("y")
	d.sees("copied 2 keys to " + t.Name() + "/two")
	d.await("the comparison", func() bool { return strings.Contains(d.screen(), "+ 2 only there · of") })
	d.press(">")
	d.sees("Delete plan", "2 keys")
}

// A folder in which only one side has more is brought by deleting that alone: what is
// the same stays.
func TestOnlyWhatOneSideHasIsDeleted(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "one/sub/more", "one/z", "two/z")
	for _, key := range []string{"one/sub/same", "two/sub/same"} {
		put(t, store, t.Name()+"/"+key, "the same")
	}
	d.compareWith("two")
	d.sees("- 1 only here · ~ 1 different · of 3 keys here, 2 there")
	d.onDifference("one/sub")
	d.press("<")
	d.sees("Delete plan", "delete what only one side has in "+t.Name()+"/one/sub/", "1 key, ")
	d.press("y")
	d.sees("deleted 1 key", "~ 1 different · of 2 keys here, 2 there")
	holds(t, store, map[string]string{
		"one/sub/same": "the same", "two/sub/same": "the same", "one/z": "value of one/z", "two/z": "value of two/z",
	})
}

// Marks are brought together, and nothing else is.
func TestMarksAreBroughtOver(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "one/a", "one/b", "one/sub/c", "one/sub/d", "two/x", "two/y/z")
	d.compareWith("two")
	d.sees("- 4 only here · + 2 only there")
	d.onDifference("one/a")
	d.press("space")
	d.onDifference("one/sub")
	d.press("space")
	d.sees("esc unmark")
	d.press(">")
	d.sees("Copy plan", "bring 3 marked keys of "+t.Name()+"/one", "3 keys created")
	d.press("y")
	d.sees("copied 3 keys to "+t.Name()+"/two", "- 1 only here · + 2 only there", "esc tree") // what is the same has no mark
	d.onDifference("one/x")
	d.press("space")
	d.onDifference("one/y")
	d.press("space", ">")
	d.sees("Delete plan", "delete 2 marked keys", "2 keys, ")
	d.press("y")
	d.sees("deleted 2 keys", "- 1 only here · of 4 keys here, 3 there")
	holds(t, store, map[string]string{
		"one/a": "value of one/a", "one/b": "value of one/b", "one/sub/c": "value of one/sub/c", "one/sub/d": "value of one/sub/d",
		"two/a": "value of one/a", "two/sub/c": "value of one/sub/c", "two/sub/d": "value of one/sub/d",
	})
}

// A key that somebody changes after the plan was made is not overwritten.
func TestABroughtKeyIsGuarded(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "one/a", "two/a")
	d.compareWith("two")
	d.sees("~ 1 different")
	d.onDifference("one/a")
	d.press(">")
	d.sees("1 key overwritten")
	put(t, store, t.Name()+"/two/a", "theirs")
	d.press("y")
	d.sees("not written: 1 key", "two/a: changed since")
	holds(t, store, map[string]string{"one/a": "value of one/a", "two/a": "theirs"})
}

// Another store is compared as it is now; a read-only one is not written to, and a
// protected one asks for its name.
func TestAnotherStoreIsCompared(t *testing.T) {
	d, store := explore(t, "one/a", "one/b", "two/a")
	site := transfer.Site{Place: transfer.Place{Store: another(t)}, ReadOnly: true}
	closed := d.elsewhere(site)
	d.compareWith("other:" + t.Name() + "/two")
	d.sees("with other:"+t.Name()+"/two", "- 1 only here · ~ 1 different · of 2 keys here, 1 there")
	put(t, store, t.Name()+"/two/c", "new")
	d.sees("- 1 only here · + 1 only there · ~ 1 different")
	d.onDifference("one/b")
	d.press(">")
	d.sees("read-only profile: nothing is written to other:")
	site.ReadOnly, site.Protected = false, true
	d.elsewhere(site)
	d.press("1")
	d.compareWith("other:" + t.Name() + "/two")
	d.await("the first one to be closed", closed.Load)
	d.sees("+ 1 only there")
	d.onDifference("one/b")
	d.press(">")
	d.sees("to other:"+t.Name()+"/two", "1 key created")
	d.press("y")
	d.sees("type the profile's name")
	d.typing("other")
	d.press("enter")
	d.sees("copied 1 key to other:"+t.Name()+"/two", "undo it there", "of 2 keys here, 3 there")
	d.onDifference("one/c")
	d.press(">")
	d.sees("Delete plan", "of other:"+t.Name()+"/two")
	d.press("y")
	d.sees("type the profile's name")
	d.typing("other")
	d.press("enter")
	d.sees("~ 1 different · of 2 keys here, 2 there")
}

// A folder is compared with itself as it was at a revision, to which nothing is
// brought.
func TestTheSameAtARevision(t *testing.T) {
	d, store := explore(t, "dir/a", "dir/b", "dir/c")
	pair, err := store.Get(t.Name() + "/dir/c")
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, t.Name()+"/dir/a", "changed")
	put(t, store, t.Name()+"/dir/d", "new")
	if err := store.Delete(t.Name() + "/dir/b"); err != nil {
		t.Fatal(err)
	}
	d.await("the change", func() bool { _, ok := d.m.tree.tree.Lookup(t.Name() + "/dir/d"); return ok })
	revision := itoa(int(pair.LastIndex))
	d.compareWith("rev:" + revision)
	d.sees("at revision "+revision, "- 1 only here · + 1 only there · ~ 1 different", "there: revision "+revision+", which does not change")
	d.onDifference("dir/b")
	d.press(">")
	d.sees("nothing is written to it")
	d.press("<")
	d.sees("Copy plan", "1 key created")
	d.press("y")
	d.sees("- 1 only here · ~ 1 different")
	if got := value(t, store, t.Name()+"/dir/b"); got != "value of dir/b" {
		t.Errorf("the value is %q", got)
	}
}

// Keys that match the ignore rule are neither compared nor brought over, and the rule
// is remembered for the next comparison.
func TestIgnoredKeysAreLeftOut(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "one/a", "one/secret/x", "two/b", "two/secret/y")
	d.compareWith("two")
	d.sees("- 2 only here · + 2 only there")
	d.press("i")
	d.typing("(")
	d.press("enter")
	d.sees("missing closing )")
	d.goes("^secret/")
	d.sees("- 1 only here · + 1 only there · of", "without ^secret/")
	d.press("g", ">")
	d.sees("1 key created")
	d.press("y")
	d.sees("+ 1 only there · of")
	if ok, err := store.Exists(t.Name() + "/two/secret/x"); ok || err != nil {
		t.Errorf("an ignored key was brought: %v", err)
	}
	d.press("1")
	d.compareWith("two")
	d.sees("+ 1 only there · of", "without ^secret/")
}

// n and N go from one difference to the next, and / shows only those that match.
func TestDifferencesAreWalkedAndFiltered(t *testing.T) {
	d, _ := explore(t, "one/a", "one/b/x", "one/b/y", "one/c", "two/z")
	p := d.compareWith("two")
	d.sees("- 4 only here")
	for _, want := range []string{"one/a", "one/b/x", "one/b/y", "one/c", "one/z", "one/a"} {
		if d.press("n"); p.path() != want {
			t.Fatalf("n leads to %s, not %s", p.path(), want)
		}
	}
	d.press("N")
	if p.path() != "one/z" {
		t.Fatalf("N leads to %s", p.path())
	}
	d.press("/")
	d.typing("b/")
	d.press("enter")
	d.sees("filter b/")
	d.seesNot("-    c")
	d.press("n")
	if p.path() != "one/b/x" {
		t.Errorf("n leads to %s", p.path())
	}
	d.press("esc")
	d.sees("c")
	d.press("esc")
	if d.m.focus != d.m.tree {
		t.Error("esc does not lead back to the tree")
	}
}

// What does not answer is said, and does not look like a comparison.
func TestAComparisonThatCannotBegin(t *testing.T) {
	d, _ := explore(t, "a/b")
	d.elsewhere(transfer.Site{})
	d.compareWith("consul://127.0.0.1:1/x")
	d.sees("the comparison ended", "no route to consul://127.0.0.1:1/x", "nothing is compared")
	d.press("1")
	d.press("C")
	d.goes("a")
	d.sees("That is what is compared: type another name.")
	d.press("esc")
	d.press("C")
	d.goes("file:/nowhere")
	d.sees("with", "file:/nowhere", "no such file or directory", "enter")
	d.goes("othr:x/y")
	d.sees("No profile and no kind of store is called othr; did you mean other?")
	d.goes("nosuch://x/y")
	d.sees("is called nosuch; known are other,")
	d.goes("consul://127.0.0.1:1/x")
	d.sees("the comparison ended")
}

// With marks, C compares them alone, within the folder that has all of them.
func TestMarksAreCompared(t *testing.T) {
	d, _ := explore(t, "one/a", "one/b", "one/dir/c", "one/dir/d", "two/a", "two/dir/d", "two/z")
	for _, name := range []string{"/one/a", "/one/dir"} {
		if !d.m.tree.goTo(t.Name() + name) {
			t.Fatal("there is no " + name)
		}
		d.press("space")
	}
	d.press("C")
	d.sees("in "+t.Name()+"/one", " with")
	d.goes("two")
	d.sees("- 1 only here · ~ 2 different")
	d.press("=")
	d.sees("~    a", "c", "d")
	if screen := d.screen(); strings.Contains(screen, "+    z") || strings.Contains(screen, "-    b") {
		t.Error("keys that are not marked are compared")
	}
}

// gatedValues is a store whose values wait at a gate.
type gatedValues struct {
	kv.Store
	gate chan struct{}
}

func (s gatedValues) ReadValues(ctx context.Context, keys []string, see func(*kv.KVPair)) (int, error) {
	select {
	case <-s.gate:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	r, _ := kv.As[kv.ValueReader](s.Store)
	return r.ReadValues(ctx, keys, see)
}

func (s gatedValues) Follow(prefix string, options kv.FollowOptions) (kv.Feed, error) {
	return kv.Follow(s.Store, prefix, options)
}

// esc stops a comparison whose values take long, which is said, and + goes on.
func TestAComparisonIsStoppedAndGoesOn(t *testing.T) {
	d, store := explore(t, "one/a", "one/b", "two/a")
	put(t, store, t.Name()+"/two/b", "value of one/b")
	gate := make(chan struct{})
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: gatedValues{another(t), gate}}})
	p := d.compareWith("other:" + t.Name() + "/two")
	d.sees("compared 0 keys of 2; esc stops")
	d.await("a portion under way", func() bool { return p.working })
	d.press("esc")
	d.sees("stopped at 0 keys of 2; + goes on")
	d.await("the portion to end", func() bool { return !p.working })
	if d.m.focus != pane(p) {
		t.Fatal("the first esc leaves the pane")
	}
	close(gate)
	d.press("+")
	d.sees("~ 1 different · of 2 keys here, 2 there")
}

// In the past, a comparison goes on with each step to another revision.
func TestAComparisonFollowsASteppedPast(t *testing.T) {
	d, store := explore(t, "dir/a", "dir/b")
	put(t, store, t.Name()+"/dir/a", "second")
	put(t, store, t.Name()+"/dir/a", "third")
	pair, err := store.Get(t.Name() + "/dir/a")
	if err != nil {
		t.Fatal(err)
	}
	d.press("T")
	d.goes(itoa(int(pair.LastIndex)))
	d.await("the past", func() bool { return d.m.past != nil && d.m.past.feed.ready })
	d.press("C")
	d.sees("Compare ")
	d.press("enter")
	d.sees("the same · of 2 keys here, 2 there")
	d.press("1", "<")
	d.await("the step", func() bool { return d.m.past.asOf.revision == pair.LastIndex-1 && len(d.m.past.dialogs) == 0 })
	d.press("8")
	d.sees("~ 1 different · of 2 keys here, 2 there", "REVISION "+itoa(int(pair.LastIndex)-1))
	d.press("g", "n")
	d.sees("- second", "+ third")
}

// Where there is no key, a comparison says so before and after, and no dots stand for a
// value that is not there.
func TestComparingWithNothing(t *testing.T) {
	d, _ := explore(t, "one/a")
	d.m.opts.Masked = func(string) bool { return true }
	d.press("C")
	d.sees("Compare ")
	d.press("ctrl+u")
	d.typing("two")
	d.sees("there is no key in " + t.Name() + "/two")
	d.press("enter")
	d.sees("- 1 only here", "there is no key in "+t.Name()+"/two")
	d.onDifference("one/a")
	d.sees("•••••••• 14 B → nothing, masked: V shows it")
}

// Everything below the opened prefix is compared without the key that the prefix is: the tree does
// not have it, so that the other side would be the only one that does.
func TestEverythingIsComparedWithoutTheKeyAbove(t *testing.T) {
	d, store := explore(t, "a")
	put(t, store, t.Name(), "the key above")
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: another(t)}})
	d.press("C", "up")
	d.sees("Compare everything in " + t.Name() + "/ with")
	d.goes("other:" + t.Name())
	d.sees("the same · of 1 key here, 1 there")
}
