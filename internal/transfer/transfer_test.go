package transfer_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"kvist/internal/journal"
	"kvist/internal/transfer"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// killedVar names, in the environment of a process of this test, the store and
// the directories of a copy that is killed in its middle.
const killedVar = "KVIST_TEST_KILLED_COPY"

func TestMain(m *testing.M) {
	if args := os.Getenv(killedVar); args != "" {
		copyUntilKilled(strings.Split(args, "\n"))
		return
	}
	kvtest.Main(m)
}

// open opens a backend's shared server, with a prefix of the test's own.
func open(t *testing.T, h kvtest.Harness) (kv.Store, kvtest.Client, string) {
	t.Helper()
	server := h.Shared(t)
	s, err := kv.NewStore(h.Backend, []string{server.Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s, h.Client(t, server), fmt.Sprintf("transfer-%d", time.Now().UnixNano())
}

// onEach runs a test on each backend.
func onEach(t *testing.T, test func(t *testing.T, s kv.Store, c kvtest.Client, prefix string)) {
	t.Helper()
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			s, c, prefix := open(t, h)
			test(t, s, c, prefix)
		})
	}
}

// plan makes a plan within a store.
func plan(t *testing.T, s kv.Store, from, to string, o transfer.Options) *transfer.Plan {
	t.Helper()
	source := transfer.Place{Store: s, Prefix: from, Title: from}
	o.From, o.Same, o.Title = &source, true, transfer.Title("copy", from, to)
	p, err := transfer.Make(t.Context(), transfer.FromStore(source), transfer.Place{Store: s, Prefix: to, Title: to}, o)
	require.NoError(t, err)
	return p
}

// A plan is frozen: a key that changed at either end since it was made is not
// written, and is named.
func TestAPlanIsExact(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		a, b := prefix+"/a", prefix+"/b"
		for _, name := range []string{"same", "source", "target", "appears"} {
			c.Put(a+"/"+name, "1")
		}
		c.Put(b+"/target", "0")
		p := plan(t, s, a, b, transfer.Options{Mode: transfer.Replace})
		c.Put(a+"/source", "2")  // changes at the source
		c.Put(b+"/target", "3")  // and at the target
		c.Put(b+"/appears", "4") // and appears there
		c.Put(a+"/later", "5")   // and at the source
		report, err := p.Run(t.Context(), false, nil)
		require.NoError(t, err)
		require.Equal(t, 1+folders(p), report.Created-report.Folders)
		require.Len(t, report.Failed, 3)
		for _, f := range report.Failed {
			require.ErrorIs(t, f.Err, kv.ErrKeyModified, f.Key)
		}
		for name, want := range map[string]string{"same": "1", "target": "3", "appears": "4"} {
			got, _ := c.Get(b + "/" + name)
			require.Equal(t, want, got, name)
		}
		for _, name := range []string{"source", "later"} {
			_, there := c.Get(b + "/" + name)
			require.False(t, there, name)
		}
	})
}

// folders counts the keys of a plan that are folders at the source too.
func folders(p *transfer.Plan) int {
	n := 0
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Action == transfer.Create && s.From != "" && s.Size == 0 {
			n++
		}
	}
	return n
}

// between calls something when a plan has written, and before it deletes.
type between struct {
	kv.Store
	do func()
}

// WriteNodes implements NodeWriter.
func (b *between) WriteNodes(ctx context.Context, writes []kv.Write, done func(int, kv.Written)) error {
	if writes[0].After == nil && b.do != nil {
		b.do()
		b.do = nil
	}
	return kv.WriteNodes(ctx, b.Store, writes, done)
}

// ReadNodes implements NodeReader.
func (b *between) ReadNodes(ctx context.Context, keys []string, see func(*kv.Node)) (int, error) {
	return kv.ReadNodes(ctx, b.Store, keys, see)
}

// Unkept implements NodeWriter.
func (b *between) Unkept(ctx context.Context, nodes []*kv.Node) ([][]string, error) {
	return kv.Unkept(ctx, b.Store, nodes)
}

// Nature implements Natured.
func (b *between) Nature() kv.Nature { return kv.NatureOf(b.Store) }

// Dir implements DirNamer.
func (b *between) Dir(prefix string) string { return kv.Dir(b.Store, prefix) }

