package tui

import (
	"fmt"
	"strings"
	"testing"

	"kvist/kv"
	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

// What has the letters is much; the cursor goes to what fzf would put first.
func TestAFuzzyFilterGoesToTheBestMatch(t *testing.T) {
	for _, others := range []int{0, bestAtOnce} { // compared at once, and beside the update loop
		s := newScripted()
		d := drive(t, s, Options{Address: "etcd://x"}, 120, 30)
		keys := []string{"config/mail/smtp.properties", "config/web/limits.json"}
		for i := range others {
			keys = append(keys, fmt.Sprintf("all/my/things/%04d", i))
		}
		s.batches <- kv.Batch{State: kv.Live, Begin: true, Synced: true, Events: puts(keys...)}
		d.await("the listing", func() bool { return d.m.feed.ready })
		d.press("/")
		d.typing("~lmts")
		d.sees(grouped(2+others)+" matches", "value of config/web/limits.json")
		d.press("esc", "n") // n steps, also where it begins with a search
		want := "config/mail/smtp.properties"
		if others > 0 {
			want = "all/my/things/0000"
		}
		d.sees("value of " + want)
	}
}

func TestABestMatchThatComesLateMovesNothing(t *testing.T) {
	m := still(t, "", 100, 30)
	strike(m, "/", "~", "f", "enter")
	first := m.tree.cursor
	m.finder.landed = first
	strike(m, "n")
	moved := m.tree.cursor
	give(m, bestFound{m.finder.gen, first})
	if m.tree.cursor != moved || moved == first {
		t.Errorf("the cursor went from %q to %q", moved, m.tree.cursor)
	}
}

func TestTheBestMatchIsFzfs(t *testing.T) {
	for _, c := range []struct{ text, best, worse string }{
		{"web", "services/web/x", "so/we/be"},                   // in one piece
		{"lim", "a/limits", "a/oblimit"},                        // at the beginning of a word
		{"wl", "config/web/limits", "config/owned/mail"},        // beginnings of parts
		{"api", "config/v1/api", "api/config/v1"},               // as good, and in the name
		{"api", "x/api", "x/y/z/api"},                           // as good, and shorter
		{"é", "x/é", "x/yé"},                                    // accents that are meant
		{"lim", "a/limits", strings.Repeat("l/i/", 9000) + "m"}, // too long for the better algorithm
	} {
		for _, keys := range [][]string{{c.best, c.worse}, {c.worse, c.best}} {
			tr := tree.New("")
			for i, key := range keys {
				tr.Put(tree.Entry{Key: key, Index: uint64(i + 1)}, noon)
			}
			tr.Filter(match.Fuzzy(c.text))
			tr.Search(1000)
			if got, ok := fuzzyTextOf(c.text).best(t.Context(), tr); !ok || got != c.best {
				t.Errorf("the best match of %q is %.40q, not %q", c.text, got, c.best)
			}
		}
	}
}

// BenchmarkBest is the best of as many matches as it is looked for among.
func BenchmarkBest(b *testing.B) {
	tr := tree.New("")
	for i := range bestMost {
		tr.Put(tree.Entry{Key: fmt.Sprintf("zone-%d/region-%02d/service-%03d/object-%06d", i%3, i%17, i%499, i), Index: 1}, noon)
	}
	tr.Filter(match.Fuzzy("rgobj"))
	for done := false; !done; {
		done = tr.Search(10_000)
	}
	for b.Loop() {
		if _, ok := fuzzyTextOf("rgobj").best(b.Context(), tr); !ok {
			b.Fatal("given up")
		}
	}
}
