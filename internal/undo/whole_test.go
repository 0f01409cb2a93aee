package undo_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
)

// entriesOf returns what a journal lists, the newest first.
func entriesOf(t *testing.T, j *journal.Journal) (all []journal.Entry) {
	t.Helper()
	r, err := j.Read()
	require.NoError(t, err)
	defer r.Close()
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, e)
	}
}

// A plan that was carried on with is undone whole, whichever of its parts is named, also if it
// was carried on with more than once; and it is redone whole.
func TestWhatWasCarriedOnWithIsUndoneWhole(t *testing.T) {
	const keys = 700
	bare, _, dir := open(t)
	root := t.TempDir()
	first := journal.New(root, journal.Store{Backend: "etcdv3", ID: "test"}, journal.Options{})
	fill(t, bare, dir+"many/", keys)
	plan, err := kv.MakePlan(t.Context(), bare, dir+"many/")
	require.NoError(t, err)
	require.NoError(t, bare.Put(dir+"many/other", []byte("1"), nil)) // so that not all goes at once
	ctx, end := context.WithCancelCause(t.Context())
	_, err = plan.CarryOut(ctx, kv.Recorded(bare, &journal.Recorder{Journal: first}), func(int) { end(kv.ErrCutOff) })
	require.NoError(t, err)
	require.NoError(t, first.Close())

	j := journal.New(root, first.Store(), journal.Options{})
	defer j.Close()
	there := func() int {
		pairs, err := bare.List(dir + "many/")
		require.NoError(t, err)
		return len(pairs) - 1
	}
	recorder := &journal.Recorder{Journal: j}
	s := kv.Recorded(bare, recorder)
	found, err := undo.FindCutOff(t.Context(), s, j)
	require.NoError(t, err)
	require.Len(t, found, 1)
	cut := &found[0].Plans[0]
	require.Equal(t, keys-there(), cut.Written)
	require.NotZero(t, there())
	_, err = undo.CarryOn(t.Context(), kv.Recorded(&breaks{bare, 100}, recorder), j, cut, dir, func(int) {})
	require.ErrorIs(t, err, errDown)
	carried, err := undo.CarryOn(t.Context(), s, j, cut, dir, func(int) {})
	require.NoError(t, err)
	require.Equal(t, undo.Carried{Written: keys - cut.Written - 100}, carried)
	require.NoError(t, found[0].Settle(j))
	require.Zero(t, there())

	entries := entriesOf(t, j)
	require.Len(t, entries, 3)
	for _, e := range entries {
		whole, err := undo.Find(j, e.ID)
		require.NoError(t, err)
		require.Equal(t, cut.ID, whole.ID, e.Plan.Title)
	}
	run := func(e journal.Entry) undo.Summary {
		u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
		will, err := u.Preview(t.Context())
		require.NoError(t, err)
		require.Equal(t, keys, will.Steps())
		did, err := u.Run(t.Context())
		require.NoError(t, err)
		require.Zero(t, did.Left)
		return did
	}
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	require.Equal(t, keys, run(e).Restored)
	require.Equal(t, keys, there())
	_, err = undo.Last(j, dir, nil)
	require.ErrorIs(t, err, undo.ErrNothing)
	require.Equal(t, keys, run(entriesOf(t, j)[0]).Deleted)
	require.Zero(t, there())
	e, err = undo.Last(j, dir, nil)
	require.NoError(t, err)
	require.Equal(t, cut.ID, e.ID)
	_, err = undo.Older(j, dir, e.ID, nil)
	require.ErrorIs(t, err, undo.ErrNothing)
}
