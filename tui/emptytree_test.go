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
