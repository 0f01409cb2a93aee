package kv

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/stretchr/testify/require"
)

// An error has the kind it was given, else what the store makes of it; a
// write whose outcome is open says so.
func TestFailures(t *testing.T) {
	refused, broken, odd := errors.New("refused"), errors.New("broken"), errors.New("odd")
	closing := false
	f := failures{
		serverOf: func(error) string { return "toy 127.0.0.1:1" },
		look: func(err error) (kind, cause error) {
			switch {
			case errors.Is(err, refused):
				return ErrDenied, err
			case errors.Is(err, broken):
				return errLost, err
			}
			return nil, err
		},
		closing: func() bool { return closing },
	}
	for _, c := range []struct {
		name        string
		err         error
		read, write error // kinds
		text        string
	}{
		{"of the client", refused, ErrDenied, ErrDenied, "refused"},
		{"without a kind", odd, nil, nil, "odd"},
		{"a kind alone", ErrKeyNotFound, ErrKeyNotFound, ErrKeyNotFound, ""},
		{"given a kind", withKind(ErrTooLarge, odd), ErrTooLarge, ErrTooLarge, "odd"},
		{"given a kind alone", withKind(ErrInvalidKey, nil), ErrInvalidKey, ErrInvalidKey, ""},
		{"contact lost", broken, ErrNotReachable, ErrOutcomeUnknown, "broken"},
		{"nothing sent", unsent(broken), ErrNotReachable, ErrNotReachable, "broken"},
		{"lost, with a kind", lost(withKind(ErrNoLeader, odd)), ErrNoLeader, ErrOutcomeUnknown, "odd"},
		{"bad answer", withKind(ErrBadAnswer, odd), ErrBadAnswer, ErrOutcomeUnknown, "odd"},
		{"given up", context.Canceled, nil, ErrOutcomeUnknown, "context canceled"},
		{"given up before", unsent(context.Canceled), nil, nil, "context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, failed := range []struct{ kind, err error }{
				{c.read, f.fail(OpPut, "a", c.err)},
				{c.write, f.failWrite(OpPut, "a", c.err)},
			} {
				var e *Error
				require.ErrorAs(t, failed.err, &e)
				require.Equal(t, failed.kind, e.Kind)
				require.Equal(t, OpPut, e.Op)
				require.Equal(t, "a", e.Key)
				require.Equal(t, "toy 127.0.0.1:1", e.Server)
				if c.text == "" {
					require.NoError(t, e.Err)
				} else {
					require.EqualError(t, e.Err, c.text)
				}
			}
		})
	}
	require.NoError(t, f.fail(OpGet, "a", nil))
	require.NoError(t, f.failWrite(OpPut, "a", nil))
	told := &Error{Op: OpGet, Key: "a", Kind: ErrDenied}
	require.Same(t, told, f.fail(OpLocks, "b", told), "a call inside names itself")

	closing = true
	require.ErrorIs(t, f.fail(OpGet, "a", broken), ErrClosed)
	require.ErrorIs(t, f.failWrite(OpPut, "a", broken), ErrOutcomeUnknown)
	require.ErrorIs(t, f.failWrite(OpPut, "a", unsent(broken)), ErrClosed)
	require.ErrorIs(t, f.fail(OpGet, "a", refused), ErrDenied)
}

// Every variable named Err… is known as a kind.
func TestKindsAreComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	require.NoError(t, err)
	count := 0
	for _, decl := range file.Decls {
		if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.VAR {
			count += len(group.Specs)
		}
	}
	require.Len(t, kinds(), count)
}
