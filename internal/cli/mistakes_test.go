package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kvist/internal/config"
)

// Each kind of mistake in the settings or a theme is reported with its file, line
// and column, and with what was likely meant.
func TestMistakesSayWhatWasMeant(t *testing.T) {
	const address = "[profile.prod]\naddress = \"etcd://h\"\n"
	for _, c := range []struct{ name, settings, theme, says string }{
		{"a setting", "\n  theem = \"nord\"\n", "", "config.toml:2:3: theem: unknown key; did you mean theme?"},
		{"a table", "[kesy.tree]\n\"tree.open\" = \"o\"\n", "", "config.toml:2:1: kesy.tree.tree.open: unknown key; did you mean keys?"},
		{"a setting of a profile", address + "\tread_olny = true\n", "", "config.toml:3:2: profile.prod.read_olny: unknown key; did you mean read_only?"},
		{"a kind of store", "[profile.prod]\naddress = \"ectd://h\"\n", "", "config.toml:2:1: profile.prod.address: unknown kind of store"},
		{"a kind of store, meant", "[profile.prod]\naddress = \"ectd://h\"\n", "", "did you mean etcd://h?"},
		{"a mode", address + "journal = \"kesy\"\n", "", "config.toml:3:1: profile.prod.journal: \"kesy\" is not a mode of the journal; did you mean keys?"},
		{"a type", address + "read_only = \"yes\"\n", "", "config.toml:3:1: profile.prod.read_only: should be true or false"},
		{"a theme's name", "confirm_count = 5\ntheme = \"nrod\"\n", "", "config.toml:2:1: theme: no theme is called \"nrod\"; did you mean nord?"},
		{"an own theme's name", "theme = \"owm\"\n", "text = 1\n", "config.toml:1:1: theme: no theme is called \"owm\"; did you mean own?"},
		{"a scope", "[keys.tre]\n\"tree.open\" = \"o\"\n", "", "config.toml:2:1: keys.tre.tree.open: there is no scope \"tre\"; did you mean tree?"},
		{"an action", "[keys.tree]\n \"tree.opne\" = \"o\"\n", "", "config.toml:2:2: keys.tree.tree.opne: there is no action \"tree.opne\" in [keys.tree]; did you mean tree.open?"},
		{"an action of another scope", "[keys.tree]\n\"plan.yes\" = \"o\"\n", "", "config.toml:2:1: keys.tree.plan.yes: there is no action \"plan.yes\" in [keys.tree]; it is one of [keys.plan]"},
		{"a modifier", "[keys.tree]\n\"tree.open\" = \"ctlr+o\"\n", "", `config.toml:2:1: keys.tree.tree.open: "ctlr+o" is not a key: did you mean "ctrl+o"?`},
		{"a key's name", "[keys.tree]\n\"tree.open\" = [\"o\", \"alt+entre\"]\n", "", `config.toml:2:1: keys.tree.tree.open: "alt+entre" is not a key: did you mean "alt+enter"?`},
		{"a type of keys", "[keys.tree]\n\"tree.open\" = 5\n", "", "config.toml:2:1: keys.tree.tree.open: is not a key name or a list of key names"},
		{"no TOML", "\ntheme = nord\n", "", "config.toml:2:9: theme: text needs quotes"},
		{"what a theme colours", "", "text = 1\n  acent = \"red\"\n", "own.toml:2:3: acent: there is nothing of that name to colour; did you mean accent?"},
		{"a theme's parent", "", "inherits = \"nrod\"\n", "own.toml:1:1: inherits: no theme is called \"nrod\"; did you mean nord?"},
		{"a colour's name", "", "text = \"bright-rde\"\n", "own.toml:1:1: text: \"bright-rde\" is no colour; did you mean \"bright-red\"?"},
		{"a colour's type", "", "text = true\n", "own.toml:1:1: text: a colour is \"#rrggbb\", a number from 0 to 255"},
		{"a theme that is no TOML", "", "\ntext = red\n", "own.toml:2:8: text: text needs quotes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"config.toml": c.settings, "themes/own.toml": c.theme} {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p := &Program{Env: onlySettings(filepath.Join(dir, "config.toml"))}
			settings, err := config.Load(filepath.Join(dir, "config.toml"), true)
			if err == nil {
				_, err = p.look("", settings)
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), dir) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
