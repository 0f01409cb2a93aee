package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Lists in the pages keep their lines, and a switch is named without its value.
func TestThePagesKeepTheirLists(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, "1", time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "man", "kvist.1"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, first := range []string{"\nconsul://host:8500/prefix\n", "\n0    done\n"} {
		before, _, found := strings.Cut(page, first)
		if !found || strings.LastIndex(before, "\n.EX") <= strings.LastIndex(before, "\n.EE") {
			t.Errorf("%q stands in filled text:\n%s", first, page)
		}
	}
	if !strings.Contains(page, "\\fB--read-only\\fP\n") || strings.Contains(page, "[=") {
		t.Errorf("switches have values:\n%s", page)
	}
	if n := strings.Count(markLists("a\n  b\n\n  c\nd\n"), "\n\n"); n != 3 {
		t.Errorf("%d empty lines", n)
	}
}
