package tui

import (
	"testing"

	"kvist/internal/journal"
	"kvist/kv"
)

// confirms says how many keys of a plan one key confirms.
func (d *driver) confirms(most int) { d.m.opts.ConfirmCount = &most }

// An undo of very many keys is confirmed by their number, and by nothing else; doing it
// again is, too.
func TestAnUndoOfManyKeysIsCounted(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b", "dir/c")
	d.press("D")
	d.sees("3 keys, 42 B")
	d.press("y")
	d.sees("deleted 3 keys")
	d.confirms(2)
	there := func(want bool) {
		t.Helper()
		if is, err := store.Exists(t.Name() + "/dir/b"); is != want || err != nil {
			t.Errorf("the key is there: %v, %v", is, err)
		}
	}
	d.press("u")
	d.sees("3 keys will be put back", "type 3, then enter, to undo: _  esc cancel")
	d.press("y", "enter")
	d.sees("nothing was undone: the number of keys is 3")
	d.press("y")
	d.sees("this is a large plan: type the number of keys, 3, then enter")
	d.press("2", "enter", "y")
	there(false)
	d.press("backspace", "3")
	d.sees("to undo: 3_")
	d.press("enter")
	d.sees("undone, put back 3 keys")
	there(true)
	d.press("U")
	d.sees("undo delete")
	d.press("u")
	d.sees("3 keys will be deleted", "type 3, then enter, to redo: _")
	d.press("y")
	there(true)
	d.press("3", "enter")
	d.sees("done again, deleted 3 keys")
	there(false)
	d.confirms(3)
	d.press("esc", "u")
	d.sees("3 keys will be put back", "y undo")
	d.press("y")
	d.sees("undone, put back 3 keys")
}

// A plan of very many keys that was cut off is carried on with once the number of keys that
// are left was typed, and what was carried out of it is rolled back by its number.
func TestAPlanOfManyKeysThatWasCutOffIsCounted(t *testing.T) {
	for _, way := range []struct{ key, asks, done string }{
		{"c", "type 2, then enter, to carry on: _", "carried on with delete dir: 2 keys"},
		{"u", "type 1, then enter, to undo: _", "undone, put back 1 key"},
	} {
		t.Run(way.key, func(t *testing.T) {
			root := t.TempDir()
			d, store := recordedExplore(t, root, "dir/a", "dir/b", "dir/c")
			killed := journal.New(root, d.m.journal().Store(), journal.Options{})
			recording, err := (&journal.Recorder{Journal: killed}).BeginPlan("delete dir", "", 3)
			if err != nil {
				t.Fatal(err)
			}
			dir := d.m.opts.Prefix + "dir/"
			var writes []kv.Write
			if _, err := kv.ReadNodes(t.Context(), store, []string{dir + "a", dir + "b", dir + "c"}, func(n *kv.Node) {
				writes = append(writes, kv.Write{Key: n.Key, Before: n})
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := recording.Begin(kv.OpDeletePlanned, writes); err != nil {
				t.Fatal(err)
			}
			if err := store.Delete(dir + "a"); err != nil { // it came as far as that
				t.Fatal(err)
			}
			if err := killed.Close(); err != nil {
				t.Fatal(err)
			}
			d.confirms(0)
			d.run(d.m.findCutOff())
			d.sees("1 of 3 keys were written, 2 were not", "type 2, then enter, to carry on: _", "u roll back", "esc later")
			d.press(way.key)
			d.sees(way.asks)
			d.press("y", "c", "enter")
			if there, err := store.Exists(dir + "b"); !there || err != nil {
				t.Fatalf("the rest was written: %v", err)
			}
			d.press(way.asks[len("type "):len("type 2")], "enter")
			d.sees(way.done)
		})
	}
}
