package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/format"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree/match"
)

// listed returns an explorer in which each pane lists one key that is not the one
// under the tree's cursor.
func listed(t *testing.T) (*Model, string) {
	t.Helper()
	m := still(t, "", 110, 30)
	key := "app/config/limits.json"
	if e, ok := m.tree.tree.Lookup(key); !ok || m.tree.cursor == key {
		t.Fatalf("the tree has %v, the cursor is on %q", e, m.tree.cursor)
	}
	locksOf(m).locks = []kv.LockInfo{{Key: "app/lock", Holders: []kv.Contender{{ID: "s1", Key: key, Index: 100}}}}
	locksOf(m).lines, locksOf(m).at = linesOf(0, &locksOf(m).locks[0]), 1
	searchOf(m).hits = []hit{{key: key}}
	searchOf(m).query, _ = match.Parse("rate")
	searchOf(m).state = searchDone
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Kind: kv.PutEvent, Key: key, Index: 101, Size: 4}}}))
	return m, key
}

// In every pane, a row that stands for a key takes the keys of a key.
func TestEveryPaneTakesTheKeysOfAKey(t *testing.T) {
	for _, pane := range []string{"L", "w", "5"} {
		t.Run(pane, func(t *testing.T) {
			m, key := listed(t)
			strike(m, pane)
			if row, ok := m.subject(); !ok || row.Key != key || !row.IsKey || row.Index == 0 {
				t.Fatalf("it is about %+v", row)
			}
			strike(m, "e")
			if r, ok := m.top().(*reading); !ok || r.key != key {
				t.Errorf("e opens %T", m.top())
			}
			strike(m, "esc")
			strike(m, "d")
			if d, ok := m.top().(*planDialog); !ok || d.plan.Keys[0].Key != key {
				t.Errorf("d opens %T", m.top())
			}
			strike(m, "esc", "c", "2", "enter")
			if d, ok := m.top().(*transferDialog); !ok || d.from.Prefix != key || d.to.key != key+"2" {
				t.Errorf("c opens %T", m.top())
			}
			m.close(m.top().(dialog))
			strike(m, "enter")
			if m.tree.cursor != key || m.focus != m.tree {
				t.Errorf("enter leads to %q in pane %d", m.tree.cursor, m.focus)
			}
		})
	}
}

func TestEveryPaneOffersTheKeysOfAKey(t *testing.T) {
	scopes := []keymap.Scope{keymap.ScopeDiff}
	for _, p := range still(t, "", 80, 24).panes {
		scopes = append(scopes, p.scope())
	}
	for _, s := range scopes {
		for _, key := range []string{"e", "E", "a", "d", "D", "y", "Y"} {
			if a, _ := keymap.Default().Lookup(keymap.Stack(s), key); !strings.HasPrefix(string(a), "value.") && !strings.HasPrefix(string(a), "key.") && !strings.HasPrefix(string(a), "copy.") && !strings.HasPrefix(string(a), "delete.") {
				t.Errorf("%s in %s is %q", key, s, a)
			}
		}
	}
}

// The last value of a deleted key can be edited while it is shown.
func TestADeletedValueCanBeEdited(t *testing.T) {
	m := still(t, "", 110, 30)
	for range 20 {
		if row, _ := m.tree.row(); row.IsKey && !row.Ghost {
			break
		}
		strike(m, "j")
	}
	row, _ := m.tree.row()
	give(m, valueRead{shown{key: row.Key, pair: &kv.KVPair{Key: row.Key, Value: []byte("it was this"), LastIndex: 7}, kind: format.Text, lines: format.Highlight(format.Text, []byte("it was this"))}})
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Kind: kv.DeleteEvent, Key: row.Key, Index: 400}}}))
	strike(m, "e")
	if m.editor == nil || m.editor.edit.base != nil || !strings.Contains(ansi.Strip(m.View().Content), "it was this") {
		t.Errorf("e on what was deleted shows:\n%s", ansi.Strip(m.View().Content))
	}
}

// h leads from every list back to the tree, as from a value, and l or enter to the
// key.
func TestEveryListIsLeftAsAValueIs(t *testing.T) {
	for _, pane := range []string{"2", "L", "w", "5"} {
		for _, back := range []string{"h", "left"} {
			m, _ := listed(t)
			strike(m, pane, back)
			if m.focus != m.tree || len(m.dialogs) > 0 {
				t.Errorf("%s %s leads to pane %d", pane, back, m.focus)
			}
		}
	}
	for _, pane := range []string{"L", "5"} {
		m, key := listed(t)
		strike(m, pane, "l")
		if m.tree.cursor != key || m.focus != m.tree {
			t.Errorf("%s l leads to %q in pane %d", pane, m.tree.cursor, m.focus)
		}
	}
}
