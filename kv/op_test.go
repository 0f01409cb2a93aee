package kv

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every operation has words.
func TestOpsHaveWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "op.go", nil, 0)
	require.NoError(t, err)
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		count++
		name, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		require.NotEmpty(t, opWords[Op(name)], "%s has no words", spec.Names[0])
		return true
	})
	require.NotZero(t, count)
	require.Len(t, opWords, count, "two operations have one name")
	require.Equal(t, "strange", Op("strange").Doing())
}

// An operation is named by its constant, never by a string.
func TestOpsAreConstants(t *testing.T) {
	set, files := sources(t)
	info := types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	pkg := typeChecked(set, files, &info)
	op := pkg.Scope().Lookup("Op").Type()
	for expr, is := range info.Types {
		literal, ok := expr.(*ast.BasicLit)
		at := set.Position(expr.Pos())
		if !ok || !types.Identical(is.Type, op) || literal.Value == `""` || at.Filename == "op.go" {
			continue
		}
		t.Errorf("%s: %s", at, literal.Value)
	}
}
