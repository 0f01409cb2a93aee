package undo_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(killedVar) != "" {
		fmt.Fprintln(os.Stderr, undoUntilKilled())
		os.Exit(1)
	}
	kvtest.Main(m)
}

// open opens an etcd with an empty journal, and a prefix of the test's own.
func open(t *testing.T) (kv.Store, *journal.Journal, string) {
	t.Helper()
	s, err := kv.NewStore(kv.ETCDV3, []string{kvtest.SharedEtcd(t).Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	j := journal.New(t.TempDir(), journal.Store{Backend: "etcdv3", ID: "test"}, journal.Options{})
	t.Cleanup(func() { j.Close() })
	return s, j, fmt.Sprintf("undo-%d/", time.Now().UnixNano())
}

// cutOff records a plan that was killed before the only write was sent.
func cutOff(t *testing.T, j *journal.Journal, r journal.Record) *journal.Plan {
	t.Helper()
	p := journal.Plan{Title: "undo", Records: 1}
	require.NoError(t, j.BeginPlan(&p))
	r.Plan = p.ID
	require.NoError(t, j.Begin([]journal.Record{r}))
	return &p
}

// Carrying on never writes a value that the journal does not keep.
func TestCarryingOnWritesNoHiddenValue(t *testing.T) {
	s, j, dir := open(t)
	key := dir + "a"
	require.NoError(t, s.Put(key, []byte("now"), nil))
	pair, err := s.Get(key)
	require.NoError(t, err)
	p := cutOff(t, j, journal.Record{
		Op: "writenodes", Key: key, Hidden: true,
		Before: &kv.Node{Key: key, Value: []byte("now"), Index: pair.LastIndex},
		After:  &kv.Node{Key: key, Value: []byte("then")},
	})
	_, _, err = undo.ResolvePlan(t.Context(), s, j, p)
	require.NoError(t, err)
	carried, err := undo.CarryOn(t.Context(), s, j, p, "", func(int) {})
	require.NoError(t, err)
	require.Equal(t, undo.Carried{Hidden: 1}, carried)
	pair, err = s.Get(key)
	require.NoError(t, err)
	require.Equal(t, "now", string(pair.Value))
}

// A plan that came to less than it had announced is undone whole: nothing of it is
// left.
func TestNothingIsLeftOfAPlanThatWroteLess(t *testing.T) {
	bare, j, dir := open(t)
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	key := dir + "a"
	writes, err := kv.BeginWrites(s, "write", "", 3)
	require.NoError(t, err)
	made := []kv.Write{{Key: key, After: &kv.Node{Key: key, Value: []byte("1")}}}
	require.NoError(t, writes.Write(t.Context(), made, func(_ int, w kv.Written) { require.NoError(t, w.Err) }))
	require.NoError(t, writes.End(t.Context()))
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
	_, err = u.Preview(t.Context())
	require.NoError(t, err)
	did, err := u.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{1, 0}, []int{did.Deleted, did.Left})
}

// An undo that was cut off and carried on is an undo still: its entry is done with,
// and the next undo does not take the rest of it back.
func TestAnUndoThatWasCarriedOnIsAnUndo(t *testing.T) {
	bare, _, dir := open(t)
	root := t.TempDir()
	j := journal.New(root, journal.Store{Backend: "etcdv3", ID: "test"}, journal.Options{})
	defer j.Close()
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	key := dir + "a"
	require.NoError(t, s.Put(key, []byte("1"), nil))
	require.NoError(t, s.DeleteTree(dir))
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	p := journal.Plan{Title: "undo", Undoes: e.ID, Records: 1}
	killed := journal.New(root, j.Store(), journal.Options{})
	defer killed.Close()
	require.NoError(t, killed.BeginPlan(&p))
	after := &kv.Node{Key: key, Value: []byte("1")}
	require.NoError(t, killed.Begin([]journal.Record{{Plan: p.ID, Op: "writenodes", Key: key, After: after}}))
	_, _, err = undo.ResolvePlan(t.Context(), s, j, &p)
	require.NoError(t, err)
	carried, err := undo.CarryOn(t.Context(), s, j, &p, dir, func(int) {})
	require.NoError(t, err)
	require.Equal(t, undo.Carried{Written: 1}, carried)
	require.NoError(t, j.EndPlan(&p))
	e, err = undo.Last(j, dir, nil)
	require.NoError(t, err)
	require.Nil(t, e.Plan)
	require.Equal(t, key, e.Key)
}

// A dry journal finds out what became of a killed program as the journal does, and
// leaves no trace.
func TestADryRunFindsOutAndWritesNothing(t *testing.T) {
	s, _, dir := open(t)
	root := t.TempDir()
	j := journal.New(root, journal.Store{Backend: "etcdv3", ID: "test"}, journal.Options{})
	defer j.Close()
	dying := journal.New(root, j.Store(), journal.Options{})
	for _, key := range []string{dir + "a", dir + "b"} { // the answers to both did not come
		after := &kv.Node{Key: key, Value: []byte("1")}
		require.NoError(t, dying.Begin([]journal.Record{{Op: "put", Key: key, After: after}}))
	}
	p := journal.Plan{Title: "write", Records: 1}
	require.NoError(t, dying.BeginPlan(&p))
	after := &kv.Node{Key: dir + "c", Value: []byte("1")}
	require.NoError(t, dying.Begin([]journal.Record{{Plan: p.ID, Op: "writenodes", Key: dir + "c", After: after}}))
	require.NoError(t, dying.Close())
	require.NoError(t, s.Put(dir+"b", []byte("1"), nil))
	require.NoError(t, s.Put(dir+"c", []byte("1"), nil))

	before := files(t, root)
	dry := j.Dry()
	found, err := undo.FindCutOff(t.Context(), s, dry)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, []int{1, 1, 0}, []int{found[0].Written, found[0].Unwritten, found[0].Unknown})
	require.NoError(t, found[0].Settle(dry))
	e, err := undo.Last(dry, dir, nil)
	require.NoError(t, err)
	require.Equal(t, p.ID, e.ID)
	will, err := (&undo.Undo{Store: s, Journal: dry, Entry: e, Dir: dir}).Preview(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, will.Deleted)
	e, err = undo.Older(dry, dir, e.ID, nil)
	require.NoError(t, err)
	require.Equal(t, dir+"b", e.Key)
	require.NoError(t, dry.Close())
	require.Equal(t, before, files(t, root))

	found, err = undo.FindCutOff(t.Context(), s, j)
	require.NoError(t, err)
	require.Len(t, found, 1, "it is still to be found out")
	require.NoError(t, found[0].Leave())
}

