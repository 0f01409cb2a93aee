package export_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/export"
	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/kv/kvtest"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

// place is a folder of the test's own in a store.
type place struct {
	kvtest.Harness
	store  kv.Store
	client kvtest.Client
	nature kv.Nature
}

// open opens a backend's shared server.
func open(t *testing.T, h kvtest.Harness) *place {
	t.Helper()
	server := h.Shared(t)
	s, err := kv.NewStore(h.Backend, []string{server.Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return &place{h, s, h.Client(t, server), kv.NatureOf(s)}
}

// fresh returns a prefix that nobody uses.
func fresh(what string) string { return fmt.Sprintf("%s-%d", what, time.Now().UnixNano()) }

// nodes are keys below a prefix: values that formats and stores get wrong, and
// every kind of metadata that the store has and shows. ZooKeeper shows no client
// which znodes are containers or have a TTL (DataNode.copyStat).
func (p *place) nodes(prefix string) []*kv.Node {
	list := []*kv.Node{
		{Key: "text", Value: []byte("10\r\n\ttab \u202e\x1b[2J\n")},
		{Key: "empty", Value: []byte{}},
		{Key: "deep/a/b", Value: []byte("deep")},
		{Key: "odd name'\"$`%2F", Value: []byte("odd")},
		{Key: "large", Value: bytes.Repeat([]byte("0123456789abcdef"), 20<<10)},
	}
	if !p.Text {
		list = append(list, &kv.Node{Key: "bytes", Value: []byte{0, 0xff, 0xfe, '\n', 0x80}})
	}
	if p.nature.Flags {
		list = append(list, &kv.Node{Key: "flags", Value: []byte("f"), Flags: 1<<63 + 42})
	}
	if p.nature.TTL {
		list = append(list, &kv.Node{Key: "ttl", Value: []byte("t"), TTL: 10 * time.Minute})
	}
	if p.nature.ACL {
		list = append(list,
			&kv.Node{Key: "acl", Value: []byte("a"), ACL: []string{"world:anyone:cr", "ip:127.0.0.1:cdrwa"}},
			&kv.Node{Key: "valued", Value: []byte("v")},
			&kv.Node{Key: "valued/below", Value: []byte("b")})
	}
	if p.BareFolders() {
		list = append(list, &kv.Node{Key: "bare", Value: []byte{}, Type: kv.DirectoryNode})
	}
	for _, n := range list {
		n.Key = prefix + "/" + n.Key
	}
	return list
}

// BareFolders reports whether a directory has no value.
func (p *place) BareFolders() bool { return p.nature.BareFolders }

// fill writes nodes.
func (p *place) fill(t *testing.T, nodes []*kv.Node) {
	t.Helper()
	for _, n := range nodes {
		require.NoError(t, kv.WriteNodes(t.Context(), p.store, []kv.Write{{Key: n.Key, After: n}}, func(_ int, w kv.Written) {
			require.NoError(t, w.Err, n.Key)
		}))
	}
}

// exported returns the export of a prefix in a format.
func (p *place) exported(t *testing.T, prefix string, f export.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := export.NewWriter(f, &b, export.Header{Store: p.nature.Name, Prefix: prefix + "/", Own: prefix})
	require.NoError(t, err)
	_, err = transfer.FromStore(transfer.Place{Store: p.store, Prefix: prefix + "/"}).Read(t.Context(), func(items []transfer.Item) error {
		for _, it := range items {
			require.NoError(t, it.Err)
			if err := w.Write(&export.Entry{Key: it.Name.Rel, Own: it.Name.Own, Node: it.Node}); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// source returns a file as a source.
func source(t *testing.T, text []byte) *export.Source {
	t.Helper()
	s := &export.Source{Open: func() (export.Reader, io.Closer, error) {
		r, err := export.NewReader("", bytes.NewReader(text))
		return r, io.NopCloser(nil), err
	}}
	require.NoError(t, s.Check(t.Context()))
	return s
}

// An export of each store, imported into each other, has there what the native
// client of the one and that of the other agree on, byte by byte. Each loss of
// metadata is listed beforehand, and what the target cannot hold is refused
// beforehand.
func TestEachStoreIntoEachOther(t *testing.T) {
	var places []*place
	for _, h := range kvtest.Backends() {
		places = append(places, open(t, h))
	}
	for _, from := range places {
		for _, to := range places {
			t.Run(from.Name+" to "+to.Name, func(t *testing.T) {
				prefix := fresh("source")
				nodes := from.nodes(prefix)
				from.fill(t, nodes)
				text := from.exported(t, prefix, export.JSONLines)
				for name, src := range map[string]transfer.Source{
					"file":  source(t, text),
					"yaml":  source(t, from.exported(t, prefix, export.YAML)),
					"store": transfer.FromStore(transfer.Place{Store: from.store, Prefix: prefix + "/"}),
				} {
					t.Run(name, func(t *testing.T) { bring(t, from, to, prefix, nodes, src) })
				}
			})
		}
	}
}

// bring brings nodes to another store and compares.
func bring(t *testing.T, from, to *place, prefix string, nodes []*kv.Node, src transfer.Source) {
	t.Helper()
	target := fresh("target")
	plan, err := transfer.Make(t.Context(), src, transfer.Place{Store: to.store, Prefix: target}, transfer.Options{Title: "test"})
	require.NoError(t, err)
	refused, lost := map[string]error{}, map[string][]string{}
	for i := range plan.Steps {
		s := &plan.Steps[i]
		name := strings.TrimPrefix(s.Key, target+"/")
		if s.Action == transfer.Refuse {
			refused[name] = s.Err
		}
		if words := plan.Lost(s); len(words) > 0 {
			lost[name] = words
		}
	}
	wantRefused := map[string]error{}
	if to.Text && !from.Text {
		wantRefused["bytes"] = kv.ErrInvalidValue
	}
	if to.BareFolders() && from.nature.ACL {
		wantRefused["valued"] = kv.ErrNotDirectory
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(wantRefused)), slices.Collect(maps.Keys(refused)))
	for name, kind := range wantRefused {
		require.ErrorIs(t, refused[name], kind)
	}
	if len(refused) > 0 {
		report, err := plan.Run(t.Context(), false, nil)
		require.ErrorIs(t, err, transfer.ErrRefused)
		require.Zero(t, report.Created)
		_, there := to.client.Get(target + "/text")
		require.False(t, there)
	}
	report, err := plan.Run(t.Context(), true, nil)
	require.NoError(t, err)
	require.Empty(t, report.Failed)
	for _, n := range nodes {
		name := strings.TrimPrefix(n.Key, prefix+"/")
		value, there := to.client.Get(target + "/" + name)
		switch {
		case refused[name] != nil:
		case n.Type == kv.DirectoryNode:
			require.Equal(t, !to.nature.Paths, slices.Contains(lost[name], "empty directory"), name)
		default:
			native, _ := from.client.Get(n.Key)
			require.True(t, there, name)
			require.Equal(t, native, value, name)
			require.Equal(t, string(n.Value), value, name)
		}
	}
	sayLosses(t, to, target, nodes, lost)
}

// sayLosses fails unless exactly what did not come along was listed.
func sayLosses(t *testing.T, to *place, target string, nodes []*kv.Node, lost map[string][]string) {
	t.Helper()
	now := map[string]*kv.Node{}
	var keys []string
	for _, n := range nodes {
		keys = append(keys, target+"/"+n.Key[strings.IndexByte(n.Key, '/')+1:])
	}
	_, err := kv.ReadNodes(t.Context(), to.store, keys, func(n *kv.Node) { now[strings.TrimPrefix(n.Key, target+"/")] = n })
	require.NoError(t, err)
	for _, n := range nodes {
		name := n.Key[strings.IndexByte(n.Key, '/')+1:]
		got := now[name]
		if got == nil {
			continue
		}
		words := strings.Join(lost[name], ", ")
		require.Equal(t, n.Flags != got.Flags, strings.Contains(words, "flags"), "flags of %s: %s", name, words)
		if n.TTL > 0 {
			require.Equal(t, got.TTL == 0, strings.Contains(words, "TTL"), "TTL of %s: %s", name, words)
		}
		if len(n.ACL) > 0 {
			require.Equal(t, !slices.Equal(n.ACL, got.ACL), strings.Contains(words, "ACL"), "ACL of %s: %s", name, words)
		}
	}
}

// An import that would be larger than the target takes is refused before
// anything is written, on each store.
func TestTooLargeIsRefusedBeforehand(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			to := open(t, h)
			target := fresh("large")
			list := []*export.Entry{
				{Key: "small", Node: &kv.Node{Value: []byte("1")}},
				{Key: "zz", Node: &kv.Node{Value: bytes.Repeat([]byte("x"), 11<<20)}},
			}
			var b bytes.Buffer
			w, err := export.NewWriter(export.JSONLines, &b, export.Header{})
			require.NoError(t, err)
			for _, e := range list {
				require.NoError(t, w.Write(e))
			}
			require.NoError(t, w.Close())
			plan, err := transfer.Make(t.Context(), source(t, b.Bytes()), transfer.Place{Store: to.store, Prefix: target}, transfer.Options{})
			require.NoError(t, err)
			last := &plan.Steps[len(plan.Steps)-1]
			require.Equal(t, transfer.Refuse, last.Action)
			require.ErrorIs(t, last.Err, kv.ErrTooLarge)
			_, err = plan.Run(t.Context(), false, nil)
			require.ErrorIs(t, err, transfer.ErrRefused)
			_, there := to.client.Get(target + "/small")
			require.False(t, there)
		})
	}
}

// A file that changes between the plan and its carrying out is not written.
func TestAChangedFileIsNotWritten(t *testing.T) {
	to := open(t, kvtest.Backends()[2])
	target := fresh("changed")
	text := `{"kvist":"export","v":1}` + "\n" + `{"key":"a","value":"1"}` + "\n" + `{"end":1}`
	src := source(t, []byte(text))
	now := text
	src.Open = func() (export.Reader, io.Closer, error) {
		r, err := export.NewReader("", strings.NewReader(now))
		return r, io.NopCloser(nil), err
	}
	plan, err := transfer.Make(t.Context(), src, transfer.Place{Store: to.store, Prefix: target}, transfer.Options{})
	require.NoError(t, err)
	now = strings.Replace(text, `"1"`, `"2"`, 1)
	report, err := plan.Run(t.Context(), false, nil)
	require.NoError(t, err)
	require.Zero(t, report.Created)
	require.Len(t, report.Failed, 1)
	require.ErrorIs(t, report.Failed[0].Err, transfer.ErrChanged)
}

// Keys that shared a lease share one again, also where it ended, and however
// many they are.
func TestASharedLeaseIsSharedAgain(t *testing.T) {
	to := open(t, backend("etcdv3"))
	target := fresh("lease")
	var b bytes.Buffer
	w, err := export.NewWriter(export.JSONLines, &b, export.Header{Store: "etcd v3"})
	require.NoError(t, err)
	for i := range 1000 {
		n := &kv.Node{Value: []byte("1"), Owner: "123456789abc", TTL: 5 * time.Minute}
		require.NoError(t, w.Write(&export.Entry{Key: fmt.Sprintf("%04d", i), Node: n}))
	}
	require.NoError(t, w.Close())
	plan, err := transfer.Make(t.Context(), source(t, b.Bytes()), transfer.Place{Store: to.store, Prefix: target}, transfer.Options{})
	require.NoError(t, err)
	require.Equal(t, []int{1000}, slices.Collect(maps.Values(plan.Totals().Lost)), "the lease that ended")
	_, err = plan.Run(t.Context(), false, nil)
	require.NoError(t, err)
	owners := map[string]int{}
	var keys []string
	for i := range 1000 {
		keys = append(keys, fmt.Sprintf("%s/%04d", target, i))
	}
	_, err = kv.ReadNodes(t.Context(), to.store, keys, func(n *kv.Node) { owners[n.Owner]++ })
	require.NoError(t, err)
	require.Equal(t, []int{1000}, slices.Collect(maps.Values(owners)))
}
