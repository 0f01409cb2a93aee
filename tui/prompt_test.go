package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// asked returns the topmost prompt.
func asked(t *testing.T, m *Model) *prompt {
	t.Helper()
	p, ok := m.top().(*prompt)
	if !ok {
		t.Fatalf("there is no prompt, but %T", m.top())
	}
	return p
}

// inputLine returns the line of the topmost dialog that takes text.
func inputLine(m *Model) string {
	return strings.TrimRight(ansi.Strip(m.top().(dialog).view(m, 60, 20).lines[0]), " ")
}

// A new key is proposed in the folder under the cursor, open or closed, or in the
// one around the key under the cursor. The opened prefix is fixed.
func TestWhereANewKeyIsProposed(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want string
	}{
		{nil, "app/config/"},
		{[]string{"l"}, "app/config/"},
		{[]string{"l", "j"}, "app/config/"},
		{[]string{"j"}, "app/"},
		{[]string{"j", "j"}, "app/jobs/"},
		{[]string{"G"}, "app/"},
	} {
		m := still(t, "", 100, 30)
		strike(m, append(c.keys, "a")...)
		if got := inputLine(m); got != c.want {
			t.Errorf("after %q it is %q, want %q", c.keys, got, c.want)
		}
		strike(m, "ctrl+u", "ctrl+u", "backspace", "ctrl+w")
		if got := inputLine(m); got != "app/" || asked(t, m).input.text() != "" {
			t.Errorf("after %q what is left is %q", c.keys, got)
		}
	}
}

// A paste into a line of text is taken without its line end or not at all, and what
// is invisible in it is shown.
func TestPastesIntoPrompts(t *testing.T) {
	for _, c := range []struct{ paste, text, shown string }{
		{"name\n", "name", "name"},
		{"name\r\n", "name", "name"},
		{"name\r", "name", "name"},
		{"two\nlines", "", ""},
		{"two\rlines\r", "", ""},
		{" name ", " name ", "·name·"},
		{"a\tb", "a\tb", "a→  b"},
		{"A\u202eB\u200bC\u2066\U000e0041", "A\u202eB\u200bC\u2066\U000e0041", `A\u202eB\u200bC\u2066\U000e0041`},
		{"\x1b[2J\x00", "\x1b[2J\x00", `\x1b[2J\x00`},
	} {
		for _, open := range []string{"/", "S", ":"} {
			m := still(t, "", 100, 30)
			strike(m, open)
			give(m, tea.PasteMsg{Content: c.paste})
			text, faulty := fieldOf(m)
			if text != c.text || faulty != (c.text == "") {
				t.Errorf("%s: %q is taken as %q, at fault: %v", open, c.paste, text, faulty)
			}
			if got := strings.TrimPrefix(inputLine(m), ":"); strings.TrimLeft(got, " ") != c.shown {
				t.Errorf("%s: %q is shown as %q", open, c.paste, got)
			}
			if strings.ContainsAny(m.View().Content, "\u202e\u200b\u2066\U000e0041\x00") || strings.Contains(m.View().Content, "\x1b[2J") {
				t.Errorf("%s: %q reaches the terminal", open, c.paste)
			}
		}
	}
}

// fieldOf returns the text of the topmost dialog, and whether its last paste was
// refused.
func fieldOf(m *Model) (string, bool) {
	switch d := m.top().(type) {
	case *prompt:
		return d.input.text(), d.input.fault != ""
	case *palette:
		return d.input.text(), d.input.fault != ""
	}
	return "", false
}

// The same keys work in every line of text, and the cursor is where the next letter
// goes.
func TestKeysInPrompts(t *testing.T) {
	for _, open := range []string{"a", "/", "S", ":"} {
		m := still(t, "", 100, 30)
		strike(m, "G", open)
		for _, r := range "one two" {
			give(m, tea.KeyPressMsg{Code: r, Text: string(r)})
		}
		strike(m, "ctrl+w")
		give(m, tea.KeyPressMsg{Code: '_', Mod: tea.ModCtrl})
		strike(m, "ctrl+a")
		give(m, tea.KeyPressMsg{Code: tea.KeyRight, Mod: tea.ModAlt})
		give(m, tea.KeyPressMsg{Code: '鍵', Text: "鍵"})
		if text, _ := fieldOf(m); text != "one鍵 two" {
			t.Errorf("%s: it is %q", open, text)
		}
		m.View()
		line := ansi.Strip(strings.Split(m.View().Content, "\n")[m.frame.cursor.Y])
		before, _, _ := strings.Cut(line, " two")
		if m.frame.cursor.X != width(before) {
			t.Errorf("%s: the cursor is in cell %d of %q", open, m.frame.cursor.X, line)
		}
	}
}

// On a terminal of ASCII a blank at the end is a blank with a line below: a sign would
// look like text.
func TestABlankAtTheEndOnAnASCIITerminal(t *testing.T) {
	m := still(t, "", 100, 30)
	m.opts.ASCII = true
	strike(m, "a")
	give(m, tea.PasteMsg{Content: "a name  "})
	m.View()
	line := plainLines.Replace(m.top().(dialog).view(m, 60, 20).lines[0])
	if text := strings.TrimRight(ansi.Strip(line), " "); !strings.HasSuffix(text, "a name") || !strings.Contains(line, "\x1b[4m  \x1b[24m") {
		t.Errorf("it is drawn as %q", line)
	}
}
