package transfer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// Several keys and folders go into one folder, each by the last part of its name, and
// a move deletes them where they were. A root that is gone by then is left out.
func TestSeveralRootsGoIntoOneFolder(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		for _, rest := range []string{"a/one", "a/two", "a/deep/er/x", "a/deep/y", "b/three", "to/two"} {
			c.Put(prefix+"/"+rest, rest)
		}
		roots := []transfer.Root{
			{Key: prefix + "/b", Below: true},
			{Key: prefix + "/a/one"},
			{Key: prefix + "/a/two"},
			{Key: prefix + "/a/deep/er", Below: true},
			{Key: prefix + "/gone", Below: true},
			{Key: prefix + "/gone too"},
		}
		source, err := transfer.FromRoots(s, roots)
		require.NoError(t, err)
		p, err := transfer.Make(t.Context(), source, transfer.Place{Store: s, Prefix: prefix + "/to/", Title: "to"}, transfer.Options{
			Title: "move several", Move: true, Same: true, From: &transfer.Place{Store: s}, Roots: roots, Mode: transfer.Skip,
		})
		require.NoError(t, err)
		totals := p.Totals()
		require.Equal(t, 1, totals.Left[transfer.Exists], "the key that is there already")
		report, err := p.Run(t.Context(), false, nil)
		require.NoError(t, err)
		require.Empty(t, report.Failed)
		require.Empty(t, report.Stayed)
		for rest, value := range map[string]string{
			"to/b/three": "b/three", "to/one": "a/one", "to/two": "to/two", "to/er/x": "a/deep/er/x",
			"a/two": "a/two", "a/deep/y": "a/deep/y",
		} {
			got, ok := c.Get(prefix + "/" + rest)
			require.True(t, ok, rest)
			require.Equal(t, value, got, rest)
		}
		for _, rest := range []string{"a/one", "b/three", "a/deep/er/x", "to/gone"} {
			_, ok := c.Get(prefix + "/" + rest)
			require.False(t, ok, rest)
		}
	})
}

// Parts of a folder keep their names within it, and what is no part stays away.
func TestPartsOfAFolderKeepTheirNames(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		for _, rest := range []string{"a/one", "a/two", "a/deep/er/x", "a/deep/y", "b/three"} {
			c.Put(prefix+"/"+rest, rest)
		}
		a := prefix + "/a"
		roots := []transfer.Root{
			{Key: a + "/one", Around: a},
			{Key: a + "/deep/er", Around: a, Below: true},
			{Key: prefix + "/b", Below: true},
		}
		source, err := transfer.FromRoots(s, roots)
		require.NoError(t, err)
		p, err := transfer.Make(t.Context(), source, transfer.Place{Store: s, Prefix: prefix + "/to/", Title: "to"}, transfer.Options{
			Title: "copy parts", Same: true, From: &transfer.Place{Store: s}, Roots: roots, Mode: transfer.Skip,
		})
		require.NoError(t, err)
		report, err := p.Run(t.Context(), false, nil)
		require.NoError(t, err)
		require.Empty(t, report.Failed)
		for rest, there := range map[string]bool{
			"to/a/one": true, "to/a/deep/er/x": true, "to/b/three": true, "to/a/two": false, "to/a/deep/y": false, "to/one": false,
		} {
			_, ok := c.Get(prefix + "/" + rest)
			require.Equal(t, there, ok, rest)
		}
		_, err = transfer.FromRoots(s, append(roots, transfer.Root{Key: prefix + "/else/a"}))
		require.ErrorContains(t, err, "would have the same name in one folder")
	})
}

