package tui

import (
	"strings"
	"testing"

	"kvist/kv"
)

// Text typed right after e waits for the editor, however long the value takes: in
// the tree, D and y would delete.
func TestTypingBehindEditWaitsForTheEditor(t *testing.T) {
	m := still(t, "", 80, 24)
	strike(m, "l", "j", "e", "D", "y", "ctrl+s")
	wait, ok := m.top().(*reading)
	if !ok {
		t.Fatalf("the keys went to %T", m.top())
	}
	if !strings.Contains(m.View().Content, "reading app/config/limits.json") {
		t.Errorf("nothing says what is waited for:\n%s", m.View().Content)
	}
	give(m, editRead{wait: wait, pair: &kv.KVPair{Key: "app/config/limits.json", Value: []byte("{}\n"), LastIndex: 100}})
	if m.editor == nil || string(m.editor.text()) != "Dy{}\n" {
		t.Errorf("the editor holds %+v", m.editor)
	}
}

// Keys bound to actions wait like letters: without enter, two lines would become
// one.
func TestEveryKeyBehindEditWaitsForTheEditor(t *testing.T) {
	m := still(t, "", 80, 24)
	strike(m, "l", "j", "e", "a", "enter", "c", "left", "b", "ctrl+s", "end", "backspace", "tab")
	wait := m.top().(*reading)
	give(m, editRead{wait: wait, pair: &kv.KVPair{Key: "app/config/limits.json", Value: []byte("{}\n"), LastIndex: 100}})
	if m.editor == nil || string(m.editor.text()) != "a\nbc{ \n" {
		t.Errorf("the editor holds %q", m.editor.text())
	}
	if len(m.saving) != 0 || !strings.Contains(m.View().Content, "not saved yet") {
		t.Errorf("nothing says that it was not saved:\n%s", m.View().Content)
	}
}

// If a refusal comes in place of the editor, a message says that the text is
// ignored.
func TestTypingBehindARefusedEditIsTold(t *testing.T) {
	m := still(t, "", 80, 24)
	strike(m, "l", "j", "e", "a", "b")
	wait := m.top().(*reading)
	give(m, editRead{wait: wait, pair: &kv.KVPair{Key: "app/config/limits.json", Value: []byte("{\x00}\n"), LastIndex: 100}})
	if m.editor != nil || !strings.Contains(m.View().Content, "was ignored") {
		t.Errorf("nothing says what became of it:\n%s", m.View().Content)
	}
}

func TestAnEditThatWasGivenUpDoesNotBegin(t *testing.T) {
	m := still(t, "", 80, 24)
	strike(m, "l", "j", "e", "x")
	wait := m.top().(*reading)
	strike(m, "esc")
	give(m, editRead{wait: wait, pair: &kv.KVPair{Key: "app/config/limits.json", Value: []byte("{}\n"), LastIndex: 100}})
	if m.editor != nil || len(m.dialogs) != 0 {
		t.Error("the editor opened")
	}
}
