package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/kv"
)

// met returns an explorer with a Conflict; theirs is nil for a deletion.
func met(t *testing.T, w, h int, base, mine string, theirs *kv.KVPair) *Model {
	m := still(t, "", w, h)
	e := newEdit("app/config/limits.json", &kv.KVPair{Key: "app/config/limits.json", Value: []byte(base), LastIndex: 100})
	m.openConflict(e, []byte(mine), theirs)
	return relaid(m)
}

// Both differences stay in sight and scroll to their ends, however long they are
// and however small the screen is.
func TestAConflictShowsBothSides(t *testing.T) {
	lines := func(word string) string { return strings.Repeat(word+"\n", 40) + word + " at the end\n" }
	for _, size := range [][2]int{{60, 15}, {80, 24}, {160, 45}} {
		m := met(t, size[0], size[1], "base\n", lines("mine"), &kv.KVPair{Value: []byte(lines("theirs")), LastIndex: 300})
		for _, text := range []string{"their change", "your change", "+ mine", "+ theirs", "o overwrite"} {
			if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, text) {
				t.Errorf("%q is not on the screen:\n%s", text, screen)
			}
		}
		strike(m, "G")
		for _, text := range []string{"+ mine at the end", "+ theirs at the end"} {
			if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, text) {
				t.Errorf("%q is not at the bottom:\n%s", text, screen)
			}
		}
	}
}

// A short difference leaves its room to a long one.
func TestAConflictGivesRoomToTheLongerSide(t *testing.T) {
	m := met(t, 80, 24, "a\n", "b\n", &kv.KVPair{Value: []byte(strings.Repeat("c\n", 40)), LastIndex: 300})
	screen := ansi.Strip(m.View().Content)
	if n := strings.Count(screen, "│ + c"); n < 8 || !strings.Contains(screen, "(1 to ") || !strings.Contains(screen, "+ b") {
		t.Errorf("%d lines of theirs:\n%s", n, screen)
	}
}

func TestAConflictWithADeletionOffersWhatCanBeDone(t *testing.T) {
	m := met(t, 80, 24, "a\n", "b\n", nil)
	screen := ansi.Strip(m.View().Content)
	if !strings.Contains(screen, "o create it again  t leave it deleted  esc keep editing") || strings.Contains(screen, "m merge") {
		t.Errorf("the keys are others:\n%s", screen)
	}
}

// Over a version that is put back there is no editor to go on with.
func TestAConflictOfWhatIsPutBackIsCancelled(t *testing.T) {
	for _, theirs := range []*kv.KVPair{nil, {Value: []byte("c\n"), LastIndex: 300}} {
		m := met(t, 80, 24, "a\n", "b\n", theirs)
		m.top().(*conflictDialog).edit.putsBack = true
		m.frame.stale = true
		screen := ansi.Strip(m.View().Content)
		if !strings.Contains(screen, "esc cancel") || !strings.Contains(screen, "looking") || strings.Contains(screen, "editing") {
			t.Errorf("an editor is spoken of:\n%s", screen)
		}
	}
}

// A doubt names the format once.
func TestADoubtNamesTheFormatOnce(t *testing.T) {
	m := still(t, "", 80, 24)
	e := newEdit("a.json", &kv.KVPair{Key: "a.json", Value: []byte("{}"), LastIndex: 1})
	if doubt := m.whyDoubtful(e, []byte("{")); strings.Count(doubt, "JSON:") != 1 || strings.Contains(doubt, "JSON: JSON") {
		t.Error(doubt)
	}
}

// A question about a key whose name fills the screen can still be answered.
func TestALongDialogKeepsItsKeys(t *testing.T) {
	m := still(t, "", 60, 15)
	m.open(&confirm{title: "Break the lock?", text: strings.Repeat("a/very/long/name/", 100)})
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "y yes") {
		t.Errorf("the keys are not on the screen:\n%s", screen)
	}
}

// flat runs a command and those that it consists of, and returns their messages.
func flat(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	batch, ok := msg.(tea.BatchMsg)
	if !ok {
		return []tea.Msg{msg}
	}
	var all []tea.Msg
	for _, one := range batch {
		all = append(all, flat(one)...)
	}
	return all
}

// After a merge the editor says at once what is wrong with the text, and what somebody
// wrote after the version that was merged.
func TestWhatIsSaidAfterAMerge(t *testing.T) {
	for _, c := range []struct {
		seen *kv.Event
		want bool
	}{
		{nil, false},
		{&kv.Event{Kind: kv.PutEvent, Index: 300}, false},
		{&kv.Event{Kind: kv.PutEvent, Index: 301}, true},
		{&kv.Event{Kind: kv.DeleteEvent}, true},
	} {
		m := still(t, "", 100, 24)
		showLimits(m)
		strike(m, "e")
		m.editor.edit.seen = c.seen
		cmd := m.editMerged(m.editor.edit, &kv.KVPair{Key: "app/config/limits.json", LastIndex: 300}, []byte("{,"))
		if got := m.editor.edit.seen != nil; got != c.want {
			t.Errorf("%+v is still said: %v", c.seen, got)
		}
		for _, msg := range flat(cmd) {
			if checked, ok := msg.(textChecked); ok {
				give(m, checked)
			}
		}
		if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "not valid JSON") || strings.Contains(screen, "by someone else") != c.want {
			t.Errorf("after %+v:\n%s", c.seen, screen)
		}
	}
}
