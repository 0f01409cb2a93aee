package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kvist/internal/config"
	"kvist/keymap"
	"kvist/themes"
)

// The table of keys equals the keymap's.
func TestDocsNameTheKeys(t *testing.T) {
	if err := keymap.Default().CompareMarkdown(page(t, "docs/keys.md")); err != nil {
		t.Error(err)
	}
}

// The files that the documents show, settings and a theme, are valid.
func TestFilesOfTheDocsAreTaken(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(page(t, "docs/addresses.md")+page(t, "docs/themes.md"), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d files in the documents", len(blocks))
	}
	name := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(name, []byte(blocks[0][1]), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Load(name, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := settings.Profiles["prod"]; !ok {
		t.Errorf("the profiles are %v", settings.Names())
	}
	if _, err := keymap.Load(settings.Text, name); err != nil {
		t.Error(err)
	}
	if _, err := themes.Load([]byte(blocks[1][1]), "own.toml"); err != nil {
		t.Error(err)
	}
}

// The schemas that the files of the documents name are those that kvist config
// init writes.
func TestFilesOfTheDocsNameTheirSchemas(t *testing.T) {
	for name, line := range map[string]string{"docs/addresses.md": "./" + config.SchemaName, "docs/themes.md": "../" + themes.SchemaName} {
		if !strings.Contains(page(t, name), "```toml\n#:schema "+line+"\n") {
			t.Errorf("%s does not name %s", name, line)
		}
	}
}

// The documents name every theme that comes with the program.
func TestDocsNameTheThemes(t *testing.T) {
	text := page(t, "docs/themes.md")
	for _, name := range themes.Names() {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(name) + "`").MatchString(text) {
			t.Errorf("no word of %s", name)
		}
	}
}
