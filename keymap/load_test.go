package keymap

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kvist/internal/settings"
)

func TestLoad(t *testing.T) {
	m, err := Load([]byte(`
[profiles.prod]
address = "consul://localhost"

[keys.tree]
"find.open" = ["ctrl+f", "/"]
tree.chains = "shift+ctrl+j"
"tree.open-all" = []

[keys]
plan = { "plan.yes" = "Y" }
`), "config.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		top  Scope
		key  string
		want Action
	}{
		{ScopeTree, "ctrl+f", FindOpen},
		{ScopeTree, "/", FindOpen},
		{ScopeTree, "ctrl+shift+j", TreeChains},
		{ScopeTree, "J", ""},
		{ScopeTree, "=", ""},
		{ScopePlan, "Y", PlanYes},
		{ScopePlan, "y", ""},
		{ScopeTree, "j", CursorDown},
	} {
		if got, _ := m.Lookup(Stack(c.top), c.key); got != c.want {
			t.Errorf("%s in %s is %q, want %q", c.key, c.top, got, c.want)
		}
	}
	if got := m.Keys(ScopeTree, FindOpen); !slices.Equal(got, []string{"ctrl+f", "/"}) {
		t.Errorf("find is on %v", got)
	}
	if got := Default().Keys(ScopeTree, FindOpen); !slices.Equal(got, []string{"/"}) {
		t.Errorf("the defaults were changed: %v", got)
	}
}

// Two keys in sequence are found by both, not by what they are written as alone.
func TestLoadOfASequence(t *testing.T) {
	m, err := Load([]byte("[keys.tree]\n\"find.open\" = [\"/\", \"gf\"]\n"), "f")
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := m.Sequence(Stack(ScopeTree), "g", "f"); !ok || a != FindOpen {
		t.Errorf("gf is %q", a)
	}
	for _, two := range [][2]string{{"g", "x"}, {"d", "d"}, {"", "gf"}, {"g", "enter"}} {
		if a, ok := m.Sequence(Stack(ScopeTree), two[0], two[1]); ok {
			t.Errorf("%q is %q", two, a)
		}
	}
	if a, _ := m.Lookup(Stack(ScopeTree), "g"); a != CursorTop {
		t.Errorf("g alone is %q", a)
	}
}

