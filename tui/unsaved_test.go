package tui

import (
	"errors"
	"strings"
	"testing"

	"kvist/internal/explain"
	"kvist/kv"
)

// Whoever quits while a save fails reads what became of the text, not only why.
func TestUnsavedTextIsSaidToBeKept(t *testing.T) {
	for kind, want := range map[error]string{
		kv.ErrNotReachable:   "app/web was not saved; what you typed is kept as a draft. Writing app/web failed",
		kv.ErrOutcomeUnknown: "it is not known whether app/web was saved; what you typed is kept as a draft. Writing app/web failed",
	} {
		err := &unsavedError{&edit{key: "app/web"}, &kv.Error{Op: kv.OpPut, Key: "app/web", Kind: kind}}
		if got := explain.Error(err); !strings.HasPrefix(got, want) || !errors.Is(err, kind) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A save that was asked for in the program's last moment is carried out at its end.
func TestALastSaveIsCarriedOut(t *testing.T) {
	d, store := explore(t, "a")
	key := t.Name() + "/a"
	d.sees("value of a")
	d.press("e")
	d.sees("Edit ")
	d.typing("my ")
	if d.m.save(d.m.editor.edit, d.m.editor.text()) == nil { // Bubble Tea drops the command when it ends
		t.Fatal("nothing is to be saved")
	}
	if err := d.m.awaitSaves(); err != nil {
		t.Error(err)
	}
	if got := value(t, store, key); got != "my value of a" {
		t.Errorf("the store holds %q", got)
	}
}
