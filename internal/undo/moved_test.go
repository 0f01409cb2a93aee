package undo_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/transfer"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// move moves the folder from/ of dir to to/.
func move(t *testing.T, s kv.Store, dir string) {
	t.Helper()
	from, to := transfer.Place{Store: s, Prefix: dir + "from/"}, transfer.Place{Store: s, Prefix: dir + "to/"}
	plan, err := transfer.Make(t.Context(), transfer.FromStore(from), to, transfer.Options{
		Title: transfer.Title("move", from.Prefix, to.Prefix), Move: true, From: &from, Same: true,
	})
	require.NoError(t, err)
	report, err := plan.Run(t.Context(), false, nil)
	require.NoError(t, err)
	require.Empty(t, report.Failed)
	require.Empty(t, report.Stayed)
}

// takeBack takes back the newest entry, or the one with an ID, and returns what it said
// before and after.
func takeBack(t *testing.T, s kv.Store, j *journal.Journal, dir, id string) (will, did undo.Summary, newest string) {
	t.Helper()
	e, err := undo.Last(j, dir, nil)
	if id != "" {
		e, err = undo.Find(j, id)
	}
	require.NoError(t, err)
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
	will, err = u.Preview(t.Context())
	require.NoError(t, err)
	require.False(t, undo.TakesBackMove(&e, &will), "it is within the store")
	if will.Nothing() {
		return will, will, ""
	}
	did, err = u.Run(t.Context())
	require.NoError(t, err)
	r, err := j.Read()
	require.NoError(t, err)
	defer r.Close()
	made, err := r.Next()
	require.NoError(t, err)
	return will, did, made.ID
}

// holds requires just these values below dir.
func holds(t *testing.T, s kv.Store, dir string, want map[string]string) {
	t.Helper()
	pairs, err := s.List(dir)
	if len(want) == 0 {
		require.ErrorIs(t, err, kv.ErrKeyNotFound)
		return
	}
	require.NoError(t, err)
	got := map[string]string{}
	for _, p := range pairs {
		got[p.Key[len(dir):]] = string(p.Value)
	}
	require.Equal(t, want, got)
}

// Undoing a move of keys whose values the journal does not keep moves them back, and
// doing it again moves them there.
func TestAMoveOfHiddenKeysIsMovedBack(t *testing.T) {
	bare, j, dir := open(t)
	s := kv.Recorded(bare, &journal.Recorder{Journal: j, Hide: func(string) bool { return true }})
	there, here := map[string]string{"from/a": "1", "from/b": "2"}, map[string]string{"to/a": "1", "to/b": "2"}
	for key, value := range there {
		require.NoError(t, bare.Put(dir+key, []byte(value), nil))
	}
	move(t, s, dir)
	holds(t, bare, dir, here)
	id := ""
	for i, want := range []map[string]string{there, here, there} {
		will, did, made := takeBack(t, s, j, dir, id)
		holds(t, bare, dir, want)
		require.Equal(t, []int{2, 2, 0}, []int{will.Restored, will.Deleted, will.Hidden}, i)
		require.Equal(t, []int{2, 2, 0}, []int{did.Restored, did.Deleted, did.Hidden}, i)
		id = made
	}
}

// What a move brought stays where its source cannot be put back: somebody took its name,
// or the only value is another one by now. That is said before and after.
func TestUndoingAMoveLeavesTheOnlyCopy(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		bare, j, dir := open(t)
		s := kv.Recorded(bare, &journal.Recorder{Journal: j, Hide: func(string) bool { return hidden }})
		for _, key := range []string{"from/a", "from/b", "from/c"} {
			require.NoError(t, bare.Put(dir+key, []byte(key), nil))
		}
		move(t, s, dir)
		require.NoError(t, bare.Put(dir+"from/a", []byte("foreign"), nil))
		require.NoError(t, bare.Put(dir+"to/c", []byte("newer"), nil))
		will, did, _ := takeBack(t, s, j, dir, "")
		want := map[string]string{"from/a": "foreign", "to/a": "from/a", "from/b": "from/b", "to/c": "newer"}
		conflicts := []string{dir + "from/a", dir + "to/c"}
		if !hidden { // the journal has it
			want["from/c"] = "from/c"
		}
		holds(t, bare, dir, want)
		for _, sum := range []undo.Summary{will, did} {
			require.Equal(t, []string{dir + "to/a"}, sum.Stay, hidden)
			require.Equal(t, conflicts, sum.Conflicts, hidden)
			require.Equal(t, hidden, sum.Hidden == 1)
			require.Equal(t, 1, sum.Deleted)
		}
	}
}

// The folders of a move come back before what is in them, with their values, also where the journal
// has them after that: a folder that a key below it had to make would stand in their way.
func TestTheFoldersOfAMoveComeBackFirst(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			bare, s, j, dir := recordedOn(t, h)
			keys := []string{"a/b/c", "a/b/d", "e/f"}
			if !kv.NatureOf(s).BareFolders {
				keys = append(keys, "a", "a/b", "e") // folders with values
			}
			slices.Sort(keys)
			for _, key := range keys {
				require.NoError(t, bare.Put(dir+"from/"+key, []byte(key), nil))
			}
			there := listed(t, bare, dir)
			move(t, s, dir)
			here := listed(t, bare, dir)
			for _, want := range []map[string]string{there, here} {
				e, err := undo.Last(j, dir, nil)
				if want["to/a/b/c"] != "" {
					r, readErr := j.Read()
					require.NoError(t, readErr)
					e, err = r.Next() // the undo itself
					r.Close()
				}
				require.NoError(t, err)
				u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
				u.Chunk(2)
				_, err = u.Preview(t.Context())
				require.NoError(t, err)
				did, err := u.Run(t.Context())
				require.NoError(t, err)
				require.Empty(t, did.Conflicts)
				require.Empty(t, did.Stay)
				require.Empty(t, did.Failed)
				require.Equal(t, want, listed(t, bare, dir))
			}
		})
	}
}

// listed returns the values below dir.
func listed(t *testing.T, s kv.Store, dir string) map[string]string {
	t.Helper()
	pairs, err := s.List(dir)
	require.NoError(t, err)
	got := map[string]string{}
	for _, p := range pairs {
		if len(p.Key) > len(dir) {
			got[p.Key[len(dir):]] = string(p.Value)
		}
	}
	return got
}