// files returns the text of all files below dir, by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

// A hidden value that was never compared is not said to be written, though it
// looks empty in the journal.
func TestAHiddenValueIsNotTakenForAnEmptyOne(t *testing.T) {
	s, j, dir := open(t)
	key := dir + "a"
	cutOff(t, j, journal.Record{Op: "put", Key: key, Hidden: true, After: &kv.Node{Key: key, Value: []byte("secret")}})
	require.NoError(t, s.Put(key, []byte{}, nil)) // somebody else
	r := journal.Record{Key: key, Hidden: true, After: &kv.Node{Key: key, Value: []byte{}}}
	ends, err := undo.Resolve(t.Context(), s, j, []journal.Record{r})
	require.NoError(t, err)
	require.Equal(t, journal.Unknown, ends[0].Outcome)
}

// An undo that stopped halfway leaves its entry the next to be undone, and counts
// what it did not try.
func TestAnUndoThatStoppedGoesOn(t *testing.T) {
	bare, j, dir := open(t)
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	for i := range 10 {
		require.NoError(t, s.Put(fmt.Sprintf("%s%d", dir, i), []byte("1"), nil))
	}
	require.NoError(t, s.DeleteTree(dir))
	for _, part := range []int{4, 6} {
		e, err := undo.Last(j, dir, nil)
		require.NoError(t, err)
		require.NotNil(t, e.Plan)
		stops := kv.Recorded(&breaks{Store: bare, after: part}, &journal.Recorder{Journal: j})
		u := undo.Undo{Store: stops, Journal: j, Entry: e, Dir: dir}
		will, err := u.Preview(t.Context())
		require.NoError(t, err)
		did, err := u.Run(t.Context())
		require.Equal(t, part, did.Restored)
		require.Equal(t, will.Restored, did.Restored+did.Left, "%v", err)
	}
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	require.Nil(t, e.Plan, "the deletion is still said to be undone in part")
}

// breaks is a store that breaks off after some writes of nodes.
type breaks struct {
	kv.Store
	after int
}

