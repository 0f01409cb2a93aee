package undo_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
)

// outrun is a store in which somebody else always writes first.
type outrun struct{ kv.Store }

func (o *outrun) WriteNodes(_ context.Context, writes []kv.Write, done func(int, kv.Written)) error {
	for i := range writes {
		done(i, kv.Written{Err: &kv.Error{Op: kv.OpWriteNodes, Key: writes[i].Key, Kind: kv.ErrKeyModified}})
	}
	return nil
}

func (o *outrun) Unkept(ctx context.Context, nodes []*kv.Node) ([][]string, error) {
	return kv.Unkept(ctx, o.Store, nodes)
}

// An undo that lost a race does not say what of the key does not come back: nothing did.
func TestWhatWasNotPutBackLosesNothing(t *testing.T) {
	bare, j, dir := open(t)
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	_, _, err := bare.AtomicPut(dir+"a", []byte("1"), nil, &kv.WriteOptions{Ephemeral: true})
	require.NoError(t, err)
	require.NoError(t, s.Delete(dir+"a"))
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	e.Before.Type = kv.PlainNode // else it ends with its session
	u := undo.Undo{Store: kv.Recorded(&outrun{bare}, &journal.Recorder{Journal: j}), Journal: j, Entry: e, Dir: dir}
	will, err := u.Preview(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, will.Unkept)
	did, err := u.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{dir + "a"}, did.Conflicts)
	require.Empty(t, did.Unkept)
}

// What comes back of a lock that was broken is said to block it.
func TestTheEntryOfABrokenLockIsSaidToBlock(t *testing.T) {
	bare, j, dir := open(t)
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	gone := []kv.Write{{Key: dir + "a", Before: &kv.Node{Key: dir + "a", Value: []byte("1"), Owner: "7", TTL: 60e9, Left: 60e9}}}
	recorder := journal.Recorder{Journal: j}
	recording, err := recorder.Begin(kv.OpBreak, gone)
	require.NoError(t, err)
	require.NoError(t, recording.End([]kv.Written{{}}))
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
	will, err := u.Preview(t.Context())
	require.NoError(t, err)
	did, err := u.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{will.Places, did.Places})
}
