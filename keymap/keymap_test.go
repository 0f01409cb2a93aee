package keymap

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestDefaultsAreWellFormed(t *testing.T) {
	seen := map[place]bool{}
	for _, b := range defaults() {
		at := place{b.Scope, b.Action}
		if seen[at] {
			t.Errorf("%v stands in the table twice", at)
		}
		seen[at] = true
		if !slices.Contains(Scopes(), b.Scope) {
			t.Errorf("%v: the scope is not among Scopes", at)
		}
		if b.Help == "" {
			t.Errorf("%v has no help", at)
		}
		for _, k := range b.Keys {
			if name, err := parseKey(k); err != nil || name != k {
				t.Errorf("%v: %q is not how Bubble Tea names a key: %q, %v", at, k, name, err)
			}
			if b.Destructive && careless(k) {
				t.Errorf("%v removes or overwrites, and lies on %q", at, k)
			}
			if typed(b.Scope) && types(k) && b.Action != TextEraseBack {
				t.Errorf("%v: %q types text there", at, k)
			}
		}
	}
}

// The rules for a user's file also hold for the default table. A broken rule
// would name line 0, since there is no setting to blame.
func TestDefaultsPassTheirOwnRules(t *testing.T) {
	if _, err := Load(nil, "none"); err != nil {
		t.Error(err)
	}
}

func TestEveryScopeHasATitleAndAWayOut(t *testing.T) {
	m := Default()
	for _, s := range Scopes() {
		if Title(s) == "" {
			t.Errorf("%s has no title", s)
		}
	}
	for _, s := range scopes {
		top := s.name
		if s.outer == nil {
			continue // it is never on top
		}
		if _, ok := m.Lookup(Stack(top), "ctrl+c"); !ok {
			t.Errorf("ctrl+c does nothing in %s", top)
		}
		if a, ok := m.Lookup(Stack(top), "esc"); !ok && top != ScopeTree {
			t.Errorf("esc does nothing in %s: %q", top, a)
		}
	}
}

func TestDestructiveActionsAreMarked(t *testing.T) {
	for _, b := range defaults() {
		word := strings.Contains(string(b.Action), "delete") || strings.Contains(string(b.Action), "break") ||
			strings.Contains(string(b.Action), "overwrite") || strings.HasSuffix(string(b.Action), ".yes")
		if word && !b.Destructive {
			t.Errorf("%s is not marked as destructive", b.Action)
		}
	}
}

func TestLookup(t *testing.T) {
	m := Default()
	for _, c := range []struct {
		top  Scope
		key  string
		want Action
	}{
		{ScopeTree, "j", CursorDown},
		{ScopeTree, "d", DeleteKey},
		{ScopeTree, "D", DeleteSubtree},
		{ScopeTree, "ctrl+d", CursorHalfDown},
		{ScopeTree, "ctrl+k", ""},
		{ScopeTree, "q", AppQuit},
		{ScopeTree, "x", ""},
		{ScopeLocks, "x", LocksBreak},
		{ScopeLocks, "d", DeleteKey},
		{ScopeValue, "h", ValueLeave},
		{ScopeEditor, "q", ""}, // a letter
		{ScopeEditor, "esc", EditorLeave},
		{ScopeEditor, "ctrl+c", AppQuit},
		{ScopeEditor, "ctrl+w", TextEraseWordBack},
		{ScopeEditor, "ctrl+_", EditorUndo},
		{ScopeEditor, "tab", EditorIndent},
		{ScopeEditor, "alt+u", ""}, // alt+u is no key that changes text
		{ScopeEditor, "ctrl+t", ""},
		{ScopePrompt, "?", ""},
		{ScopePrompt, "ctrl+k", TextEraseToEnd},
		{ScopePrompt, "tab", PromptTurn},
		{ScopePalette, "up", CursorUp},
		{ScopePalette, "home", TextLineStart},
		{ScopeConflict, "o", ConflictOverwrite},
		{ScopeConflict, "enter", ""},
		{ScopePlan, "y", PlanYes},
		{ScopePlan, "enter", PlanCount}, // it deletes nothing unless a number was typed
		{ScopePlan, "D", ""},
		{ScopeHelp, "q", ""}, // narrows it
		{ScopeHelp, "left", HelpLeft},
	} {
		got, ok := m.Lookup(Stack(c.top), c.key)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s in %s is %q, %v; want %q", c.key, c.top, got, ok, c.want)
		}
	}
}

