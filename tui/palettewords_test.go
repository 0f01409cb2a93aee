package tui

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// paletteNow opens the palette and returns it with the names that it offers.
func paletteNow(t *testing.T, m *Model) (*palette, []string) {
	t.Helper()
	strike(m, ":")
	p, ok := m.top().(*palette)
	if !ok {
		t.Fatalf("the top is %T", m.top())
	}
	var names []string
	for _, c := range p.fits {
		names = append(names, c.name)
	}
	return p, names
}

// The words that people say find a command, and the action's own name does as well.
func TestThePaletteKnowsPeoplesWords(t *testing.T) {
	for text, want := range map[string]string{
		"delete": "delete", "rm": "delete", "rm -r": "delete folder", "delete.key": "delete", "cp": "copy", "copy": "copy", "mv": "move",
		"diff": "compare", "exit": "quit", "quit": "quit", "history": "history", "versions": "history",
		"new": "add", "grep": "find", "vim": "edit in $EDITOR", "yank": "copy value", "Help": "help", "value.edit": "edit",
		"colors": "themes", "watch": "changes", "quit ": "quit", "theme nord": "theme nord",
	} {
		m := still(t, "", 100, 30)
		strike(m, "l", "j") // to a key
		p, _ := paletteNow(t, m)
		typed(m, text)
		if len(p.fits) == 0 || p.fits[0].name != want || p.fits[0].off {
			t.Errorf("%q finds %+v, want %q", text, p.fits, want)
		}
	}
}

// For each word that people begin with, the first line is what they mean by it, on a key
// and on a folder; where that cannot be done now, the line says why.
func TestTheFirstLineIsWhatIsMeant(t *testing.T) {
	for text, want := range map[string][2]string{
		"quit": {"quit", "quit"}, "save": {"save: not here, but under Editor", "save: not here, but under Editor"},
		"delete": {"delete", "delete folder"}, "remove": {"delete", "delete folder"}, "erase": {"delete", "delete folder"},
		"copy": {"copy", "copy"}, "clone": {"copy", "copy"}, "rename": {"rename", "rename"},
		"search": {"search values", "search values"}, "find": {"find", "find"}, "help": {"help", "help"}, "man": {"help", "help"},
		"undo": {"undo: nothing is recorded", "undo: nothing is recorded"}, "restore": {"undo: nothing is recorded", "undo: nothing is recorded"},
		"connect": {"profiles", "profiles"}, "switch": {"profiles", "profiles"}, "server": {"profiles", "profiles"}, "login": {"profiles", "profiles"},
		"open": {"open", "open"}, "bookmark": {"bookmark", "bookmark"}, "compare": {"compare", "compare"}, "sync": {"compare", "compare"},
		"history": {"history", "history: "}, "lock": {"locks", "locks"}, "unlock": {"break the lock: not here, but under Locks", "break the lock: not here, but under Locks"},
		"folder": {"add", "add"}, "mkdir": {"add", "add"}, "update": {"edit", "edit: "}, "write": {"edit", "edit: "}, "cat": {"value", "value"}, "get": {"value", "value"},
		"jump": {"goto", "goto"}, "cd": {"goto", "goto"}, "load": {"import", "import"}, "backup": {"export", "export"},
	} {
		for i, keys := range [][]string{{"l", "j"}, nil} {
			m := still(t, "", 100, 30)
			m.opts.Elsewhere.Explore = func(context.Context, string) (Options, error) { return Options{}, nil }
			strike(m, keys...)
			p, _ := paletteNow(t, m)
			typed(m, text)
			if len(p.fits) == 0 {
				t.Errorf("%q finds nothing", text)
				continue
			}
			got := p.fits[0].name
			if p.fits[0].off {
				got += ": " + p.fits[0].text
			}
			if got != want[i] && !(strings.Contains(want[i], ": ") && strings.HasPrefix(got, want[i])) {
				t.Errorf("%q (%d) begins with %q, want %q", text, i, got, want[i])
			}
		}
	}
}

