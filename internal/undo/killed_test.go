package undo_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// killedVar makes this test binary an undo that hangs halfway; it holds killed as JSON.
const killedVar = "UNDO_KILLED"

// killed says what is undone until it is killed.
type killed struct {
	Addr, Root, Dir string
	After           int // writes that are carried out
}

func (k killed) journal() *journal.Journal {
	return journal.New(k.Root, journal.Store{Backend: "etcdv3", ID: "test"}, journal.Options{})
}

// undoUntilKilled undoes the last entry, and hangs after some writes.
func undoUntilKilled() error {
	var k killed
	if err := json.Unmarshal([]byte(os.Getenv(killedVar)), &k); err != nil {
		return err
	}
	bare, err := kv.NewStore(kv.ETCDV3, []string{k.Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	if err != nil {
		return err
	}
	j := k.journal()
	s := kv.Recorded(&hangs{breaks{bare, k.After}}, &journal.Recorder{Journal: j})
	e, err := undo.Last(j, k.Dir, nil)
	if err != nil {
		return err
	}
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: k.Dir}
	if _, err := u.Preview(context.Background()); err != nil {
		return err
	}
	_, err = u.Run(context.Background())
	return err
}

// hangs is a store that hangs after some writes of nodes, and says so.
type hangs struct{ breaks }

func (h *hangs) WriteNodes(ctx context.Context, writes []kv.Write, done func(int, kv.Written)) error {
	if err := h.breaks.WriteNodes(ctx, writes, done); err == nil {
		return nil
	}
	fmt.Println("hangs")
	select {}
}

// killUndo begins to undo the last entry in a program of its own, and kills it after
// some writes.
func killUndo(t *testing.T, k killed) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	how, err := json.Marshal(k)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env, cmd.Stderr = append(os.Environ(), killedVar+"="+string(how)), os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "hangs\n", line)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
}

// An undo that was killed is finished whole, also what it had not recorded yet:
// whether it is carried on or begun again.
func TestAKilledUndoIsFinished(t *testing.T) {
	const keys, after = 5_600, 3_000 // records are made 5000 at a time
	for name, finish := range map[string]func(t *testing.T, s kv.Store, j *journal.Journal, dir string, plan *journal.Plan){
		"carried on": func(t *testing.T, s kv.Store, j *journal.Journal, dir string, plan *journal.Plan) {
			carried, err := undo.CarryOn(t.Context(), s, j, plan, dir, func(int) {})
			require.NoError(t, err)
			require.Equal(t, undo.Carried{Written: keys - after}, carried)
			again, err := undo.CarryOn(t.Context(), s, j, plan, dir, func(int) {})
			require.NoError(t, err)
			require.Equal(t, undo.Carried{}, again)
			require.NoError(t, j.EndPlan(plan))
			whole, err := undo.Find(j, entriesOf(t, j)[1].ID) // the rest
			require.NoError(t, err)
			require.Equal(t, plan.ID, whole.ID)
			for range 2 { // it is done again, and undone again, whole
				u := undo.Undo{Store: s, Journal: j, Entry: whole, Dir: dir}
				will, err := u.Preview(t.Context())
				require.NoError(t, err)
				require.Equal(t, keys, will.Restored+will.Deleted)
				did, err := u.Run(t.Context())
				require.NoError(t, err)
				require.Equal(t, keys, did.Restored+did.Deleted)
				if will.Deleted > 0 {
					whole, err = undo.Last(j, dir, nil)
					require.NoError(t, err)
				}
			}
		},
		"undone again": func(t *testing.T, s kv.Store, j *journal.Journal, dir string, _ *journal.Plan) {
			e, err := undo.Last(j, dir, nil)
			require.NoError(t, err)
			u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
			will, err := u.Preview(t.Context())
			require.NoError(t, err)
			require.Equal(t, after, will.Already)
			did, err := u.Run(t.Context())
			require.NoError(t, err)
			require.Equal(t, keys-after, did.Restored)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bare, _, dir := open(t)
			k := killed{kvtest.SharedEtcd(t).Addr, t.TempDir(), dir, after}
			j := k.journal()
			defer j.Close()
			s := kv.Recorded(bare, &journal.Recorder{Journal: j})
			require.NoError(t, bare.Put(dir+"other", []byte("1"), nil))
			fill(t, bare, dir+"many/", keys)
			require.NoError(t, s.DeleteTree(dir+"many/"))
			killUndo(t, k)

			found, err := undo.FindCutOff(t.Context(), s, j)
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Len(t, found[0].Plans, 1)
			plan := &found[0].Plans[0]
			require.Equal(t, after, plan.Written)
			require.Equal(t, keys, plan.Records)
			finish(t, s, j, dir, plan)
			require.NoError(t, found[0].Settle(j))
			pairs, err := bare.List(dir + "many/")
			require.NoError(t, err)
			require.Len(t, pairs, keys)
			_, err = undo.Last(j, dir, nil)
			require.ErrorIs(t, err, undo.ErrNothing, "the deletion is undone")
		})
	}
}

// fill makes keys that no journal knows.
func fill(t *testing.T, s kv.Store, dir string, keys int) {
	t.Helper()
	writes := make([]kv.Write, keys)
	for i := range writes {
		key := fmt.Sprintf("%s%05d", dir, i)
		writes[i] = kv.Write{Key: key, After: &kv.Node{Key: key, Value: []byte("1")}}
	}
	require.NoError(t, kv.WriteNodes(t.Context(), s, writes, func(_ int, w kv.Written) { require.NoError(t, w.Err) }))
}
