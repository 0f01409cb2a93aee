package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/kv"
)

func TestEditIsSaved(t *testing.T) {
	d, store := explore(t, "a")
	d.sees("value of a")
	d.press("e")
	d.typing("new ")
	d.press("ctrl+s")
	d.sees("saved")
	if got := value(t, store, t.Name()+"/a"); got != "new value of a" {
		t.Errorf("the store holds %q", got)
	}
	if d.m.editor != nil {
		t.Error("the editor is still open")
	}
}

// conflict edits a key that somebody else writes meanwhile, and saves.
func conflict(t *testing.T) (*driver, kv.Store, string) {
	t.Helper()
	d, store := explore(t, "a")
	key := t.Name() + "/a"
	d.sees("value of a")
	d.press("e")
	d.typing("mine ")
	put(t, store, key, "theirs")
	d.sees("changed by someone else")
	d.press("ctrl+s")
	d.sees("while you were")
	d.sees("+ mine value of a")
	d.sees("+ theirs")
	return d, store, key
}

func TestConflictOverwrites(t *testing.T) {
	d, store, key := conflict(t)
	d.press("o")
	d.sees("saved")
	if got := value(t, store, key); got != "mine value of a" {
		t.Errorf("the store holds %q", got)
	}
}

func TestConflictOverwriteMeetsAThirdWriter(t *testing.T) {
	d, store, key := conflict(t)
	put(t, store, key, "the third")
	d.press("o")
	d.sees("+ the third")
	if got := value(t, store, key); got != "the third" {
		t.Errorf("the third writer's value was lost: the store holds %q", got)
	}
}

func TestConflictTakesTheirs(t *testing.T) {
	d, store, key := conflict(t)
	d.press("t")
	d.sees("took theirs")
	if got := value(t, store, key); got != "theirs" {
		t.Errorf("the store holds %q", got)
	}
	if len(d.m.drafts) != 0 {
		t.Error("the draft is still there")
	}
}

func TestConflictMerges(t *testing.T) {
	d, store := explore(t)
	key := t.Name() + "/list"
	put(t, store, key, "one\ntwo\nthree\nfour\n")
	d.sees("list")
	d.sees("four")
	d.press("e")
	d.typing("my ")
	put(t, store, key, "one\ntwo\nthree\nfour, theirs\n")
	d.sees("changed by someone else")
	d.press("ctrl+s")
	d.sees("while you were")
	d.press("m")
	d.sees("merged cleanly")
	d.press("ctrl+s")
	d.sees("saved")
	if got, want := value(t, store, key), "my one\ntwo\nthree\nfour, theirs\n"; got != want {
		t.Errorf("the store holds %q, want %q", got, want)
	}
}

// Where two changes contradict each other, each side or both are taken, one
// conflict after the other; what is not decided comes into the editor with markers.
func TestConflictsAreDecided(t *testing.T) {
	base, mine, theirs := "1\n-\n2\n-\n3\n-\n4\n", "m1\n-\nm2\n-\nm3\n-\nm4\n", "t1\n-\nt2\n-\nt3\n-\nt4\n"
	d, store := explore(t)
	key := t.Name() + "/list"
	put(t, store, key, base)
	d.sees("list")
	d.press("e")
	d.sees("Edit ")
	d.press("ctrl+shift+a")
	d.send(tea.PasteMsg{Content: mine})
	put(t, store, key, theirs)
	d.sees("changed by someone else")
	d.press("ctrl+s")
	d.sees("while you were")
	d.press("m")
	d.sees("conflict 1 of 4", "not decided yet", "+ m1", "+ t1")
	d.press("o")
	d.sees("conflict 2 of 4", "+ m2", "+ t2")
	d.press("N")
	d.sees("conflict 1 of 4", "yours is taken")
	d.press("n", "b")
	d.sees("conflict 3 of 4")
	d.press("t")
	d.sees("conflict 4 of 4")
	d.press("enter")
	d.sees("1 conflict: resolve the <<<<<<< block")
	want := "m1\n-\nm2\nt2\n-\nt3\n-\n<<<<<<< mine\nm4\n||||||| base\n4\n=======\nt4\n>>>>>>> theirs\n"
	if got := string(d.m.editor.text()); got != want {
		t.Errorf("the editor has %q, not %q", got, want)
	}
	d.press("ctrl+s")
	d.sees("conflict markers")
}

// Changes of different fields go together though they are on one line.
func TestConflictMergesFields(t *testing.T) {
	d, store := explore(t)
	key := t.Name() + "/web.json"
	put(t, store, key, `{"host": "a", "port": 1}`)
	d.sees("web.json")
	d.sees("port")
	d.press("e")
	d.press("end")
	d.press("left")
	d.typing(`, "mine": 1`)
	put(t, store, key, `{"host": "b", "port": 2}`)
	d.sees("changed by someone else")
	d.press("ctrl+s")
	d.sees("while you were")
	d.press("m")
	d.sees("merged by the fields of JSON")
	d.press("ctrl+s")
	d.sees("saved")
	if got, want := value(t, store, key), `{"host": "b", "port": 2, "mine": 1}`; got != want {
		t.Errorf("the store holds %q, want %q", got, want)
	}
}

func TestAKeyDeletedMeanwhileIsCreatedAgain(t *testing.T) {
	d, store := explore(t, "a", "b")
	key := t.Name() + "/a"
	d.sees("value of a")
	d.press("e")
	d.typing("mine ")
	if err := store.Delete(key); err != nil {
		t.Fatal(err)
	}
	d.sees("deleted by someone else")
	d.press("ctrl+s")
	d.sees("the key was deleted")
	d.press("o")
	d.sees("saved")
	if got := value(t, store, key); got != "mine value of a" {
		t.Errorf("the store holds %q", got)
	}
}