// What cannot go into one folder is refused before anything is read.
func TestSeveralRootsThatCannotGo(t *testing.T) {
	h := kvtest.Backends()[0]
	s, _, _ := open(t, h)
	_, err := transfer.FromRoots(s, []transfer.Root{{Key: "a/x"}, {Key: "b/x", Below: true}})
	require.ErrorContains(t, err, "a/x and b/x would have the same name in one folder")
	for _, to := range []string{"a", "a/b", "a/b/c/", "a/"} {
		err = transfer.CheckInto(s, []transfer.Root{{Key: "z"}, {Key: "a/b", Below: true}}, &transfer.Place{Store: s, Prefix: to})
		require.Error(t, err, to)
	}
	for _, to := range []string{"b", "a/bc", "a/c/"} {
		err = transfer.CheckInto(s, []transfer.Root{{Key: "z"}, {Key: "a/b", Below: true}}, &transfer.Place{Store: s, Prefix: to})
		require.NoError(t, err, to)
	}
}

// Several keys and folders come as one source, in the order of all their names, as
// they are called in the folder around them; what is gone is left out.
func TestKeysAndFoldersAreOneSource(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		for _, name := range []string{"a/x", "a-b", "a/y/z", "b", "c/d"} {
			c.Put(prefix+"/"+name, name)
		}
		roots := []transfer.Root{{Key: prefix + "/a", Below: true}, {Key: prefix + "/gone", Below: true}, {Key: prefix + "/a-b"}, {Key: prefix + "/b2"}, {Key: prefix + "/b"}}
		var names []string
		_, err := transfer.Among(s, prefix, roots).Read(t.Context(), func(items []transfer.Item) error {
			for _, it := range items {
				if len(it.Node.Value) != 0 {
					names = append(names, it.Name.Rel)
				}
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, []string{"a-b", "a/x", "a/y/z", "b"}, names)
	})
}

// namesOnly is a source of keys that only have names.
type namesOnly []string

func (n namesOnly) Nature() kv.Nature { return kv.Nature{} }

func (n namesOnly) Read(_ context.Context, visit func([]transfer.Item) error) (unseen, err error) {
	items := make([]transfer.Item, len(n))
	for i, rel := range n {
		items[i] = transfer.Item{Name: transfer.Name{Rel: rel}, Node: &kv.Node{Key: "from/" + rel, Value: []byte(rel)}}
	}
	return nil, visit(items)
}

func (n namesOnly) Again() (transfer.Again, error) { return nil, errors.New("not read again") }

// Every slash of a name counts: where empty parts mean nothing the key is refused, and elsewhere
// it is called so, also in the whole store.
func TestEverySlashOfANameCounts(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, _ kvtest.Client, prefix string) {
		names := namesOnly{"//" + prefix, "/" + prefix, prefix}
		for _, to := range []string{prefix + "/to", ""} {
			p, err := transfer.Make(t.Context(), names, transfer.Place{Store: s, Prefix: to}, transfer.Options{})
			require.NoError(t, err)
			for i := range p.Steps {
				step := &p.Steps[i]
				if step.From == "" {
					continue // a folder that is made
				}
				rel := strings.TrimPrefix(step.From, "from/")
				back := transfer.NameIn(s, kv.Dir(s, to), step.Key)
				switch {
				case kv.NatureOf(s).Paths && rel != prefix:
					require.Equal(t, transfer.Refuse, step.Action, rel)
				default:
					require.Equal(t, transfer.Create, step.Action, rel)
					require.Equal(t, transfer.Name{Rel: rel}, back)
				}
			}
		}
		if kv.NatureOf(s).Paths {
			return
		}
		for _, rel := range []string{"//x", "/x", "x", "d//x"} {
			key := prefix + "/a/" + rel
			write := []kv.Write{{Key: key, After: &kv.Node{Key: key, Value: []byte(rel)}}}
			require.NoError(t, kv.WriteNodes(t.Context(), s, write, func(_ int, w kv.Written) { require.NoError(t, w.Err) }))
		}
		_, err := plan(t, s, prefix+"/a", prefix+"/b", transfer.Options{}).Run(t.Context(), false, nil)
		require.NoError(t, err)
		for _, rel := range []string{"//x", "/x", "x", "d//x"} {
			// Consul's own client takes empty parts out of the URL.
			var got []string
			_, err := kv.ReadNodes(t.Context(), s, []string{prefix + "/b/" + rel}, func(n *kv.Node) {
				got = append(got, string(n.Value))
			})
			require.NoError(t, err)
			require.Equal(t, []string{rel}, got)
		}
	})
}