// A move deletes only what it copied, at the version that it copied: a key that
// changed meanwhile stays, with its folder, and so does one that appeared.
func TestAMoveKeepsWhatChangedMeanwhile(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		a, b := prefix+"/a", prefix+"/b"
		for _, name := range []string{"x/changes", "x/goes", "y/goes"} {
			c.Put(a+"/"+name, "1")
		}
		moving := &between{s, func() {
			c.Put(a+"/x/changes", "2")
			c.Put(a+"/y/appears", "3")
		}}
		report, err := plan(t, moving, a, b, transfer.Options{Move: true}).Run(t.Context(), false, nil)
		require.NoError(t, err)
		require.NotEmpty(t, report.Stayed)
		for _, stayed := range report.Stayed {
			require.NotContains(t, stayed.Key, "goes")
		}
		for key, want := range map[string]string{
			a + "/x/changes": "2", a + "/y/appears": "3", b + "/x/changes": "1", b + "/x/goes": "1", b + "/y/goes": "1",
		} {
			got, _ := c.Get(key)
			require.Equal(t, want, got, key)
		}
		for _, key := range []string{a + "/x/goes", a + "/y/goes"} {
			_, there := c.Get(key)
			require.False(t, there, key)
		}
	})
}

// A move never deletes what the target no longer has as it was written.
func TestAMoveVerifies(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		a, b := prefix+"/a", prefix+"/b"
		c.Put(a+"/x", "1")
		moving := &overwriting{between{s, nil}, func() { c.Put(b+"/x", "theirs") }}
		report, err := plan(t, moving, a, b, transfer.Options{Move: true}).Run(t.Context(), false, nil)
		require.NoError(t, err)
		require.NotEmpty(t, report.Stayed)
		got, _ := c.Get(a + "/x")
		require.Equal(t, "1", got)
	})
}

// overwriting calls something right after a write.
type overwriting struct {
	between
	after func()
}

// WriteNodes implements NodeWriter.
func (o *overwriting) WriteNodes(ctx context.Context, writes []kv.Write, done func(int, kv.Written)) error {
	err := kv.WriteNodes(ctx, o.Store, writes, done)
	if o.after != nil {
		o.after()
	}
	return err
}

// A running plan stops between batches, says how far it came, and what is left is
// done by making the plan again.
func TestAPlanStopsAndIsMadeAgain(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		const keys = 1500
		a, b := prefix+"/a", prefix+"/b"
		c.Fill(keys, func(i int) string { return fmt.Sprintf("%s/%04d", a, i) }, "1")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last transfer.Progress
		p := plan(t, s, a, b, transfer.Options{})
		report, err := p.Run(ctx, false, func(now transfer.Progress) {
			last = now
			cancel()
		})
		require.NoError(t, err)
		require.True(t, report.Cancelled)
		require.Positive(t, report.Created)
		require.Positive(t, report.Left)
		require.Equal(t, last.Of, report.Created+report.Left)
		require.Equal(t, last.Done, report.Created)
		again, err := plan(t, s, a, b, transfer.Options{}).Run(t.Context(), false, nil)
		require.NoError(t, err)
		require.Equal(t, report.Left, again.Created)
	})
}

// Ephemeral keys, and places in the queues of locks, are left out and named,
// unless they are asked for: then they stay.
func TestOwnedKeysAreLeftOut(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		a, b := prefix+"/a", prefix+"/b"
		c.Put(a+"/plain", "1")
		require.NoError(t, s.Put(a+"/owned", []byte("2"), &kv.WriteOptions{Ephemeral: true}))
		p := plan(t, s, a, b, transfer.Options{})
		leased := kv.NatureOf(s).TTL // there, what ends with a lease is copied with one
		found := false
		for i := range p.Steps {
			step := &p.Steps[i]
			if strings.HasSuffix(step.Key, "/owned") {
				found = true
				require.Equal(t, leased, step.Action == transfer.Create)
				require.NotZero(t, step.Flags&(kv.Ephemeral|kv.Leased))
			}
		}
		require.True(t, found)
		p = plan(t, s, a, b, transfer.Options{Owned: true})
		report, err := p.Run(t.Context(), false, nil)
		require.NoError(t, err)
		require.Empty(t, report.Failed)
		got, _ := c.Get(b + "/owned")
		require.Equal(t, "2", got)
	})
}

// The places in the queue of a lock of etcd's own recipe are left out, and the
// key beside them is not.
func TestQueuesOfLocksAreLeftOut(t *testing.T) {
	s, c, prefix := open(t, kvtest.Backends()[2])
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{kvtest.SharedEtcd(t).Addr}})
	require.NoError(t, err)
	defer client.Close()
	session, err := concurrency.NewSession(client)
	require.NoError(t, err)
	defer session.Close()
	mutex := concurrency.NewMutex(session, prefix+"/a/lock")
	require.NoError(t, mutex.Lock(t.Context()))
	c.Put(prefix+"/a/plain", "1")
	p := plan(t, s, prefix+"/a", prefix+"/b", transfer.Options{})
	totals := p.Totals()
	require.Equal(t, 1, totals.Left[transfer.IsQueued])
	require.Equal(t, 1, totals.Create)
	report, err := plan(t, s, prefix+"/a", prefix+"/b", transfer.Options{Move: true}).Run(t.Context(), false, nil)
	require.NoError(t, err)
	require.Equal(t, 1, report.Deleted)
	_, held := c.Get(mutex.Key())
	require.True(t, held)
}

