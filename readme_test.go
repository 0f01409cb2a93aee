package main

import (
	"os"
	"testing"

	"kvist/keymap"
)

// The table of keys in the README is made from the keymap.
func TestReadmeNamesTheKeys(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if err := keymap.Default().CompareMarkdown(string(readme)); err != nil {
		t.Error(err)
	}
}
