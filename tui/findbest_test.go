package tui

import (
	"fmt"
	"testing"

	"kvist/kv"
)

// The cursor goes to the match that fzf would rank first.
func TestAFuzzyFilterGoesToTheBestMatch(t *testing.T) {
	for _, others := range []int{0, bestAtOnce} { // ranked at once, and outside the update loop
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
		d.press("esc", "n") // n goes to the next match, not to the best one
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
