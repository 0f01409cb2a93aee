package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