// The cursor goes to a new key, also in a folder that did not exist.
func TestTheCursorGoesToAKeyThatWasMade(t *testing.T) {
	d, store := explore(t, "a", "z")
	d.press("a")
	d.typing("m/n/new")
	d.press("enter")
	d.typing("x")
	d.press("ctrl+s")
	d.sees("Value " + t.Name() + "/m/n/new")
	d.press("k")
	put(t, store, t.Name()+"/later", "x")
	d.sees("later")
	if row, _ := d.m.tree.row(); row.Key == t.Name()+"/m/n/new" || row.Key == t.Name()+"/later" {
		t.Errorf("the cursor is on %s", row.Key)
	}
}

func TestAddingAKeyThatIsThereIsAConflict(t *testing.T) {
	d, store := explore(t, "a")
	d.press("a")
	d.typing("b")
	d.press("enter")
	d.typing("mine")
	put(t, store, t.Name()+"/b", "theirs")
	d.sees("changed by someone else")
	d.press("ctrl+s")
	d.sees("was created by someone else")
	d.press("esc", "esc")
	if got := value(t, store, t.Name()+"/b"); got != "theirs" {
		t.Errorf("the store holds %q", got)
	}
}

func TestInvalidJSONAsksFirst(t *testing.T) {
	d, store := explore(t)
	key := t.Name() + "/a.json"
	put(t, store, key, `{"a": 1}`)
	d.sees("JSON, 1 key")
	d.press("e")
	d.typing("{")
	d.press("ctrl+s")
	d.sees("not valid JSON")
	d.press("esc")
	if got := value(t, store, key); got != `{"a": 1}` {
		t.Errorf("the store holds %q", got)
	}
	d.press("ctrl+s")
	d.sees("not valid JSON")
	d.press("y")
	d.sees("saved")
	if got := value(t, store, key); got != `{{"a": 1}` {
		t.Errorf("the store holds %q", got)
	}
}

func TestDraftsAreOfferedAgain(t *testing.T) {
	d, store := explore(t, "a")
	d.sees("value of a")
	d.press("e")
	d.typing("half a thought ")
	d.press("ctrl+c")
	d.await("the end", func() bool { return d.quit })

	again := drive(t, store, d.m.opts, 100, 30)
	again.sees("1 unsaved draft: :drafts", "*")
	again.press("e")
	again.sees("half a thought value of a", "this is your unsaved draft")
	again.press("ctrl+s")
	again.sees(" saved " + t.Name() + "/a")
	if got := value(t, store, t.Name()+"/a"); got != "half a thought value of a" {
		t.Errorf("the store holds %q", got)
	}
	again.await("the draft to go", func() bool {
		list, err := d.m.opts.Drafts.List(d.m.opts.Address)
		return len(list) == 0 && err == nil
	})
}

func TestProtectedAsksForTheName(t *testing.T) {
	d, store := explore(t, "a")
	d.m.opts.Protected, d.m.opts.Profile = true, "prod"
	d.sees("value of a")
	d.press("e")
	d.typing("new ")
	d.press("ctrl+s")
	d.sees("type the profile's name")
	d.typing("test")
	d.press("enter")
	d.sees("nothing was written")
	if got := value(t, store, t.Name()+"/a"); got != "value of a" {
		t.Errorf("the store holds %q", got)
	}
	d.press("ctrl+u")
	d.typing("prod")
	d.press("enter")
	d.sees("saved")
	d.press("e")
	d.await("the editor", func() bool { return d.m.editor != nil })
	d.typing("once ")
	d.press("ctrl+s") // the name is asked for once
	d.await("the second write", func() bool { return value(t, store, t.Name()+"/a") == "once new value of a" })
}

func TestAKeySweptAfterAGapIsShownAsGone(t *testing.T) {
	m := still(t, "", 100, 30)
	showLimits(m)
	strike(m, "e", "x")
	give(m, pulled(m, kv.Batch{Begin: true, Synced: true, State: kv.Live, Missed: kv.Gap, Events: []kv.Event{
		{Key: "app/feature", Index: 300, Size: 4},
	}}))
	if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "deleted by someone else") {
		t.Errorf("the editor says\n%s", frame)
	}
	strike(m, "esc")
	if !m.value.shown.gone {
		t.Error("the value is shown as if it were there")
	}
}

// overwriter is a store that reports each save as one over a value put in the same
// instant.
type overwriter struct{ kv.Store }

func (s overwriter) AtomicPut(key string, value []byte, _ *kv.KVPair, _ *kv.WriteOptions) (bool, *kv.KVPair, error) {
	if err := s.Put(key, value, nil); err != nil {
		return false, nil, err
	}
	pair, _ := s.Get(key)
	return false, pair, &kv.Error{Op: "atomicput", Key: key, Kind: kv.ErrWrittenOver}
}

// A save over somebody else's value is reported as that: it is neither a conflict,
// in which nothing is written, nor an ordinary save.
func TestASaveThatWentOverAnotherIsTold(t *testing.T) {
	d, store := explore(t, "a")
	d.sees("value of a")
	d.m.store = overwriter{store}
	d.press("e")
	d.typing("new ")
	d.press("ctrl+s")
	d.sees("Saved, but over another value")
	if got := value(t, store, t.Name()+"/a"); got != "new value of a" {
		t.Errorf("the store holds %q", got)
	}
	if d.m.editor != nil || len(d.m.dialogs) > 0 {
		t.Error("something is still asked")
	}
}
