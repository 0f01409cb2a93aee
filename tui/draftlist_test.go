package tui

import (
	"errors"
	"strings"
	"testing"

	"kvist/internal/drafts"
	"kvist/kv"
)

// withDrafts returns an explorer that finds a draft of each key when it starts.
func withDrafts(t *testing.T, keys ...string) *Model {
	t.Helper()
	m := still(t, "", 100, 30)
	m.opts.Drafts = drafts.New(t.TempDir())
	var list []drafts.Draft
	for _, key := range keys {
		list = append(list, drafts.Draft{Address: m.opts.Address, Key: key, Mine: []byte("my " + key), Base: []byte("base"), BaseIndex: 100, At: noon})
	}
	give(m, draftsLoaded{list, nil})
	return m
}

// Drafts found at the start ask nothing, so that no key press discards one.
func TestDraftsDoNotInterruptTheStart(t *testing.T) {
	m := withDrafts(t, "app/feature", "app/jobs/1")
	if len(m.dialogs) > 0 {
		t.Errorf("%T was opened", m.top())
	}
	see(t, m, "2 unsaved drafts: :drafts", "*")
	read(m)
	m.notice.say(m.now(), strings.Repeat("a note ", 20))
	give(m, draftsLoaded{[]drafts.Draft{m.drafts["app/feature"]}, nil})
	see(t, m, "1 unsaved draft: :drafts; a note")
	strike(m, "n", "y", "x")
	if len(m.drafts) != 2 {
		t.Errorf("%d drafts are left", len(m.drafts))
	}
}

// In the list, only x and a yes discard a draft.
func TestOnlyAYesDiscardsADraft(t *testing.T) {
	for keys, left := range map[string]int{"n": 2, "esc": 2, "x": 2, "x n": 2, "x esc": 2, "x x": 2, "x y": 1, "j x y": 1} {
		m := withDrafts(t, "app/feature", "app/jobs/1")
		m.openDrafts()
		for _, key := range strings.Fields(keys) {
			read(m)
			strike(m, key)
		}
		if len(m.drafts) != left {
			t.Errorf("%s: %d drafts are left, not %d", keys, len(m.drafts), left)
		}
	}
	m := withDrafts(t, "app/feature")
	m.openDrafts()
	read(m)
	strike(m, "x", "y") // typed too early
	if len(m.drafts) != 1 {
		t.Error("the draft was discarded before the question was read")
	}
}

// e on a key with a draft continues with it and says so.
func TestEditingGoesOnWithADraft(t *testing.T) {
	m := withDrafts(t, "app/config/limits.json")
	showLimits(m)
	strike(m, "e")
	if m.editor == nil || string(m.editor.text()) != "my app/config/limits.json" || m.editor.edit.base.LastIndex != 100 {
		t.Fatalf("the editor holds %+v", m.editor)
	}
	see(t, m, "this is your unsaved draft from")
	if len(m.dialogs) > 0 {
		t.Errorf("%T asks something", m.top())
	}
}

// A draft of what the store holds by now is dropped.
func TestADraftOfWhatIsStoredGoes(t *testing.T) {
	m := withDrafts(t, "app/config/limits.json")
	showLimits(m)
	m.value.shown.pair = &kv.KVPair{Key: "app/config/limits.json", Value: []byte("my app/config/limits.json"), LastIndex: 120}
	strike(m, "e")
	if m.editor == nil || m.editor.edit.base.LastIndex != 120 || len(m.drafts) != 0 {
		t.Errorf("the edit goes on from %+v, %d drafts", m.editor.edit.base, len(m.drafts))
	}
}

// A draft of an older value says so in the editor.
func TestADraftOfAnOlderValueSaysSo(t *testing.T) {
	m := withDrafts(t, "app/config/limits.json")
	showLimits(m)
	m.value.shown.pair = &kv.KVPair{Key: "app/config/limits.json", Value: []byte("newer"), LastIndex: 120}
	strike(m, "e")
	if m.editor == nil || m.editor.edit.seen == nil {
		t.Errorf("nothing says that the value has changed: %+v", m.editor)
	}
}

// A read-only profile offers no draft for editing.
func TestReadOnlyOffersNoDrafts(t *testing.T) {
	m := still(t, "", 100, 30)
	m.opts.ReadOnly, m.opts.Drafts = true, drafts.New(t.TempDir())
	give(m, draftsLoaded{[]drafts.Draft{{Address: m.opts.Address, Key: "app/feature", Mine: []byte("mine"), At: noon}}, nil})
	if strings.Contains(m.notice.text, "draft") {
		t.Errorf("it says %q", m.notice.text)
	}
	m.openDrafts()
	read(m)
	strike(m, "enter")
	if m.editor != nil {
		t.Error("enter opens an editor")
	}
	see(t, m, "nothing can be edited")
}

// An $EDITOR that fails says what it keeps, and gives a text back to the inline
// editor if it came from there.
func TestAFailedEditorSaysWhatItKeeps(t *testing.T) {
	failed := errors.New("exit status 1")
	pair := &kv.KVPair{Key: "app/feature", Value: []byte("base"), LastIndex: 100}
	m := withDrafts(t)
	e := newEdit(pair.Key, pair)
	e.outside = true
	give(m, edited{edit: e, before: pair.Value, mine: pair.Value, err: failed})
	if len(m.drafts) != 0 {
		t.Error("a draft of what nobody changed is kept")
	}
	give(m, edited{edit: e, before: pair.Value, mine: []byte("changed"), err: failed})
	if _, ok := m.draftOf(pair.Key); !ok {
		t.Error("what was written is lost")
	}
	see(t, m, "not saved: the editor failed", "draft of app/feature kept")

	m = withDrafts(t)
	e.outside, e.fromInline = true, true
	give(m, edited{edit: e, before: []byte("typed here"), mine: []byte("typed here"), err: failed})
	if m.editor == nil || string(m.editor.text()) != "typed here" {
		t.Errorf("the editor holds %+v", m.editor)
	}
}
