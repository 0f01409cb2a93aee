package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// A listing is taken in by slices, with key presses between them, and is called
// live after the last slice.
func TestListingsAreTakenInBySlices(t *testing.T) {
	const keys = 400_000
	m := NewModel(t.Context(), nil, Options{Address: "etcd://127.0.0.1:2379"})
	give(m, tea.WindowSizeMsg{Width: 120, Height: 30})
	give(m, feedOpened{gen: m.feed.gen, feed: deadFeed{}})
	list := func(from int) kv.Batch {
		b := kv.Batch{Begin: true, Synced: true, State: kv.Live, Listed: keys - from}
		for i := from; i < keys; i++ {
			b.Events = append(b.Events, kv.Event{Key: fmt.Sprintf("key-%06d", i), Index: uint64(i + 1), Size: 1})
		}
		return b
	}
	m.Update(pulled(m, list(0)))
	if m.feed.intake == nil {
		t.Fatal("all of it was taken in at once")
	}
	m.Update(keyPress("j"))
	if m.tree.cursor != "key-000001" {
		t.Errorf("between two slices the cursor went to %q", m.tree.cursor)
	}
	if screen := m.View().Content; !strings.Contains(screen, "listing") {
		t.Errorf("before the last slice it says\n%s", screen)
	}
	give(m, m.feed.intake)
	if screen := m.View().Content; !strings.Contains(screen, "● live") || m.tree.tree.Keys() != keys {
		t.Errorf("at the end there are %d keys and\n%s", m.tree.tree.Keys(), screen)
	}
	give(m, pulled(m, list(keys/2)))
	if n := m.tree.tree.Keys(); n != keys/2 {
		t.Errorf("%d keys are left, not %d", n, keys/2)
	}
	m.Update(pulled(m, list(0)))
	stale := m.feed.intake
	m.openFeed()
	if m.Update(stale); m.feed.intake != nil {
		t.Error("what an older feed brought is taken in")
	}
}
