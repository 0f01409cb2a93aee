package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"kvist/internal/config"
	"kvist/keymap"
	"kvist/themes"
)

// readme returns the text of the README.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The README's table of keys equals the keymap's.
func TestReadmeNamesTheKeys(t *testing.T) {
	if err := keymap.Default().CompareMarkdown(readme(t)); err != nil {
		t.Error(err)
	}
}

// The files that the README shows, settings and a theme, are valid.
func TestReadmeFilesAreTaken(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d files in the README", len(blocks))
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

// The README names every theme that comes with the program.
func TestReadmeNamesTheThemes(t *testing.T) {
	text := readme(t)
	for _, name := range themes.Names() {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(name) + "`").MatchString(text) {
			t.Errorf("no word of %s", name)
		}
	}
}