// Key names are those that Bubble Tea reports for a key press.
func TestNamesAreBubbleTeas(t *testing.T) {
	for _, c := range []struct {
		press tea.KeyPressMsg
		want  string
	}{
		{tea.KeyPressMsg{Code: 'd', Mod: tea.ModCtrl}, "ctrl+d"},
		{tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}, "shift+tab"},
		{tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}, "space"},
		{tea.KeyPressMsg{Code: tea.KeyEnter}, "enter"},
		{tea.KeyPressMsg{Code: 'g', ShiftedCode: 'G', Text: "G", Mod: tea.ModShift}, "G"},
		{tea.KeyPressMsg{Code: '+', Text: "+"}, "+"},
		{tea.KeyPressMsg{Code: '+', Mod: tea.ModCtrl}, "ctrl++"},
		{tea.KeyPressMsg{Code: 'a', Mod: tea.ModAlt | tea.ModCtrl | tea.ModShift}, "shift+alt+ctrl+a"},
		{tea.KeyPressMsg{Code: tea.KeyEscape}, "escape"},
		{tea.KeyPressMsg{Code: tea.KeyPgUp}, "pageup"},
		{tea.KeyPressMsg{Code: tea.KeyPgDown}, "pgdown"},
		{tea.KeyPressMsg{Code: tea.KeyHome}, "home"},
		{tea.KeyPressMsg{Code: tea.KeyEnd}, "end"},
		{tea.KeyPressMsg{Code: tea.KeyDelete}, "del"},
		{tea.KeyPressMsg{Code: tea.KeyInsert}, "insert"},
		{tea.KeyPressMsg{Code: tea.KeyBackspace}, "backspace"},
		{tea.KeyPressMsg{Code: tea.KeyUp}, "up"},
		{tea.KeyPressMsg{Code: tea.KeyDown}, "down"},
		{tea.KeyPressMsg{Code: tea.KeyLeft}, "left"},
		{tea.KeyPressMsg{Code: tea.KeyRight}, "right"},
		{tea.KeyPressMsg{Code: tea.KeyF1}, "f1"},
		{tea.KeyPressMsg{Code: 'é', Text: "é"}, "é"},
	} {
		got, err := parseKey(c.want)
		if err != nil || got != c.press.String() {
			t.Errorf("%q is %q, %v; Bubble Tea says %q", c.want, got, err, c.press.String())
		}
	}
}

func TestHelpShowsWhatAPressWouldDo(t *testing.T) {
	m := Default()
	for _, top := range Scopes() {
		for _, sec := range m.Help(Stack(top)) {
			for _, e := range sec.Entries {
				for _, shown := range strings.Split(e.Keys, " ") {
					key := shown
					if known, ok := aliases[shown]; ok {
						key = known
					}
					if got, _ := m.Lookup(Stack(top), key); got != e.Action {
						t.Errorf("the help of %s says %s is %s; it is %q", top, shown, e.Action, got)
					}
				}
			}
		}
	}
}

func TestShort(t *testing.T) {
	m := Default()
	hints := m.Short(Stack(ScopeConflict), 10)
	var line []string
	for _, h := range hints {
		line = append(line, h.Key+" "+h.Text)
	}
	want := "o overwrite|t take theirs|m merge|esc keep editing"
	if got := strings.Join(line, "|"); got != want {
		t.Errorf("the bottom line of a conflict is %q, want %q", got, want)
	}
	if n := len(m.Short(Stack(ScopeTree), 3)); n != 3 {
		t.Errorf("three hints were asked for, %d came", n)
	}
}

func TestMarkdownNamesEveryBinding(t *testing.T) {
	m := Default()
	table := m.Markdown()
	for _, b := range m.Bindings() {
		if !strings.Contains(table, "`"+string(b.Action)+"`") || !strings.Contains(table, b.Help) {
			t.Errorf("%s is missing", b.Action)
		}
	}
	if strings.Contains(table, "\n\n\n") {
		t.Error("two blank lines in a row")
	}
}

func TestCompareMarkdown(t *testing.T) {
	m := Default()
	good := "# A\n\n<!-- keys -->\n\n" + m.Markdown() + "\n<!-- /keys -->\nrest"
	if err := m.CompareMarkdown(good); err != nil {
		t.Error(err)
	}
	for name, doc := range map[string]string{
		"no markers":   m.Markdown(),
		"no end":       "<!-- keys -->" + m.Markdown(),
		"another word": strings.Replace(good, "half a page down", "a bit down", 1),
	} {
		if m.CompareMarkdown(doc) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// The table cannot be changed through a copy that was handed out.
func TestTheTableCannotBeChanged(t *testing.T) {
	m := Default()
	m.Keys(ScopeTree, FindOpen)[0] = "z"
	m.Bindings()[0].Keys[0] = "z"
	if m.Keys(ScopeTree, FindOpen)[0] != "/" || m.Bindings()[0].Keys[0] != "j" {
		t.Error("the keymap was changed through a copy")
	}
}
