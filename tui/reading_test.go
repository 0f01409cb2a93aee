package tui

import (
	"strings"
	"testing"

	"kvist/kv"
)

// What is typed right behind `e` is meant for the editor, however long the
// value takes to come: in the tree, D and y would delete.
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
