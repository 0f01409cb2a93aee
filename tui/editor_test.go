package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/format"
	"kvist/keymap"
	"kvist/kv"
)

// editing returns an explorer with an editor open on a text.
func editing(t *testing.T, w int, text string) *Model {
	m := still(t, "", w, 24)
	strike(m, "l", "j")
	m.editIn(newEdit("app/config/limits.json", &kv.KVPair{Key: "app/config/limits.json", LastIndex: 100}), []byte(text))
	return m
}

// editorColumn returns the cell where a line of the editor begins to show a text.
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

// Lines of the editor are aligned: line 10 begins in the column of line 9.
func TestLinesOfTheEditorAreAligned(t *testing.T) {
	m := editing(t, 100, "a\nb\nc\nd\ne\nf\ng\nh\n  ninth\n  tenth\n")
	if nine, ten := editorColumn(t, m, "ninth"), editorColumn(t, m, "tenth"); nine != ten {
		t.Errorf("line 9 begins in column %d, line 10 in %d", nine, ten)
	}
}

// The column of line numbers grows with the text, and no line is dropped.
func TestAPasteOfManyLinesIsWhole(t *testing.T) {
	m := editing(t, 100, "")
	text := strings.Repeat("line\n", 150) + "last"
	give(m, tea.PasteMsg{Content: text})
	if got := string(m.editor.text()); got != text {
		t.Errorf("%d of %d bytes came through", len(got), len(text))
	}
	m.View()
	if c := m.paneCaret(nil, rect{w: 50, h: 20}); c.X != len(" 151 last") {
		t.Errorf("the cursor stands in column %d", c.X)
	}
}

// Without contact the editor says so, and its keys stay in sight.
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

// The state above the text fits into the narrowest pane.
func TestTheStateOfAnEditFits(t *testing.T) {
	for _, kind := range []kv.EventKind{kv.PutEvent, kv.DeleteEvent} {
		m := editing(t, 80, "text")
		m.editor.edit.saw(kv.Event{Kind: kind, Key: "app/config/limits.json", Index: 123_456_789})
		if line := ansi.Strip(m.editor.state(m, m.areas().right.w)); strings.Contains(line, "…") {
			t.Errorf("cut: %s", line)
		}
	}
}

// pressed presses a key without a letter.
func pressed(m *Model, code rune, mod tea.KeyMod) { give(m, tea.KeyPressMsg{Code: code, Mod: mod}) }

// The editor keeps every byte of a paste, and draws none that the terminal might
// act on.
func TestEveryByteThatIsPastedIsKept(t *testing.T) {
	for _, text := range []string{
		"a\tb\r\n\tindented", "{\n\t\"a\":\t1\n}\n", "blanks  \n \n", strings.Repeat("line\r\n", 12_000),
		strings.Repeat("x", 1<<20), "A\u202eB\u200bC\u2066\U000e0041", "\x1b[31mred\a", "\ufffd",
	} {
		m := editing(t, 100, "")
		give(m, tea.PasteMsg{Content: text})
		if got := string(m.editor.text()); got != text {
			t.Errorf("of %.40q there is %.40q", text, got)
		}
		if frame := m.View().Content; strings.ContainsAny(frame, "\u202e\u200b\u2066\U000e0041\a\r\t") || strings.Contains(frame, "\x1b[31mred") {
			t.Errorf("%.40q reaches the terminal", text)
		}
	}
}

// A CR alone becomes a line end like the value's own. A paste in which each CR may
// be half of a CR LF is reported.
func TestTheEndsOfAPastesLines(t *testing.T) {
	m := editing(t, 100, "a\r\n")
	give(m, tea.PasteMsg{Content: "x\ry\r"})
	if got := string(m.editor.text()); got != "x\r\ny\r\na\r\n" {
		t.Errorf("it is %q", got)
	}
	if m.notice.text != "" {
		t.Errorf("it says %q", m.notice.text)
	}
	give(m, tea.PasteMsg{Content: "one\r\rtwo\r\rthree\r\r"})
	if !strings.Contains(m.notice.text, "paste-buffer -r") {
		t.Errorf("it says %q", m.notice.text)
	}
}

// A paste that is not text, or too much, is refused like such a value.
func TestAPasteIsRefusedAsAValueIs(t *testing.T) {
	for paste, why := range map[string]string{
		"a\x00": "NUL", "a\xff": "UTF-8", strings.Repeat("x", format.MaxEditableBytes): "16 MiB",
	} {
		m := editing(t, 100, "text")
		give(m, tea.PasteMsg{Content: paste})
		if got := string(m.editor.text()); got != "text" || !strings.Contains(m.notice.text, why) {
			t.Errorf("%.10q: it is %.20q, and says %q", paste, got, m.notice.text)
		}
	}
}

// Only keys that type, erase, indent and undo change text, and the help names them.
func TestNoHiddenKeyChangesText(t *testing.T) {
	m := editing(t, 100, "size: 10 Words\nmore\n")
	pressed(m, tea.KeyDown, 0)
	pressed(m, tea.KeyEnd, 0)
	help := map[string]bool{}
	for _, sec := range m.keys.Help(keymap.Stack(keymap.ScopeEditor)) {
		for _, e := range sec.Entries {
			for _, key := range strings.Fields(e.Keys) {
				help[key] = true
			}
		}
	}
	before := string(m.editor.text())
	for _, mod := range []tea.KeyMod{tea.ModCtrl, tea.ModAlt, tea.ModCtrl | tea.ModAlt, tea.ModAlt | tea.ModShift} {
		for r := '!'; r <= '~'; r++ {
			key := tea.KeyPressMsg{Code: r, Mod: mod}
			if help[keymap.Show(key.String())] {
				continue
			}
			give(m, key)
			if m.editor == nil || string(m.editor.text()) != before {
				t.Fatalf("%s changed the text", key)
			}
		}
	}
}