func (b *breaks) WriteNodes(ctx context.Context, writes []kv.Write, done func(int, kv.Written)) error {
	n := min(b.after, len(writes))
	b.after -= n
	err := kv.WriteNodes(ctx, b.Store, writes[:n], done)
	if n < len(writes) {
		err = errors.Join(err, errDown)
	}
	return err
}

func (b *breaks) Unkept(ctx context.Context, nodes []*kv.Node) ([][]string, error) {
	return kv.Unkept(ctx, b.Store, nodes)
}

// The value of a key that lives with a session comes back while the session lives,
// and its session is not said to be lost.
func TestTheValueOfALivingEphemeralKeyComesBack(t *testing.T) {
	addr := kvtest.SharedZooKeeper(t).Addr
	client, _, err := zk.Connect([]string{addr}, 10*time.Second, zk.WithLogInfo(false))
	require.NoError(t, err)
	defer client.Close()
	key := fmt.Sprintf("ephemeral-%d", time.Now().UnixNano())
	_, err = client.Create("/"+key, []byte("1"), zk.FlagEphemeral, zk.WorldACL(zk.PermAll))
	require.NoError(t, err)
	bare, err := kv.NewStore(kv.ZK, []string{addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	require.NoError(t, err)
	defer bare.Close()
	j := journal.New(t.TempDir(), journal.Store{Backend: "zookeeper"}, journal.Options{})
	defer j.Close()
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	require.NoError(t, s.Put(key, []byte("2"), nil))
	e, err := undo.Last(j, "", nil)
	require.NoError(t, err)
	u := undo.Undo{Store: s, Journal: j, Entry: e}
	will, err := u.Preview(t.Context())
	require.NoError(t, err)
	require.Empty(t, will.Unkept)
	did, err := u.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, did.Restored)
	value, stat, err := client.Get("/" + key)
	require.NoError(t, err)
	require.Equal(t, "1", string(value))
	require.NotZero(t, stat.EphemeralOwner)
}

// Of an ephemeral key whose session ended nothing can be put back, so that undo goes on
// to the older write.
func TestAnEndedEphemeralKeyIsPassed(t *testing.T) {
	addr := kvtest.SharedZooKeeper(t).Addr
	client, _, err := zk.Connect([]string{addr}, 10*time.Second, zk.WithLogInfo(false))
	require.NoError(t, err)
	key := fmt.Sprintf("ended-%d", time.Now().UnixNano())
	_, err = client.Create("/"+key, []byte("1"), zk.FlagEphemeral, zk.WorldACL(zk.PermAll))
	require.NoError(t, err)
	bare, err := kv.NewStore(kv.ZK, []string{addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	require.NoError(t, err)
	defer bare.Close()
	j := journal.New(t.TempDir(), journal.Store{Backend: "zookeeper"}, journal.Options{})
	defer j.Close()
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	require.NoError(t, s.Put(key+"-older", []byte("1"), nil))
	require.NoError(t, s.Put(key, []byte("2"), nil))
	client.Close() // which ends the session
	e, err := undo.Last(j, "", nil)
	require.NoError(t, err)
	require.Equal(t, key, e.Key)
	will, err := (&undo.Undo{Store: s, Journal: j, Entry: e}).Preview(t.Context())
	require.NoError(t, err)
	require.True(t, will.Nothing())
	require.Equal(t, 1, will.Ended)
	for _, next := range []func() (journal.Entry, error){
		func() (journal.Entry, error) { return undo.Last(j, "", map[string]bool{e.ID: true}) },
		func() (journal.Entry, error) { return undo.Older(j, "", e.ID, nil) },
	} {
		older, err := next()
		require.NoError(t, err)
		require.Equal(t, key+"-older", older.Key)
	}
}

// errDown is a store's failure to read.
var errDown = errors.New("the server is down")

// down is a store that reads no nodes.
type down struct{ kv.Store }

func (down) Get(string) (*kv.KVPair, error) { return nil, errDown }

// A plan whose keys cannot be read stays cut off, however many keys it has.
func TestAPlanThatCannotBeReadIsNotResolved(t *testing.T) {
	_, j, dir := open(t)
	p := journal.Plan{Title: "delete", Records: 5000}
	require.NoError(t, j.BeginPlan(&p))
	records := make([]journal.Record, p.Records)
	for i := range records {
		key := fmt.Sprintf("%s%d", dir, i)
		records[i] = journal.Record{Plan: p.ID, Op: "delete", Key: key, Before: &kv.Node{Key: key, Index: 1}}
	}
	require.NoError(t, j.Begin(records))
	_, _, err := undo.ResolvePlan(t.Context(), down{}, j, &p)
	require.ErrorIs(t, err, errDown)
}

// Keys that are left alone are among the steps that are shown, however many others come
// before them, and those that are as they were come last; all steps are seen in order.
func TestWhatIsLeftAloneIsShownFirst(t *testing.T) {
	const keys = 240
	bare, j, dir := open(t)
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	name := func(i int) string { return fmt.Sprintf("%s%03d", dir, i) }
	for i := range keys {
		require.NoError(t, bare.Put(name(i), []byte("1"), nil))
	}
	require.NoError(t, s.DeleteTree(dir))
	for i := range 110 {
		require.NoError(t, bare.Put(name(i), []byte("1"), nil))
	}
	require.NoError(t, bare.Put(name(keys-1), []byte("theirs"), nil))
	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	var seen []string
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir, Seen: func(s *undo.Step) { seen = append(seen, s.Write.Key) }}
	will, err := u.Preview(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{name(keys - 1)}, will.Conflicts)
	require.Equal(t, 110, will.Already)
	require.Len(t, will.First, 100)
	require.Equal(t, name(keys-1), will.First[0].Write.Key)
	require.Equal(t, name(110), will.First[1].Write.Key)
	require.Len(t, seen, keys)
	require.Equal(t, name(0), seen[0])
	require.Equal(t, name(keys-1), seen[keys-1])
}

// A plan that lost contact with its store may have written more than it knows: undoing
// it takes that back too, and leaves alone what was never carried out or was written over.
func TestWritesWithoutAnAnswerAreTakenBack(t *testing.T) {
	bare, j, dir := open(t)
	s := kv.Recorded(&mute{Store: bare, lost: dir + "lost"}, &journal.Recorder{Journal: j})
	require.NoError(t, bare.Put(dir+"lost", []byte("before"), nil))
	var lost *kv.Node
	_, err := kv.ReadNodes(t.Context(), bare, []string{dir + "lost"}, func(n *kv.Node) { lost = n })
	require.NoError(t, err)
	writes := []kv.Write{{Key: dir + "lost", Before: lost, After: &kv.Node{Key: dir + "lost", Value: []byte("mine")}}}
	for _, name := range []string{"answered", "muted", "muted over"} {
		writes = append(writes, kv.Write{Key: dir + name, After: &kv.Node{Key: dir + name, Value: []byte("mine")}})
	}
	plan, err := kv.BeginWrites(s, "plan", "", len(writes))
	require.NoError(t, err)
	require.NoError(t, plan.Write(t.Context(), writes, func(int, kv.Written) {}))
	require.NoError(t, plan.End(t.Context()))
	require.NoError(t, bare.Put(dir+"muted over", []byte("theirs"), nil))

	e, err := undo.Last(j, dir, nil)
	require.NoError(t, err)
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
	will, err := u.Preview(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, will.Deleted)
	require.Equal(t, 1, will.Untouched)
	require.Equal(t, []string{dir + "muted over"}, will.Conflicts)
	u.Store = kv.Recorded(bare, &journal.Recorder{Journal: j})
	did, err := u.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, did.Deleted)
	for name, want := range map[string]string{"lost": "before", "muted over": "theirs"} {
		pair, err := bare.Get(dir + name)
		require.NoError(t, err)
		require.Equal(t, want, string(pair.Value))
	}
	_, err = undo.Last(j, dir, nil)
	require.ErrorIs(t, err, undo.ErrNothing)
}

// mute is a store that does not answer all writes of nodes; one is lost on its way.
type mute struct {
	kv.Store
	lost string
}

func (m *mute) WriteNodes(ctx context.Context, writes []kv.Write, done func(int, kv.Written)) error {
	for i := range writes {
		var w kv.Written
		if writes[i].Key != m.lost {
			if err := kv.WriteNodes(ctx, m.Store, writes[i:i+1], func(_ int, is kv.Written) { w = is }); err != nil {
				return err
			}
		}
		if !strings.HasSuffix(writes[i].Key, "answered") {
			w = kv.Written{Err: &kv.Error{Op: kv.OpWriteNodes, Key: writes[i].Key, Kind: kv.ErrOutcomeUnknown}}
		}
		done(i, w)
	}
	return nil
}

func (m *mute) Unkept(ctx context.Context, nodes []*kv.Node) ([][]string, error) {
	return kv.Unkept(ctx, m.Store, nodes)
}
