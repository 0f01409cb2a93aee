package tui

import (
	"testing"

	"kvist/kv"
)

// cutOff is a store that carries out what it is sent, and from which no answer comes
// while it is cut off.
type cutOff struct {
	kv.Store
	cut bool
}

func (s *cutOff) AtomicPut(key string, value []byte, previous *kv.KVPair, opts *kv.WriteOptions) (bool, *kv.KVPair, error) {
	done, pair, err := s.Store.AtomicPut(key, value, previous, opts)
	if s.cut {
		return false, nil, &kv.Error{Op: kv.OpPut, Key: key, Kind: kv.ErrOutcomeUnknown}
	}
	return done, pair, err
}

func (s *cutOff) Get(key string) (*kv.KVPair, error) {
	if s.cut {
		return nil, &kv.Error{Op: kv.OpGet, Key: key, Kind: kv.ErrNotReachable}
	}
	return s.Store.Get(key)
}

// unansweredSave returns an editor whose save was carried out and never answered; what
// the feed brings is seen once the store answers again.
func unansweredSave(t *testing.T) (d *driver, store kv.Store, lost *cutOff, key string) {
	t.Helper()
	d, store = explore(t)
	key = t.Name() + "/list"
	put(t, store, key, "one\n")
	d.sees("list")
	d.press("e")
	d.sees("Edit ")
	lost = &cutOff{Store: d.m.store, cut: true}
	d.m.store = lost
	d.typing("my ")
	return d, store, lost, key
}

// A save that was carried out and never answered is no change by somebody else: the
// editor ends as after any save.
func TestUnansweredSaveIsNobodyElses(t *testing.T) {
	d, store, lost, key := unansweredSave(t)
	answered := d.m.save(d.m.editor.edit, d.m.editor.text())()
	d.send(answered)
	d.sees("may or may not have happened", "Edit ")
	lost.cut = false
	d.sees("saved " + key)
	if got := value(t, store, key); got != "my one\n" || d.m.editor != nil || len(d.m.drafts) != 0 {
		t.Errorf("the store holds %q, the editor is %v, drafts are %v", got, d.m.editor, d.m.drafts)
	}
}

// Text typed since a save that was never answered is saved over it, without a
// conflict.
func TestSaveAfterAnUnansweredOne(t *testing.T) {
	d, store, lost, key := unansweredSave(t)
	e := d.m.editor.edit
	e.sent = []byte("my one\n")
	put(t, store, key, "my one\n")
	lost.cut = false
	d.typing("own ")
	d.press("ctrl+s")
	d.sees("saved " + key)
	if got := value(t, store, key); got != "my own one\n" {
		t.Errorf("the store holds %q", got)
	}
}

// Somebody else's change after a save that was never answered is a conflict as ever.
func TestTheirsAfterAnUnansweredSave(t *testing.T) {
	d, store, lost, key := unansweredSave(t)
	d.m.editor.edit.sent = []byte("my one\n")
	put(t, store, key, "theirs\n")
	lost.cut = false
	d.sees("changed by someone else")
	d.press("ctrl+s")
	d.sees("while you were")
	if got := value(t, store, key); got != "theirs\n" {
		t.Errorf("the store holds %q", got)
	}
}
