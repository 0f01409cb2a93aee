package kv

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// No goroutine of this package or of kv/internal calls anything that may panic
// except by recovered, contained or untilEnded: a panic that nobody recovers
// would end the program and leave the terminal as it was drawn.
func TestEveryGoroutineRecovers(t *testing.T) {
	flats, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	cellars, err := filepath.Glob("internal/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range append(flats, cellars...) {
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "fake") { // a panic ends a test at once
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, begun := range goroutines(file) {
			found++
			for _, call := range unrecovered(begun) {
				t.Errorf("%s: a goroutine calls %s, and would end the program by a panic in it", files.Position(call.Pos()), called(call.Fun))
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d goroutines were found", found)
	}
}

// The test itself finds calls that do not recover.
func TestWallFindsWhatDoesNotRecover(t *testing.T) {
	for text, want := range map[string]string{
		`go p.run()`:              "run",
		`go func() { p.run() }()`: "run",
		`wg.Go(p.run)`:            "run",
		`wg.Go(func() { defer close(c); p.run() })`:                 "run",
		`time.AfterFunc(time.Second, p.run)`:                        "run",
		`wg.Go(func() { if contained(p.run) != nil { p.tell() } })`: "tell",
		`wg.Go(func() { defer close(c); _ = contained(p.run) })`:    "",
		`go func() { untilEnded(ctx, func() { p.run() }) }()`:       "",
		`context.AfterFunc(ctx, cancel)`:                            "",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package kv\nfunc f() {\n"+text+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, begun := range goroutines(file) {
			for _, call := range unrecovered(begun) {
				got += called(call.Fun)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// goroutines returns the calls that run in goroutines: those of go statements,
// and one of each function that is passed on to be run in one.
func goroutines(file *ast.File) []*ast.CallExpr {
	var begun []*ast.CallExpr
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			begun = append(begun, n.Call)
		case *ast.CallExpr:
			if name := called(n.Fun); name == "Go" && len(n.Args) == 1 || name == "AfterFunc" {
				begun = append(begun, &ast.CallExpr{Fun: n.Args[len(n.Args)-1]})
			}
		}
		return true
	})
	return begun
}

// unrecovered returns the calls of a goroutine that may panic and that nothing
// recovers.
func unrecovered(begun *ast.CallExpr) []*ast.CallExpr {
	literal, ok := begun.Fun.(*ast.FuncLit)
	if !ok {
		if harmless[called(begun.Fun)] {
			return nil
		}
		return []*ast.CallExpr{begun}
	}
	var calls []*ast.CallExpr
	ast.Inspect(literal.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch name := called(call.Fun); {
		case recovering[strings.ToLower(name)]:
			return false
		case name == "Go", name == "AfterFunc": // a goroutine of its own
			return false
		case name != "func" && !harmless[name]:
			calls = append(calls, call)
		}
		return true
	})
	return calls
}

// recovering are the functions that recover, in this package and in kv/internal/panics.
var recovering = map[string]bool{"recovered": true, "contained": true, "untilended": true}

// harmless are calls that do not read an answer: they end something, or record
// the outcome of a call that was recovered.
var harmless = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range strings.Fields(`
		cancel end stop giveUp lose presumeOver
		close closeOnce Close Done Wait Lock Unlock SetDeadline
		len min int int64 make append Add Load Store Do Err Unix Repeat ContainsFunc Cause deleteOne
		isPanic answered fail count done send deleteTogether checkPlanned ended failAll withKind removeUnless leave`) {
		names[name] = true
	}
	return names
}()

// called returns the name of a function without its package or receiver.
func called(fun ast.Expr) string {
	switch fun := fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	case *ast.FuncLit:
		return "func"
	}
	return "?"
}