// What can do nothing now is not offered. Typed all the same, it is found, and says
// why it is not done.
func TestThePaletteOffersWhatCanBeDone(t *testing.T) {
	onKey := func(m *Model) { strike(m, "l", "j") }
	for name, c := range map[string]struct {
		scene   func(*Model)
		offered []string
		not     []string
	}{
		"on a key": {onKey, []string{"edit", "delete", "copy", "locks", "quit"}, []string{"go back", "next tab", "drafts", "bookmarks", "open", "reveal", "as of", "clear the marks"}},
		"on a folder": {
			func(*Model) {}, []string{"delete folder", "add", "copy"}, []string{"edit", "delete", "history"},
		},
		"read-only": {
			func(m *Model) { onKey(m); m.opts.ReadOnly = true },
			[]string{"copy name", "compare", "history"},
			[]string{"edit", "delete", "delete folder", "add", "move", "rename", "undo", "import"},
		},
		"in the past": {func(m *Model) { showPast(m) }, []string{"copy name", "find"}, []string{"edit", "delete", "add", "undo", "import", "drafts"}},
		"without locks": {
			func(m *Model) { strike(m, "L"); give(m, locksRead{locksOf(m), nil, nil, 0}) },
			[]string{"locks", "quit"},
			[]string{"break the lock", "go to the key"},
		},
		"nothing there": {
			func(m *Model) {
				give(m, pulled(m, kv.Batch{Begin: true, Synced: true, State: kv.Live}))
				m.tree.tree = tree.New("app")
				m.tree.keepLine(0)
			},
			[]string{"add", "quit"},
			[]string{"edit", "delete", "delete folder", "copy", "copy name", "bookmark", "mark", "go into"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := still(t, "", 100, 30)
			c.scene(m)
			shown := m
			if m.past != nil {
				shown = m.past
			}
			_, names := paletteNow(t, shown)
			for _, name := range c.offered {
				if !slices.Contains(names, name) {
					t.Errorf("%q is not offered: %q", name, names)
				}
			}
			for _, name := range c.not {
				if slices.Contains(names, name) {
					t.Errorf("%q is offered", name)
				}
			}
			typed(shown, "app.quit")
			if p := shown.top().(*palette); p.fits[0].off {
				t.Error("quitting is not possible")
			}
		})
	}
	m := still(t, "", 100, 30)
	m.opts.ReadOnly = true
	p, _ := paletteNow(t, m)
	typed(m, "delete.subtree")
	if len(p.fits) != 1 || !p.fits[0].off {
		t.Fatalf("%+v", p.fits)
	}
	see(t, m, "the profile is read-only: delete the")
	strike(m, "enter")
	see(t, m, "read-only profile")
}

// What the line of keys names stands first: what people say most.
func TestThePaletteBeginsWithWhatIsSaidMost(t *testing.T) {
	m := still(t, "", 100, 30)
	strike(m, "l", "j")
	_, names := paletteNow(t, m)
	if i, j := slices.Index(names, "undo"), slices.Index(names, "previous match"); slices.Index(names, "delete") < 0 || i > j {
		t.Errorf("%q", names)
	}
	if strip := string(keymap.DeleteKey); slices.Contains(names, strip) {
		t.Errorf("%s is named", strip)
	}
}

// Words of other places, and of what lacks something, find greyed commands that say why;
// a word with two letters is no guess, and closing something does not begin with the end.
func TestThePaletteSaysWhyNot(t *testing.T) {
	for text, want := range map[string]struct {
		name string
		off  bool
		why  string
	}{
		"break": {"break the lock", true, "not here, but under Locks"}, "unlock": {"break the lock", true, "not here, but under Locks"},
		"put back": {"put back", true, "not here, but under "}, "discard": {"discard the draft", true, "not here, but under "},
		"paste": {"paste", true, "not here, but under "}, "reveal": {"reveal", true, "no masked value under the cursor"},
		"secret": {"reveal", true, "no masked value under the cursor"}, "close": {"collapse folder", false, ""}, "rm": {"delete", false, ""},
	} {
		m := still(t, "", 100, 30)
		strike(m, "l", "j")
		p, _ := paletteNow(t, m)
		typed(m, text)
		if len(p.fits) == 0 {
			t.Errorf("%q finds nothing", text)
			continue
		}
		if c := p.fits[0]; c.name != want.name || c.off != want.off || want.off && !strings.HasPrefix(c.text, want.why) {
			t.Errorf("%q finds %q (%v), %q", text, c.name, c.off, c.text)
		}
		if strike(m, "esc"); text == "close" {
			p, _ = paletteNow(t, m)
			if typed(m, "ls"); len(p.fits) > 0 && !p.fits[0].off {
				t.Errorf("ls finds %q", p.fits[0].name)
			}
		}
		if text == "rm" && slices.ContainsFunc(p.fits, func(c choice) bool { return c.name == "previous match" }) {
			t.Error("rm offers the previous match")
		}
	}
}
