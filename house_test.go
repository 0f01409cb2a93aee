package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is how many characters a line of a comment may have.
const maxColumns = 100

// sources are the parsed Go files of the module, by directory.
func sources(t *testing.T) (*token.FileSet, map[string][]*ast.File) {
	t.Helper()
	set, found := token.NewFileSet(), map[string][]*ast.File{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "dist") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		found[dir] = append(found[dir], file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return set, found
}

// Each package says in its doc.go, and only there, what it is for.
func TestEachPackageHasADoc(t *testing.T) {
	set, found := sources(t)
	for dir, files := range found {
		var documented []string
		for _, f := range files {
			if f.Doc == nil {
				continue
			}
			name := filepath.Base(set.Position(f.Package).Filename)
			documented = append(documented, name)
			text := f.Doc.Text()
			if !strings.HasPrefix(text, "Package "+f.Name.Name+" ") && !strings.HasPrefix(text, "Command ") {
				t.Errorf("%s begins neither with \"Package %s\" nor with \"Command\"", filepath.Join(dir, name), f.Name.Name)
			}
		}
		if !slices.Equal(documented, []string{"doc.go"}) {
			t.Errorf("%s is documented in %q, and should be in doc.go alone", dir, documented)
		}
	}
}

// Comments read as Go's own do, and fit on a screen. CONTRIBUTING.md says how.
func TestCommentsArePlain(t *testing.T) {
	set, found := sources(t)
	odd := regexp.MustCompile(`(?:^|[.:;] )(Who|What is|What was) [a-z]`)
	for _, files := range found {
		for _, f := range files {
			for _, group := range f.Comments {
				at, text := set.Position(group.Pos()), strings.Join(strings.Fields(group.Text()), " ")
				if strings.Contains(text, "tells whether") {
					t.Errorf("%s: write \"reports whether\", not \"tells whether\"", at)
				}
				if begin := odd.FindStringSubmatch(text); begin != nil {
					t.Errorf("%s: name who does it, instead of a sentence that begins with %q", at, begin[1])
				}
			}
			checkWidth(t, set.Position(f.Package).Filename)
		}
	}
}

// checkWidth fails for comments with a line of their own that are wider than
// maxColumns. Directives are for tools.
func checkWidth(t *testing.T, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		comment := strings.TrimLeft(line, "\t")
		width := utf8.RuneCountInString(line)
		if strings.HasPrefix(comment, "// ") && width > maxColumns {
			t.Errorf("%s:%d: the comment has %d columns", name, i+1, width)
		}
	}
}
