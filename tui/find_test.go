package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree/match"
)

// While typing, the tree shows only matches and the folders around them. enter
// keeps the filter, n and N go through the matches, esc shows all keys again.
func TestFilterAsOneTypes(t *testing.T) {
	d, store := explore(t, "a", "deep/er/needle-1", "deep/other", "needle-2", "z/needle-3")
	d.press("/")
	d.typing("needle")
	d.sees("3 matches for needle", "needle-1", "needle-2", "needle-3")
	d.seesNot("other")
	d.press("enter")
	d.sees("value of deep/er/needle-1", "esc shows all keys again")
	d.press("n")
	d.sees("value of needle-2", "match 2 of 3")
	d.press("N", "N")
	d.sees("value of z/needle-3", "match 3 of 3")
	put(t, store, t.Name()+"/new-needle", "x")
	d.sees("4 matches", "+  new-needle") // new keys are compared too
	d.press("-")
	d.sees("all matches are shown")
	d.press("esc")
	d.sees(" a ", "▸ deep/", "value of z/needle-3")
	d.seesNot("matches for")
	d.press("n") // among all keys, which stay
	d.sees("value of deep/er/needle-1", "▾ deep/", " a ", "match for needle")
	d.seesNot("matches for")
	d.press("n")
	d.sees("value of needle-2")
	d.press("N")
	d.sees("value of deep/er/needle-1")
	d.press("N")
	d.sees("value of z/needle-3")
}

// The arrows go through the matches while the text is typed: in the tree, in a list
// and in a value.
func TestArrowsGoThroughMatchesWhileTyping(t *testing.T) {
	d, _ := explore(t, "a", "needle-1", "needle-2", "needle-3")
	d.press("/")
	d.typing("needle")
	d.sees("value of needle-1")
	d.press("down", "ctrl+n")
	d.sees("value of needle-3")
	d.press("up")
	d.sees("value of needle-2")
	for range len("needle") {
		d.press("backspace")
	}
	d.sees(match.Hint)
	d.seesNot("3 matches")
	d.send(windowSize(100, 24))
	d.sees(match.Hint)
	d.typing("needle")
	d.press("down", "enter")
	d.sees("value of needle-2", "3 matches for needle")
	d.press("esc")
	d.sees("value of needle-2")
	d.press("n")
	d.sees("value of needle-3")
}

// However narrow the tree is, its title shows the query.
func TestTheTitleKeepsWhatIsLookedFor(t *testing.T) {
	for w, want := range map[int]string{160: "/2  2 matches for timeouts", 80: "Keys  2 matches for timeouts", 79: "Keys  2 for timeouts"} {
		m := still(t, "", w, 24)
		give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Kind: kv.PutEvent, Key: "app/timeouts", Index: 500}, {Kind: kv.PutEvent, Key: "app/timeouts2", Index: 501}}}))
		strike(m, "/", "t", "i", "m", "e", "o", "u", "t", "s", "enter")
		if line := strings.Split(ansi.Strip(m.View().Content), "\n")[1]; !strings.Contains(line, want) {
			t.Errorf("%d wide: %q is not in %s", w, want, line)
		}
	}
}

// A filter without matches does not stay.
func TestFilterThatFindsNothing(t *testing.T) {
	d, _ := explore(t, "a", "b")
	d.press("/")
	d.typing("nosuch")
	d.sees("no match")
	d.press("enter")
	d.sees("no match", "value of a", " b")
}

// Keys typed right after a find without matches do not act on the key where the
// cursor was before.
func TestTypingBehindAFilterThatFindsNothing(t *testing.T) {
	for _, sought := range [][]string{{"n", "o", "s", "u", "c", "h"}, {"=", "["}} {
		m := still(t, "", 100, 24)
		showLimits(m)
		strike(m, append(append([]string{"/"}, sought...), "enter", "e", "x", "ctrl+s")...)
		if m.editor != nil || len(m.saving) != 0 || len(m.dialogs) != 0 {
			t.Errorf("%q: the keys acted on %s", sought, m.tree.cursor)
		}
		if !strings.Contains(m.View().Content, "keys typed right after it were ignored") {
			t.Errorf("%q: nothing says so:\n%s", sought, m.View().Content)
		}
		read(m)
		strike(m, "e")
		if top := m.top().scope(); top != keymap.ScopeEditor { // or what stands in for it
			t.Errorf("%q: later keys do not act either", sought)
		}
	}
}

// A find during a listing does not claim that a key does not exist.
func TestFilterWhileListing(t *testing.T) {
	s := newScripted()
	d := drive(t, s, Options{Address: "etcd://x"}, 120, 30)
	s.batches <- kv.Batch{State: kv.Listing, Begin: true, Events: puts("a", "b"), Listed: 2, Expected: 1000}
	d.sees("listing 2 of 1 000")
	d.press("/")
	d.typing("c")
	d.sees("no match, searched 2 of 1 000, listing")
	s.batches <- kv.Batch{State: kv.Listing, Events: puts("c1", "d"), Listed: 4, Expected: 1000}
	d.sees("1 match, searched 4 of 1 000, listing", "value of c1")
	d.press("enter", "esc")
	d.sees(" d")
	if strings.Contains(d.screen(), "paused") {
		t.Error("the esc that left the filter stopped the listing too")
	}
}

func TestFindGoesToTheMatch(t *testing.T) {
	d, _ := explore(t, "a", "deep/er/needle", "z/needle")
	d.press("/")
	d.typing("needle")
	d.sees("2 matches")
	d.press("enter")
	if row, _ := d.m.tree.row(); row.Name != "needle" {
		t.Errorf("the cursor is on %q", row.Key)
	}
	d.press("n")
	if row, _ := d.m.tree.row(); !strings.HasSuffix(row.Key, "/z/needle") {
		t.Errorf("n went to %q", row.Key)
	}
	d.press("n")
	if row, _ := d.m.tree.row(); !strings.HasSuffix(row.Key, "/deep/er/needle") {
		t.Errorf("n went on to %q", row.Key)
	}
}

func TestASearchThatIsLeftLeavesNoTrace(t *testing.T) {
	d, _ := explore(t, "a", "deep/er/needle", "z/thing")
	before := d.m.tree.tree.Len()
	d.press("/")
	d.typing("needle")
	d.sees("1 match")
	d.await("the match", func() bool { return strings.HasSuffix(d.m.tree.cursor, "needle") })
	d.press("backspace")
	d.typing("x")
	d.sees("no match")
	d.press("backspace")
	d.await("the match", func() bool { return strings.HasSuffix(d.m.tree.cursor, "needle") })
	d.press("esc")
	if n := d.m.tree.tree.Len(); n != before || !strings.HasSuffix(d.m.tree.cursor, "/a") {
		t.Errorf("%d rows are open, %d were; the cursor is on %s", n, before, d.m.tree.cursor)
	}
}