// A key that the target will not list is named beforehand.
func TestAHiddenNameIsSaid(t *testing.T) {
	from, c, prefix := open(t, kvtest.Backends()[2])
	to, _, _ := open(t, kvtest.Backends()[1])
	c.Put(prefix+"/a/_hidden", "1")
	c.Put(prefix+"/a/shown", "1")
	p, err := transfer.Make(t.Context(), transfer.FromStore(transfer.Place{Store: from, Prefix: prefix + "/a"}),
		transfer.Place{Store: to, Prefix: prefix}, transfer.Options{})
	require.NoError(t, err)
	for i := range p.Steps {
		s := &p.Steps[i]
		require.Equal(t, strings.HasSuffix(s.Key, "_hidden"), len(p.Lost(s)) > 0, s.Key)
	}
}

// A plan that needs more memory than keys may take is refused.
func TestAPlanIsBounded(t *testing.T) {
	h := kvtest.Backends()[2]
	_, c, prefix := open(t, h)
	s, err := kv.NewStore(h.Backend, []string{h.Shared(t).Addr}, &kv.Config{Memory: 1000})
	require.NoError(t, err)
	defer s.Close()
	c.Fill(50, func(i int) string { return fmt.Sprintf("%s/a/%04d", prefix, i) }, "1")
	_, err = transfer.Make(t.Context(), transfer.FromStore(transfer.Place{Store: s, Prefix: prefix + "/a"}),
		transfer.Place{Store: s, Prefix: prefix + "/b"}, transfer.Options{})
	require.ErrorIs(t, err, kv.ErrTooMany)
}

// copyUntilKilled is the process that is killed: it copies slowly.
func copyUntilKilled(args []string) {
	backend, addr, state, from, to := kv.Backend(args[0]), args[1], args[2], args[3], args[4]
	bare, err := kv.NewStore(backend, []string{addr}, nil)
	if err != nil {
		panic(err)
	}
	s := kv.Recorded(bare, &journal.Recorder{Journal: journal.New(state, journal.Store{Backend: "test", ID: "test"}, journal.Options{})})
	source := transfer.Place{Store: s, Prefix: from}
	p, err := transfer.Make(context.Background(), transfer.FromStore(source), transfer.Place{Store: s, Prefix: to}, transfer.Options{
		Title: "copy", Move: len(args) > 5, From: &source, Same: true,
	})
	if err != nil {
		panic(err)
	}
	_, err = p.Run(context.Background(), false, func(now transfer.Progress) {
		if len(args) == 5 || now.Phase == transfer.Deleting {
			if err := os.WriteFile(filepath.Join(state, "begun"), nil, 0o600); err != nil {
				panic(err)
			}
			time.Sleep(time.Hour) // until it is killed
		}
	})
	panic(err)
}

// A copy and a move that are killed in their middle are found by the next
// program, and taken back whole; or done again, for the rest.
func TestAKilledCopyIsTakenBack(t *testing.T) {
	const keys = 1200
	for _, h := range kvtest.Backends() {
		for _, verb := range []string{"copy", "move"} {
			t.Run(h.Name+" "+verb, func(t *testing.T) {
				bare, c, prefix := open(t, h)
				a, b, state := prefix+"/a", prefix+"/b", t.TempDir()
				c.Fill(keys, func(i int) string { return fmt.Sprintf("%s/%04d", a, i) }, "1")
				kill(t, []string{string(h.Backend), h.Shared(t).Addr, state, a, b}, verb == "move")
				j := journal.New(state, journal.Store{Backend: "test", ID: "test"}, journal.Options{})
				defer j.Close()
				s := kv.Recorded(bare, &journal.Recorder{Journal: j})
				cut, err := undo.FindCutOff(t.Context(), s, j)
				require.NoError(t, err)
				require.Len(t, cut, 1)
				require.Len(t, cut[0].Plans, 1)
				require.Positive(t, cut[0].Plans[0].Written)
				require.NoError(t, cut[0].Settle(j))
				e, err := undo.Last(j, "", nil)
				require.NoError(t, err)
				u := undo.Undo{Store: s, Journal: j, Entry: e}
				_, err = u.Preview(t.Context())
				require.NoError(t, err)
				did, err := u.Run(t.Context())
				require.NoError(t, err)
				require.Empty(t, did.Conflicts)
				require.Empty(t, did.Failed)
				require.Len(t, c.State(a), keys)
				_, err = bare.List(b)
				require.ErrorIs(t, err, kv.ErrKeyNotFound)
			})
		}
	}
}

// kill starts a copy in a process of its own and kills it in its middle.
func kill(t *testing.T, args []string, move bool) {
	t.Helper()
	if move {
		args = append(args, "move")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), killedVar+"="+strings.Join(args, "\n"))
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(args[2], "begun"))
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Kill())
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
}
