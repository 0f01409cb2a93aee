package undo_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// recordedOn opens a store of one kind with an empty journal, and a folder of the test's own,
// which is there already.
func recordedOn(t *testing.T, h kvtest.Harness) (bare, recorded kv.Store, j *journal.Journal, dir string) {
	t.Helper()
	bare, err := kv.NewStore(h.Backend, []string{h.Shared(t).Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(bare.Close)
	j = journal.New(t.TempDir(), journal.Store{Backend: h.Name, ID: "test"}, journal.Options{})
	t.Cleanup(func() { j.Close() })
	dir = fmt.Sprintf("folders-%d/", time.Now().UnixNano())
	require.NoError(t, bare.Put(dir+"other", []byte("1"), nil))
	t.Cleanup(func() { _ = bare.DeleteTree(dir) })
	return bare, kv.Recorded(bare, &journal.Recorder{Journal: j}), j, dir
}

// undoneIn takes back what was written last in a prefix, as it was said before.
func undoneIn(t *testing.T, s kv.Store, j *journal.Journal, dir string) undo.Summary {
	t.Helper()
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
	will, err := u.Preview(t.Context())
	require.NoError(t, err)
	did, err := u.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, will.Deleted, did.Deleted)
	require.Equal(t, will.Used, did.Used)
	require.Empty(t, did.Conflicts)
	require.Empty(t, did.Failed)
	return did
}

// keysIn lists what is in a folder; an empty folder is a key where keys are paths.
func keysIn(t *testing.T, s kv.Store, dir string) (keys []string) {
	t.Helper()
	pairs, err := s.List(dir)
	require.NoError(t, err)
	for _, p := range pairs {
		keys = append(keys, p.Key[len(dir):])
	}
	return keys
}

// A folder that was made is undone, and so is a key with the folders above it that were made for
// it, also below an opened prefix. A folder that others use meanwhile stays, and is named.
func TestFoldersThatWereMadeAreUndone(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			bare, s, j, dir := recordedOn(t, h)
			if maker, ok := kv.As[kv.DirectoryMaker](s); ok {
				for _, name := range []string{"new/", "bare", "deep/er/"} {
					require.NoError(t, maker.MakeDirectory(context.Background(), dir+name))
					there, err := bare.Exists(dir + name)
					require.NoError(t, err)
					require.True(t, there || h.Name == "consul", name) // its folders end in a slash
					did := undoneIn(t, s, j, dir)
					require.NotZero(t, did.Deleted, name)
					require.Equal(t, []string{"other"}, keysIn(t, bare, dir), name)
				}
			}
			require.NoError(t, s.Put(dir+"p/q/r", []byte("1"), nil))
			undoneIn(t, s, j, dir+"p/q/")
			require.Equal(t, []string{"other"}, keysIn(t, bare, dir))
			if !kv.NatureOf(s).Paths {
				return
			}
			_, _, err := s.AtomicPut(dir+"p/q/r", []byte("2"), nil, nil)
			require.NoError(t, err)
			require.NoError(t, bare.Put(dir+"p/theirs", []byte("1"), nil))
			did := undoneIn(t, s, j, dir)
			require.Equal(t, []string{"other", "p", "p/theirs"}, keysIn(t, bare, dir))
			require.Equal(t, []int{2, 1}, []int{did.Deleted, did.Used})
			_, err = undo.Last(j, dir, nil)
			require.ErrorIs(t, err, undo.ErrNothing)
		})
	}
}