func TestLoadSwapsKeys(t *testing.T) {
	m, err := Load([]byte("[keys.move]\n\"cursor.down\" = [\"J\"]\n[keys.tree]\n\"tree.chains\" = [\"j\"]\n"), "f")
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := m.Lookup(Stack(ScopeTree), "j"); a != TreeChains {
		t.Errorf("j is %q", a)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		line int
		says []string
	}{
		"no TOML":                  {"[keys.tree]\n\"x = 1\n", 2, nil},
		"an unknown scope":         {"\n[keys.forest]\n\"find.open\" = \"f\"\n", 3, []string{"forest", "tree, "}},
		"an unknown action":        {"[keys.tree]\n\"find.all\" = \"f\"\n", 2, []string{"keys.tree.find.all", "find.open"}},
		"an action elsewhere":      {"[keys.tree]\n\"plan.yes\" = \"f\"\n", 2, []string{"plan.yes"}},
		"no scope":                 {"[keys]\n\"find.open\" = \"f\"\n", 2, []string{"[keys.SCOPE]"}},
		"keys that are no table":   {"keys = \"vim\"\n", 1, []string{"[keys.SCOPE]"}},
		"a number":                 {"[keys.tree]\n\"find.open\" = 7\n", 2, []string{"not a key name"}},
		"a list with a number":     {"[keys.tree]\n\"find.open\" = [\"a\", 7]\n", 2, []string{"not a key name"}},
		"an unknown key":           {"[keys.tree]\n\"find.open\" = [\"f\", \"knob\"]\n", 2, []string{`"knob"`, "enter"}},
		"an unknown modifier":      {"[keys.tree]\n\"find.open\" = \"fn+f\"\n", 2, []string{"ctrl, alt"}},
		"a modifier twice":         {"[keys.tree]\n\"find.open\" = \"ctrl+ctrl+f\"\n", 2, []string{"twice"}},
		"shift and a letter":       {"[keys.tree]\n\"find.open\" = \"shift+f\"\n", 2, []string{"shift"}},
		"a capital in a chord":     {"[keys.tree]\n\"find.open\" = \"ctrl+F\"\n", 2, []string{"ctrl+shift+f"}},
		"no key at all":            {"[keys.tree]\n\"find.open\" = \"\"\n", 2, []string{"no key"}},
		"one key twice":            {"[keys.tree]\n\"find.open\" = [\"esc\", \"escape\"]\n", 2, []string{"twice"}},
		"one action twice":         {"[keys.tree]\n\"find.open\" = \"f\"\nfind.open = \"F\"\n", 3, []string{"line 2"}},
		"two actions on one key":   {"[keys.tree]\n\"find.open\" = \"f\"\n\"find.next\" = \"f\"\n", 3, []string{`"f"`, "find.open"}},
		"a default's key":          {"[keys.tree]\n\"find.open\" = \"n\"\n", 2, []string{`"n"`, "find.next"}},
		"a default's key, before":  {"[keys.tree]\n\"tree.chains\" = \"enter\"\n", 2, []string{`"enter"`, "tree.enter"}},
		"an action made hidden":    {"[keys.tree]\n\"find.open\" = \"e\"\n", 2, []string{"value.edit in [keys.key]"}},
		"an action born hidden":    {"[keys.global]\n\"app.refresh\" = \"/\"\n", 2, []string{"find.open in [keys.tree]"}},
		"a letter in the editor":   {"[keys.editor]\n\"editor.save\" = \"s\"\n", 2, []string{"types text"}},
		"a letter everywhere":      {"[keys.always]\n\"app.quit\" = \"Q\"\n", 2, []string{"types text"}},
		"deleting on ctrl+d":       {"[keys.key]\n\"delete.key\" = \"ctrl+d\"\n", 2, []string{"too easily"}},
		"deleting on ctrl+k":       {"[keys.key]\n\"delete.subtree\" = \"ctrl+k\"\n", 2, []string{"too easily"}},
		"a plan's yes on enter":    {"[keys.plan]\n\"plan.yes\" = [\"y\", \"enter\"]\n", 2, []string{"too easily"}},
		"overwriting on space":     {"[keys.conflict]\n\"conflict.overwrite\" = \"space\"\n", 2, []string{"too easily"}},
		"no way out":               {"[keys.editor]\n\"editor.leave\" = []\n", 2, []string{"way out"}},
		"a sequence without g":     {"[keys.tree]\n\"find.open\" = \"dd\"\n", 2, []string{`"dd"`}},
		"a sequence of three":      {"[keys.tree]\n\"find.open\" = \"gtt\"\n", 2, []string{`"gtt"`}},
		"a sequence in the editor": {"[keys.editor]\n\"editor.save\" = \"gs\"\n", 2, []string{"types text"}},
		"a sequence twice":         {"[keys.global]\n\"app.refresh\" = \"gt\"\n", 2, []string{`"gt"`, "tab.next"}},
		"an escape sequence":       {"[keys.tree]\n\"find.open\" = \"\\u001b[31m\"\n", 2, []string{`\x1b`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load([]byte(c.file), "dir/config.toml")
			refused, ok := errors.AsType[*settings.Error](err)
			if !ok {
				t.Fatalf("the error is %v", err)
			}
			if refused.Line != c.line || !strings.HasPrefix(err.Error(), "dir/config.toml:") {
				t.Errorf("it names line %d, want %d: %v", refused.Line, c.line, err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("it does not say %q: %v", s, err)
				}
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("[keys.tree]\n\"find.open\" = [\"ctrl+f\", \"/\"]\n"))
	f.Add([]byte("[keys.plan]\n\"plan.yes\" = \"ctrl++\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Load(data, "f")
		if err != nil {
			return
		}
		for _, b := range m.bindings {
			for _, k := range b.Keys {
				if a, _ := m.Lookup([]Scope{b.Scope}, k); a != b.Action {
					t.Fatalf("%q in %s is %q, want %q", k, b.Scope, a, b.Action)
				}
				if b.Destructive && careless(k) {
					t.Fatalf("%s came to lie on %q", b.Action, k)
				}
			}
		}
	})
}

// A key in another program's notation is refused, with its name here.
func TestLoadSaysWhichKeyIsMeant(t *testing.T) {
	for written, want := range map[string]string{
		"ctrl-o": "ctrl+o", "C-o": "ctrl+o", "^O": "ctrl+o", "<C-o>": "ctrl+o", "Alt-x": "alt+x", "backspce": "backspace",
	} {
		_, err := Load([]byte("[keys.tree]\n\"find.open\" = \""+written+"\"\n"), "f.toml")
		if err == nil || !strings.Contains(err.Error(), `did you mean "`+want+`"?`) {
			t.Errorf("%s: %v, want %s", written, err, want)
		}
	}
}

// A key that is taken from another action is mentioned, if that action keeps
// another one.
func TestLoadTellsWhatATakenKeyDid(t *testing.T) {
	m, err := Load([]byte("[keys.tree]\n\"tree.open\" = [\"l\", \"right\", \"j\"]\n"), "f.toml")
	if err != nil {
		t.Fatal(err)
	}
	want := `f.toml:2: in [keys.tree], "j" is tree.open now and cursor.down no longer`
	if got := m.Taken(); len(got) != 1 || got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Default().Taken(); len(got) != 0 {
		t.Errorf("as delivered: %q", got)
	}
}

// Bindings take any letter, alone, with modifiers and in sequence.
func TestLoadTakesAnyLetter(t *testing.T) {
	for _, key := range []string{"ü", "Ü", "ß", "ж", "Ж", "é", "ñ", "ş", "λ", "א", "中", "€", "§", "ctrl+ж", "alt+ö", "ctrl+shift+ü", "gж"} {
		m, err := Load([]byte("[keys.tree]\n\"tree.chains\" = [\""+key+"\"]\n"), "f")
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if a, _ := m.Lookup(Stack(ScopeTree), key); a != TreeChains {
			t.Errorf("%s is %q", key, a)
		}
	}
}
