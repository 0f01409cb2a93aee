package themes

import (
	"errors"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"

	"kvist/internal/settings"
)

func TestLoad(t *testing.T) {
	got, err := Load([]byte(`
inherits = "nord"
text = "#FFEEDD"
danger = "bright-red"
selection = 24
warn = "208"
background = "terminal"
syntax-key = "#abc"
`), "/home/me/themes/dusk.toml")
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "dusk" || got.Background() != nil {
		t.Errorf("%q has the background %v", got.Name, got.Background())
	}
	base, err := find("nord", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range base.tints {
		switch tint(i) {
		case text:
			want = lipgloss.Color("#ffeedd")
		case danger:
			want = lipgloss.Color("9")
		case selection:
			want = lipgloss.Color("24")
		case warning:
			want = lipgloss.Color("208")
		case background:
			want = nil
		case syntaxKey:
			want = lipgloss.Color("#aabbcc")
		}
		if got.tints[i] != want {
			t.Errorf("%s is %v, want %v", tintNames[i], got.tints[i], want)
		}
	}
	s, err := For("dusk", true, false, got)
	if err != nil || s.Name != "dusk" {
		t.Errorf("the user's theme is not found: %v", err)
	}
}

func TestLoadedThemeMayTakeAName(t *testing.T) {
	own, err := Load([]byte("name = \"default\"\ntext = \"red\"\n"), "x.toml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := For("", false, false, own)
	if err != nil || s.Theme.tints[text] != lipgloss.Color("1") {
		t.Errorf("the user's default is not the default: %v, %v", s.Theme.tints[text], err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		line int
		says string
	}{
		"no TOML":           {"\ntext = = 1\n", 2, ""},
		"an unknown tint":   {"text = 1\nglow = \"red\"\n", 2, "glow"},
		"a table":           {"[colors]\ntext = 1\n", 2, "colors.text"},
		"a number too high": {"text = 256\n", 1, "0 to 255"},
		"a number too low":  {"text = -1\n", 1, "0 to 255"},
		"no hex":            {"text = \"#12345g\"\n", 1, "#rrggbb"},
		"four digits":       {"text = \"#1234\"\n", 1, "#rrggbb"},
		"an unknown colour": {"text = \"mauve\"\n", 1, "bright-red"},
		"a list":            {"text = [\"red\"]\n", 1, "#rrggbb"},
		"an unknown parent": {"text = 1\ninherits = \"neon\"\n", 2, "neon"},
		"a parent's number": {"inherits = 1\n", 1, "name of a theme"},
		"a hostile name":    {"name = \"\\u001b[31m\"\n", 1, "printable"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load([]byte(c.file), "dusk.toml")
			refused, ok := errors.AsType[*settings.Error](err)
			if !ok {
				t.Fatalf("the error is %v", err)
			}
			if refused.Line != c.line || !strings.HasPrefix(err.Error(), "dusk.toml:") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want line %d and %q: %v", c.line, c.says, err)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("inherits = \"nord\"\ntext = \"#fff\"\nselection = 3\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		theme, err := Load(data, "f.toml")
		if err != nil {
			return
		}
		if s := theme.Styles(); strings.ContainsAny(s.Paint(RowSelected, "x"), "\n\t") {
			t.Fatalf("painting breaks the line: %q", s.Paint(RowSelected, "x"))
		}
	})
}
