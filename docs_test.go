package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages returns the README and the pages of docs, by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range append(names, "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// page returns the text of one page.
func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The README is read within minutes.
func TestReadmeIsShort(t *testing.T) {
	if lines := strings.Count(page(t, "README.md"), "\n"); lines > 150 {
		t.Errorf("it has %d lines", lines)
	}
}

// The README begins with a moving picture that a page can carry.
func TestReadmeMoves(t *testing.T) {
	_, first, _ := strings.Cut(page(t, "README.md"), "](")
	name, _, _ := strings.Cut(first, ")")
	film := page(t, name)
	if !strings.HasPrefix(film, "GIF89a") || !strings.Contains(film, "NETSCAPE2.0") { // which repeats it
		t.Errorf("%s does not move", name)
	}
	if len(film) > 1<<20 {
		t.Errorf("%s takes %d KiB", name, len(film)>>10)
	}
}

// The README names every page of docs.
func TestReadmeNamesThePages(t *testing.T) {
	readme := page(t, "README.md")
	for name := range pages(t) {
		if strings.HasPrefix(name, "docs/") && !strings.Contains(readme, "]("+filepath.ToSlash(name)+")") {
			t.Errorf("no word of %s", name)
		}
	}
}

// Every link to a file leads to one, and to a heading that is there.
func TestLinks(t *testing.T) {
	texts := pages(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for name, text := range texts {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			to, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			file := name
			if to != "" {
				file = filepath.Join(filepath.Dir(name), to)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if heading != "" && !hasHeading(texts[file], heading) {
				t.Errorf("%s: no heading %q in %s", name, heading, file)
			}
		}
	}
}

// hasHeading reports whether a text has a heading that links call so.
func hasHeading(text, anchor string) bool {
	unwanted := regexp.MustCompile(`[^a-z0-9 -]`)
	for _, line := range strings.Split(text, "\n") {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			name := unwanted.ReplaceAllString(strings.ToLower(title), "")
			if strings.ReplaceAll(name, " ", "-") == anchor {
				return true
			}
		}
	}
	return false
}
