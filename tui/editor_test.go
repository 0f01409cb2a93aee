package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/kv"
)

// editing is an explorer with an editor open on text.
func editing(t *testing.T, w int, text string) *Model {
	m := still(t, "", w, 24)
	strike(m, "l", "j")
	m.editIn(newEdit("app/config/limits.json", &kv.KVPair{Key: "app/config/limits.json", LastIndex: 100}), []byte(text))
	return m
}

// editorColumn is where a line of the editor begins to show text.
func editorColumn(t *testing.T, m *Model, text string) int {
	t.Helper()
	for _, line := range strings.Split(ansi.Strip(m.View().Content), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			return width(before)
		}
	}
	t.Fatalf("%q is not on the screen", text)
	return 0
}

// What is indented must look so: line 10 begins in the column of line 9.
func TestLinesOfTheEditorAreAligned(t *testing.T) {
	m := editing(t, 100, "a\nb\nc\nd\ne\nf\ng\nh\n  ninth\n  tenth\n")
	if nine, ten := editorColumn(t, m, "ninth"), editorColumn(t, m, "tenth"); nine != ten {
		t.Errorf("line 9 begins in column %d, line 10 in %d", nine, ten)
	}
}

// The column of numbers grows with the text, and the text area, which knows a
// most number of lines, drops none.
func TestAPasteOfManyLinesIsWhole(t *testing.T) {
	m := editing(t, 100, "")
	text := strings.Repeat("line\n", 150) + "last"
	give(m, tea.PasteMsg{Content: text})
	if got := string(m.editor.text()); got != text {
		t.Errorf("%d of %d bytes came through", len(got), len(text))
	}
	m.View()
	if c := m.editorCursor(rect{w: 50, h: 20}); c.X != len(" 151 last") {
		t.Errorf("the cursor stands in column %d", c.X)
	}
}

// While contact is lost, the editor says so and its keys stay to be seen.
func TestTheEditorSaysThatContactIsLost(t *testing.T) {
	m := editing(t, 80, "text")
	give(m, pulled(m, kv.Batch{State: kv.Reconnecting, Err: &kv.Error{Op: "follow", Server: "etcd h:1", Kind: kv.ErrNotReachable}}))
	screen := ansi.Strip(m.View().Content)
	for _, text := range []string{"no contact: nothing can be saved just now", "ctrl+s save"} {
		if !strings.Contains(screen, text) {
			t.Errorf("%q is not on the screen:\n%s", text, screen)
		}
	}
}

// What is said above the text is said to its end, in the narrowest pane too.
func TestTheStateOfAnEditFits(t *testing.T) {
	for _, kind := range []kv.EventKind{kv.PutEvent, kv.DeleteEvent} {
		m := editing(t, 80, "text")
		m.editorSaw(kv.Event{Kind: kind, Key: "app/config/limits.json", Index: 123_456_789})
		if line := ansi.Strip(m.editorState(m.regions().right.w)); strings.Contains(line, "…") {
			t.Errorf("cut: %s", line)
		}
	}
}
