package tui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/tui/tree"
)

// listener records what an observer hears.
type listener struct{ heard []string }

func (l *listener) hear(format string, args ...any) {
	l.heard = append(l.heard, fmt.Sprintf(format, args...))
}

func (l *listener) feedBegan(m *Model, b kv.Batch, _ time.Time) {
	l.hear("batch of %d, %d keys", len(b.Events), m.tree.tree.Keys())
}

func (l *listener) feedChanged(m *Model, c treeChange) {
	l.hear("%s %d %v, %d keys", c.Key, c.was.Index, c.swept, m.tree.tree.Keys())
}

func (l *listener) feedEnded(m *Model, b takenBatch) tea.Cmd {
	l.hear("taken: turned %v, ready %v, %d keys", b.turned, b.ready, m.tree.tree.Keys())
	return nil
}

func (l *listener) feedRests(*Model) { l.hear("rest") }

// An observer hears of a batch before its events, of each change of the tree after
// it, of the batch again, and of the end.
func TestObserversHearOfTheFeed(t *testing.T) {
	m := NewModel(t.Context(), nil, Options{Address: "etcd://x"})
	give(m, feedOpened{gen: m.feed.gen, feed: deadFeed{}})
	l := &listener{}
	m.observers.add(l)
	give(m, pulled(m, kv.Batch{Begin: true, Synced: true, State: kv.Live, Events: puts("a", "b")}))
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: append(puts("a"), kv.Event{Kind: kv.DeleteEvent, Key: "b"}, kv.Event{Kind: kv.DeleteEvent, Key: "nobody"})}))
	give(m, pulled(m, kv.Batch{Begin: true, Synced: true, State: kv.Live, Events: puts("c")}))
	want := []string{
		"batch of 2, 0 keys", "a 0 false, 1 keys", "b 0 false, 2 keys", "taken: turned true, ready false, 2 keys", "rest",
		"batch of 3, 2 keys", "b 1 false, 1 keys", "taken: turned false, ready true, 1 keys", "rest",
		"batch of 1, 1 keys", "c 0 false, 2 keys", "a 1 true, 1 keys", "taken: turned false, ready true, 1 keys", "rest",
	}
	if !slices.Equal(l.heard, want) {
		t.Errorf("it heard\n%q, not\n%q", l.heard, want)
	}
}

// A pane with the methods of an observer is one, without being registered.
func TestPanesObserve(t *testing.T) {
	m := NewModel(t.Context(), nil, Options{})
	if !slices.Contains(m.observers.changes, changeObserver(m.value)) || !slices.Contains(m.observers.rests, restObserver(m.tree)) {
		t.Error("the value and the tree hear nothing")
	}
	n := len(m.observers.changes)
	m.observers.add(tree.New("")) // it has none of the methods
	if len(m.observers.changes) != n {
		t.Error("what has no method of an observer hears of the feed")
	}
}
