package kv

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	// mostFiles is how many files the package may have, apart from tests. Nobody finds
	// the way among more.
	mostFiles = 100
	// mostOfAnother is how many files a backend besides those of now may bring.
	mostOfAnother = 19
)

// shortPrefixes are what each private name of a backend has in it, unless it has the name that the
// backend's files begin with.
var shortPrefixes = map[string]string{"etcdv2": "v2", "etcdv3": "v3", "zookeeper": "zk"}

// backends returns the names that the files of backends begin with: those of the files that have a
// function to open a store, besides open.go.
var backends = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	files, _ := filepath.Glob("*.go")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && file != "open.go" && bytes.Contains(text, []byte("\nfunc Initialize")) {
			names[strings.TrimSuffix(file, ".go")] = true
		}
	}
	return names
})

// backendOf returns the backend that a file belongs to; "" for a shared one.
func backendOf(file string) string {
	prefix, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".go"), "_")
	if backends()[prefix] {
		return prefix
	}
	return ""
}

// noImports is a types.Importer of packages without content: names of this
// package are all that the walls are about.
type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

// sources parses the files of this package that are no tests.
func sources(t *testing.T) (*token.FileSet, []*ast.File) {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	set := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, e.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	return set, files
}

// typeChecked checks the package as far as that goes without its imports.
func typeChecked(set *token.FileSet, files []*ast.File, info *types.Info) *types.Package {
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	pkg, _ := config.Check("kvist/kv", set, files, info)
	return pkg
}

// A file of one backend uses nothing of another, and a shared file nothing of
// any, but open.go, which opens them.
func TestWallsBetweenBackends(t *testing.T) {
	set, files := sources(t)
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	pkg := typeChecked(set, files, &info)
	for ident, object := range info.Uses {
		user, owner := set.Position(ident.Pos()), set.Position(object.Pos())
		if object.Parent() != pkg.Scope() || filepath.Base(user.Filename) == "open.go" {
			continue
		}
		if from := backendOf(owner.Filename); from != "" && from != backendOf(user.Filename) {
			t.Errorf("%s uses %s of %s", user, ident.Name, owner.Filename)
		}
	}
}

// Every private name of a backend says whose it is.
func TestBackendsNamesBearTheirPrefix(t *testing.T) {
	set, files := sources(t)
	check := func(ident *ast.Ident) {
		at := set.Position(ident.Pos())
		backend := backendOf(at.Filename)
		if backend == "" || ident.IsExported() || ident.Name == "_" {
			return
		}
		name := strings.ToLower(ident.Name)
		if !strings.Contains(name, backend) && !strings.Contains(name, cmp.Or(shortPrefixes[backend], backend)) {
			t.Errorf("%s: %s lacks %q", at, ident.Name, cmp.Or(shortPrefixes[backend], backend))
		}
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					check(d.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						check(s.Name)
					case *ast.ValueSpec:
						for _, name := range s.Names {
							check(name)
						}
					}
				}
			}
		}
	}
}

// The package does not grow beyond what can be found.
func TestFilesAreFew(t *testing.T) {
	_, files := sources(t)
	const now = 5 // with the Mock
	require.LessOrEqual(t, len(files), mostFiles+mostOfAnother*(len(backends())-now))
}

// writing are the abilities that a guard hides: they write, or serve writes
// alone.
var writing = map[string]bool{
	"DirectoryMaker": true, "PlanDeleter": true, "NodeWriter": true, "NodeChecker": true,
}

// Every ability that a backend has is either forwarded by the guard of a
// read-only store, or known to write.
func TestGuardForwardsEveryAbility(t *testing.T) {
	set, files := sources(t)
	scope := typeChecked(set, files, nil).Scope()
	has := func(store string, ability *types.Interface) bool {
		pointer := types.NewPointer(scope.Lookup(store).Type())
		for i := range ability.NumMethods() {
			method, _, _ := types.LookupFieldOrMethod(pointer, false, scope.Lookup(store).Pkg(), ability.Method(i).Name())
			if method == nil {
				return false
			}
		}
		return true
	}
	contract := scope.Lookup("Store").Type().Underlying().(*types.Interface)
	var stores []string
	for _, name := range scope.Names() {
		object, isType := scope.Lookup(name).(*types.TypeName)
		if isType && backendOf(set.Position(object.Pos()).Filename) != "" && has(name, contract) {
			stores = append(stores, name)
		}
	}
	require.Greater(t, len(stores), 3, "the stores were not found")
	found := 0
	for _, name := range scope.Names() {
		ability, ok := scope.Lookup(name).Type().Underlying().(*types.Interface)
		if _, isType := scope.Lookup(name).(*types.TypeName); !ok || !isType || ability.NumMethods() == 0 {
			continue
		}
		isAbility := false
		for _, store := range stores {
			isAbility = isAbility || has(store, ability)
		}
		if !isAbility {
			continue
		}
		found++
		if forwarded := has("readOnly", ability); forwarded == writing[name] {
			t.Errorf("%s is forwarded: %t, writes: %t", name, forwarded, writing[name])
		}
	}
	require.Greater(t, found, 12, "the abilities were not found")
}
