package tui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The recipes of ARCHITECTURE.md list every place where a new pane or action has to
// be named. These tests count the places of the existing ones.
const (
	paneSteps   = 3
	actionSteps = 4
)

// parsed returns the sources of a directory, without tests, by file name.
func parsed(t *testing.T, dir string) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files in %s, %v", len(names), dir, err)
	}
	set, files := token.NewFileSet(), map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = file
	}
	return set, files
}

// actionNames returns the actions of the keymap: the value of each constant.
func actionNames(files map[string]*ast.File) map[string]string {
	names := map[string]string{}
	ast.Inspect(files["action.go"], func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			names[spec.Names[0].Name] = strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
		}
		return true
	})
	return names
}

// users returns the files in which each name is used. Naming an action's key in a
// sentence or a line of keys does not count: a new action does not need it.
func users(files map[string]*ast.File) map[string][]string {
	found := map[string]map[string]bool{}
	for file, source := range files {
		ast.Inspect(source, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				return !ok || f.Sel.Name != "keyFor" && f.Sel.Name != "Keys"
			case *ast.CompositeLit:
				of := n.Type
				if list, ok := of.(*ast.ArrayType); ok {
					of = list.Elt
				}
				name, ok := of.(*ast.Ident)
				return !ok || name.Name != "named"
			case *ast.Ident:
				if found[n.Name] == nil {
					found[n.Name] = map[string]bool{}
				}
				found[n.Name][file] = true
			}
			return true
		})
	}
	sorted := map[string][]string{}
	for name, in := range found {
		sorted[name] = slices.Sorted(maps.Keys(in))
	}
	return sorted
}

// rowsOf returns how many rows of the default keymap have an action.
func rowsOf(files map[string]*ast.File, action string) int {
	n := 0
	ast.Inspect(files["default.go"], func(node ast.Node) bool {
		if id, ok := node.(*ast.Ident); ok && id.Name == action {
			n++
		}
		return true
	})
	return n
}

// An action is named in no more files than its recipe has steps. One with several
// rows means something different on each surface.
func TestAnActionIsNamedInFewPlaces(t *testing.T) {
	_, keys := parsed(t, "../keymap")
	_, screen := parsed(t, ".")
	inKeys, onScreen := users(keys), users(screen)
	for name := range actionNames(keys) {
		rows, places := rowsOf(keys, name), append(slices.Clone(inKeys[name]), onScreen[name]...)
		if rows == 0 || len(onScreen[name]) == 0 {
			t.Errorf("%s has %d rows in the keymap, and is carried out in %v", name, rows, onScreen[name])
		}
		if rows == 1 && len(places) > actionSteps {
			t.Errorf("%s is named in %d places: %v", name, len(places), places)
		}
	}
}

// singlePanes returns the panes that only newPanes knows, by the prefix of their
// files, scope and actions. All code may know the tree and the value: everything is
// about their key.
func singlePanes(t *testing.T) []string {
	var names []string
	for _, p := range still(t, "", 80, 24).panes {
		name := strings.TrimSuffix(reflect.TypeOf(p.pane).Elem().Name(), "Pane")
		if name != "tree" && name != "value" {
			names = append(names, name)
		}
	}
	return names
}

// Outside its own files, a pane is used only by its entry in newPanes.
func TestAPaneIsOneEntry(t *testing.T) {
	set, files := parsed(t, ".")
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	_, _ = config.Check("kvist/tui", set, slices.Collect(maps.Values(files)), &info)
	for _, pane := range singlePanes(t) {
		entries := 0
		for ident, object := range info.Uses {
			user, owner := set.Position(ident.Pos()), set.Position(object.Pos())
			if !strings.HasPrefix(owner.Filename, pane) || strings.HasPrefix(user.Filename, pane) {
				continue
			}
			if entries++; user.Filename != "pane.go" || entries > 1 {
				t.Errorf("%s uses %s of %s", user, ident.Name, owner.Filename)
			}
		}
		if entries == 0 {
			t.Errorf("no use of %s was found", pane)
		}
	}
}

// noImports imports packages without their contents, since only uses within the
// package matter.
type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

// The actions and the scope of a pane are named only in the keymap's rows, in the
// pane's own files, and in its entry.
func TestAPanesKeysAreRows(t *testing.T) {
	_, keys := parsed(t, "../keymap")
	_, screen := parsed(t, ".")
	inKeys, onScreen := users(keys), users(screen)
	for _, pane := range singlePanes(t) {
		names := []string{"Scope" + strings.ToUpper(pane[:1]) + pane[1:]}
		for name, value := range actionNames(keys) {
			if strings.HasPrefix(value, pane+".") {
				names = append(names, name)
			}
		}
		for _, name := range names {
			for _, file := range inKeys[name] {
				if !slices.Contains([]string{"action.go", "scope.go", "default.go"}, file) {
					t.Errorf("%s is named in keymap/%s", name, file)
				}
			}
			for _, file := range onScreen[name] {
				if file != "pane.go" && !strings.HasPrefix(file, pane) {
					t.Errorf("%s is named in %s, which is not the pane's", name, file)
				}
			}
		}
	}
}

// The recipes have as many steps as are counted here, and the files that they name
// exist.
func TestTheRecipesAreTrue(t *testing.T) {
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for title, most := range map[string]int{"A pane": paneSteps, "An action": actionSteps} {
		_, recipe, ok := strings.Cut(string(text), "\n### "+title+"\n")
		if !ok {
			t.Fatalf("there is no recipe for %q", title)
		}
		recipe, _, _ = strings.Cut(recipe, "\n#")
		if steps := len(regexp.MustCompile(`(?m)^\d+\. `).FindAllString(recipe, -1)); steps == 0 || steps > most {
			t.Errorf("%q has %d steps, not 1 to %d", title, steps, most)
		}
		for _, name := range regexp.MustCompile("`([a-z]+/[a-z]+\\.go)`").FindAllStringSubmatch(recipe, -1) {
			if _, err := os.Stat("../" + name[1]); err != nil {
				t.Errorf("%q: %v", title, err)
			}
		}
	}
}
