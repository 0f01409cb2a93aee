package kv

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// A run stops at an error that concerns more than one key, and at no other.
func TestPlanRunStops(t *testing.T) {
	plan := &Plan{Prefix: "a", Keys: []PlannedKey{{Key: "a/b"}, {Key: "a/c"}}}
	for _, kind := range kinds() {
		run := newPlanRun(plan, nil)
		run.keep(Outcome{"a/b", &Error{Op: OpDelete, Key: "a/b", Kind: kind}})
		stops := isAnyOf(kind, ErrNotReachable, ErrClosed, ErrReadOnly, ErrUnrecorded, ErrOutcomeUnknown)
		require.Equal(t, !stops, run.goesOn(t.Context()), "after %v", kind)
		if !stops {
			continue
		}
		report, err := run.end(t.Context(), nil)
		require.ErrorIs(t, err, kind)
		require.Equal(t, 1, report.Left)
		require.False(t, report.Cancelled)
	}
}

// A run counts each key once, reports progress, and has one ending for all.
func TestPlanRunCounts(t *testing.T) {
	plan := &Plan{Prefix: "a", Keys: make([]PlannedKey, 5)}
	var progress []int
	run := newPlanRun(plan, func(done int) { progress = append(progress, done) })
	run.deletedOf(2)
	run.keep(Outcome{"a/b", ErrKeyModified}, Outcome{"a/c", ErrDenied})
	require.Equal(t, []int{2, 4}, progress)

	ctx, cancel := context.WithCancel(t.Context())
	require.True(t, run.goesOn(ctx))
	cancel()
	require.False(t, run.goesOn(ctx))
	report, err := run.end(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, Report{
		Deleted: 2, Kept: []Outcome{{"a/b", ErrKeyModified}, {"a/c", ErrDenied}}, Cancelled: true, Left: 1,
	}, report)

	failed := errors.New("the connection cannot be opened")
	run = newPlanRun(plan, nil)
	run.stop(failed)
	run.stop(errors.New("a later reason"))
	_, err = run.end(t.Context(), nil)
	require.Equal(t, failed, err)
}
