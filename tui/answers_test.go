package tui

import (
	"testing"

	"kvist/internal/journal"
	"kvist/kv"
)

// unanswered records a write of a key that the server never answered, and that was
// carried out or not.
func unanswered(t *testing.T, d *driver, store kv.Store, key string, carriedOut bool) {
	t.Helper()
	key = t.Name() + "/" + key
	pair, err := store.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	j, lost := d.m.journal(), []journal.Record{{
		Op: string(kv.OpPut), Key: key,
		Before: &kv.Node{Key: key, Value: pair.Value, Index: pair.LastIndex}, After: &kv.Node{Key: key, Value: []byte("mine")},
	}}
	if err := j.Begin(lost); err != nil {
		t.Fatal(err)
	}
	if carriedOut {
		put(t, store, key, "mine")
	}
	if err := j.End(lost, []journal.End{{Error: kv.ErrOutcomeUnknown.Error()}}); err != nil {
		t.Fatal(err)
	}
}

// A write that the server never answered is what u takes back, if the store shows that it
// was carried out.
func TestUndoAsksAboutAWriteWithoutAnAnswer(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a")
	unanswered(t, d, store, "a", true)
	d.press("U")
	d.sees("? change "+t.Name()+"/a", "unknown")
	d.press("esc", "u")
	d.sees("the server never answered, but it was carried out", "change "+t.Name()+"/a", "1 key will be put back")
	d.press("y")
	d.becomes(store, t.Name()+"/a", "value of a")
}

// A write that the server never answered and that was not carried out is said, and the
// older one is offered; the journal pane knows it from then on.
func TestUndoPassesAWriteThatWasLost(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a", "b")
	recordedPut(t, d, "b", "mine")
	unanswered(t, d, store, "a", false)
	d.press("u")
	d.sees("the server never answered, and it was not carried out", "change "+t.Name()+"/b", "y undo")
	d.press("esc", "U")
	d.sees("x change " + t.Name() + "/a")
}

// When contact is back, it is said what became of writes that were not answered.
func TestContactThatIsBackAnswers(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a")
	unanswered(t, d, store, "a", true)
	d.run(lateAnswers{}.feedEnded(d.m, takenBatch{Batch: kv.Batch{State: kv.Live}, turned: true, ready: true}))
	d.sees("the server never answered, but it was carried out")
}
