package undo_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
)

// While an undo is carried out, its progress counts what was written, not what was read:
// it does not stand at the end while thousands of writes are still under way.
func TestProgressCountsWhatWasWritten(t *testing.T) {
	bare, j, dir := open(t)
	const keys = 300
	fill(t, bare, dir+"many/", keys)
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	require.NoError(t, s.DeleteTree(dir+"many/"))
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	var said []int
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir, Progress: func(n int) { said = append(said, n) }}
	_, err = u.Preview(t.Context())
	require.NoError(t, err)
	said = nil
	_, err = u.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, said, keys)
	require.True(t, slices.IsSorted(said))
	require.Equal(t, []int{1, keys}, []int{said[0], said[keys-1]})
}