// Tab indents as the text does, or as files of its kind are.
func TestTabIndentsAsTheFileDoes(t *testing.T) {
	for _, c := range []struct{ key, text, want string }{
		{"a.yaml", "", "  "},
		{"a.json", "", "  "},
		{"a.yaml", "a:\n    b: 1\n", "    "},
		{"Makefile", "", "\t"},
		{"a.tsv", "x", "\t"},
		{"a.go", "", "\t"},
		{"note", "word", "\t"},
		{"a.json", "{\n\t\"a\": 1\n}", "\t"},
	} {
		m := still(t, "", 100, 24)
		m.editIn(newEdit(c.key, &kv.KVPair{Key: c.key, Value: []byte(c.text)}), []byte(c.text))
		pressed(m, tea.KeyTab, 0)
		if got := string(m.editor.text()); got != c.want+c.text {
			t.Errorf("%s, %q: it is %q", c.key, c.text, got)
		}
		pressed(m, tea.KeyTab, tea.ModShift)
		if got := string(m.editor.text()); got != c.text {
			t.Errorf("%s, %q: a step less is %q", c.key, c.text, got)
		}
	}
}

// esc leaves a saved text at once. With unsaved changes it first says so, and how
// to come back.
func TestEscDoesNotThrowOutOfUnsavedChanges(t *testing.T) {
	m := editing(t, 100, "")
	strike(m, "esc")
	if m.editor != nil {
		t.Fatal("nothing was changed, and it stays")
	}
	m = editing(t, 100, "")
	strike(m, "x", "esc")
	if m.editor == nil || !strings.Contains(m.notice.text, "not saved yet") {
		t.Fatalf("it left, or says %q", m.notice.text)
	}
	strike(m, "d", "d", "esc") // what is typed after esc is text
	if m.editor == nil || string(m.editor.text()) != "xdd" {
		t.Fatal("what was typed behind esc is no text")
	}
	strike(m, "esc")
	if m.editor != nil || !strings.Contains(m.notice.text, "e comes back to it") {
		t.Errorf("it stays, or says %q", m.notice.text)
	}
}

// The title shows where the cursor is, the rule how lines end.
func TestTheEditorTellsWhatCannotBeSeen(t *testing.T) {
	for text, want := range map[string][]string{
		"a\nb\nc":   {"line 1/3 col 1", "no line end at the end"},
		"a\r\n":     {"line 1/1 col 1", "lines end in CR LF"},
		"a\r\nb\n":  {"line 1/2 col 1", "CR LF and LF mixed"},
		"a\n":       {"line 1/1 col 1"},
		"a \tb  \n": {"a → b··"},
	} {
		m := still(t, "", 100, 24)
		m.editIn(newEdit("app/feature", &kv.KVPair{Key: "app/feature", Value: []byte(text)}), []byte(text))
		screen := ansi.Strip(m.View().Content)
		for _, said := range want {
			if !strings.Contains(screen, said) {
				t.Errorf("%q: %q is not on the screen:\n%s", text, said, screen)
			}
		}
		if strings.Contains(screen, "feature  line 1/1 col 1 *") {
			t.Errorf("%q counts as changed:\n%s", text, screen)
		}
		strike(m, "x")
		if !strings.Contains(ansi.Strip(m.View().Content), "col 2 *") {
			t.Errorf("%q does not count as changed", text)
		}
	}
}

// BenchmarkEditorKey measures a key typed into 100 000 lines, to its frame.
func BenchmarkEditorKey(b *testing.B) {
	m := crowded(b, 1000)
	text := []byte(strings.Repeat("\tkey: value of a line\r\n", 100_000))
	m.editIn(newEdit("a", &kv.KVPair{Key: "a", Value: text}), text)
	for range 1000 {
		pressed(m, tea.KeyPgDown, 0)
	}
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 {
			give(m, keyPress("x"))
		} else {
			give(m, keyPress("backspace"))
		}
		m.View()
	}
}

// A long message covers rows of the editor, but not the one with the cursor.
func TestAMessageDoesNotHideTheCursor(t *testing.T) {
	m := editing(t, 80, strings.Repeat("line\n", 50)+"the end")
	pressed(m, tea.KeyEnd, tea.ModCtrl)
	m.notice.warn(m.now(), strings.Repeat("so many words ", 15))
	relaid(m)
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "51 the end") {
		t.Errorf("the cursor's line is hidden:\n%s", screen)
	}
	line := strings.Split(ansi.Strip(m.View().Content), "\n")[m.frame.cursor.Y]
	if !strings.Contains(line, "51 the end") {
		t.Errorf("the cursor is in %q", line)
	}
}

// A click puts the cursor there, and further text goes there.
func TestAClickPutsTheCursorThere(t *testing.T) {
	m := editing(t, 100, "one\n\ttwo\n")
	r := m.areas().right
	give(m, tea.MouseClickMsg{X: r.x + len("  2 ") + 5, Y: r.y + editorHead + 1, Button: tea.MouseLeft})
	strike(m, "x")
	if got := string(m.editor.text()); got != "one\n\ttxwo\n" {
		t.Errorf("it is %q", got)
	}
}
