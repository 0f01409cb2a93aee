package undo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// A store that was set back to an older state, under the same identity, is noticed:
// nothing there is taken for what kvist wrote, also where an index is given again.
func TestAStoreThatWasSetBackIsNoticed(t *testing.T) {
	server := kvtest.StartEtcd(t)
	data, kept := filepath.Join(server.Dir, "data"), filepath.Join(t.TempDir(), "kept")
	connect := func() (kv.Store, string) {
		s, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
		require.NoError(t, err)
		id, err := kv.Identity(t.Context(), s)
		require.NoError(t, err)
		return s, id
	}
	bare, id := connect()
	require.NoError(t, bare.Put("a", []byte("1"), nil))
	require.NoError(t, bare.Put("same", []byte("1"), nil))
	bare.Close()
	server.Stop()
	require.NoError(t, os.CopyFS(kept, os.DirFS(data)))
	require.NoError(t, server.Restart())

	j := journal.New(t.TempDir(), journal.Store{Backend: "etcdv3", ID: id}, journal.Options{})
	defer j.Close()
	secret := func(key string) bool { return key == "secret" }
	bare, _ = connect()
	s := kv.Recorded(bare, &journal.Recorder{Journal: j, Hide: secret})
	for i := range 10 {
		require.NoError(t, bare.Put(fmt.Sprint("other", i), []byte("1"), nil))
	}
	keys := []string{"a", "made", "secret", "same"}
	indexes := map[string]uint64{}
	for _, key := range keys {
		require.NoError(t, s.Put(key, []byte("mine"), nil))
		pair, err := s.Get(key)
		require.NoError(t, err)
		indexes[key] = pair.LastIndex
	}
	s.Close()
	server.Stop()
	require.NoError(t, os.RemoveAll(data))
	require.NoError(t, os.CopyFS(data, os.DirFS(kept)))
	require.NoError(t, server.Restart())

	bare, again := connect()
	defer bare.Close()
	require.Equal(t, id, again)
	s = kv.Recorded(bare, &journal.Recorder{Journal: j, Hide: secret})
	require.NoError(t, bare.Put("a", []byte("theirs"), nil)) // at a lower index
	for {                                                    // the others at just the index that kvist got
		require.NoError(t, bare.Put("filler", nil, nil))
		pair, err := bare.Get("filler")
		require.NoError(t, err)
		if pair.LastIndex == indexes["made"]-1 {
			break
		}
	}
	require.NoError(t, bare.Put("made", []byte("theirs"), nil))
	require.NoError(t, bare.Put("secret", []byte("theirs"), nil))
	e := journal.Entry{}
	for i, want := range []struct {
		key      string
		conflict bool
		setBack  bool
	}{{"same", false, false}, {"secret", true, false}, {"made", true, false}, {"a", true, true}} {
		var err error
		if i == 0 {
			e, err = undo.Last(j, "", nil)
		} else {
			e, err = undo.Older(j, "", e.ID, nil)
		}
		require.NoError(t, err)
		require.Equal(t, want.key, e.Key)
		u := undo.Undo{Store: s, Journal: j, Entry: e}
		will, err := u.Preview(t.Context())
		require.NoError(t, err)
		require.True(t, will.Nothing(), want.key)
		require.Equal(t, want.conflict, len(will.Conflicts) == 1, want.key)
		require.Equal(t, want.setBack, will.SetBack == 1, want.key)
		_, err = u.Run(t.Context())
		require.NoError(t, err)
	}
	for _, key := range []string{"a", "made", "secret"} {
		pair, err := bare.Get(key)
		require.NoError(t, err)
		require.Equal(t, "theirs", string(pair.Value), key)
		require.LessOrEqual(t, pair.LastIndex, indexes[key])
	}
}