// nodesOnly is a source of nodes as etcd v2 has them.
type nodesOnly []*kv.Node

func (n nodesOnly) Nature() kv.Nature { return kv.Nature{Paths: true, BareFolders: true, TTL: true} }

func (n nodesOnly) Read(_ context.Context, visit func([]transfer.Item) error) (unseen, err error) {
	items := make([]transfer.Item, len(n))
	for i, node := range n {
		items[i] = transfer.Item{Name: transfer.NameIn(nil, "from/", node.Key), Node: node}
		if node.Type == kv.DirectoryNode {
			items[i].Flags = kv.Directory
		}
	}
	return nil, visit(items)
}

func (n nodesOnly) Again() (transfer.Again, error) { return nil, errors.New("not read again") }

// The loss of directories is listed where the target has none: those that are empty, and
// lives of their own. One with keys in it is not empty, be it the place itself or its keys there
// already.
func TestWhatIsLostWithDirectories(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		if kv.NatureOf(s).Paths {
			return // it has directories
		}
		c.Put(prefix+"/there/key", "another value")
		nodes := nodesOnly{
			{Key: "from", Type: kv.DirectoryNode},
			{Key: "from/empty", Type: kv.DirectoryNode},
			{Key: "from/ends", Type: kv.DirectoryNode, TTL: time.Hour},
			{Key: "from/ends/key", Value: []byte("v")},
			{Key: "from/there", Type: kv.DirectoryNode},
			{Key: "from/there/key", Value: []byte("v")},
		}
		p, err := transfer.Make(t.Context(), nodes, transfer.Place{Store: s, Prefix: prefix}, transfer.Options{})
		require.NoError(t, err)
		totals := p.Totals()
		require.Equal(t, map[string]int{"empty directory": 1, "TTL of a directory": 1}, totals.Lost)
	})
}

// A key that would end and is overwritten by one that does not stays from then on: the plan says
// so.
func TestThePlanSaysWhatAnOverwrittenKeyLoses(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, c kvtest.Client, prefix string) {
		nature := kv.NatureOf(s)
		if !nature.TTL || nature.Types {
			return // nothing ends, or an overwritten znode keeps its type
		}
		key := prefix + "/b/k"
		mortal := []kv.Write{{Key: key, After: &kv.Node{Key: key, Value: []byte("theirs"), TTL: time.Hour}}}
		require.NoError(t, kv.WriteNodes(t.Context(), s, mortal, func(_ int, w kv.Written) { require.NoError(t, w.Err) }))
		c.Put(prefix+"/a/k", "mine")
		p := plan(t, s, prefix+"/a", prefix+"/b", transfer.Options{Mode: transfer.Replace})
		var words []string
		for word, n := range p.Totals().Lost {
			require.Equal(t, 1, n)
			words = append(words, word)
		}
		require.Len(t, words, 1)
		require.Contains(t, words[0], "of the key that is there, which stays from then on")
		require.Empty(t, plan(t, s, prefix+"/a", prefix+"/b", transfer.Options{}).Totals().Lost, "it is left as it is")
	})
}

// The keys in a folder can be brought to the top of a store: the folder itself, which has no
// value, needs no name there.
func TestAFolderGoesToTheTop(t *testing.T) {
	onEach(t, func(t *testing.T, s kv.Store, _ kvtest.Client, prefix string) {
		for value, want := range map[string]transfer.Action{"": transfer.Leave, "v": transfer.Refuse} {
			own := &kv.Node{Key: "from", Value: []byte(value)}
			nodes := nodesOnly{own, {Key: "from/" + prefix, Value: []byte("v")}}
			p, err := transfer.Make(t.Context(), nodes, transfer.Place{Store: s}, transfer.Options{})
			require.NoError(t, err)
			require.Equal(t, want, p.Steps[0].Action)
			require.Equal(t, transfer.Create, p.Steps[1].Action)
		}
	})
}
