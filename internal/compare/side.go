package compare

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kvist/internal/transfer"
	"kvist/kv"
)

// Side is one of two sets of keys.
type Side struct {
	// Unseen is why there may be more keys: the login may not read all.
	Unseen error

	Reader
	keys  []key // in the order of before
	paths bool  // a folder is a key, whether or not somebody made it
	close func() error
}

// Reader reads the values of keys, and their metadata.
type Reader struct {
	values func(ctx context.Context, keys []*key) ([][]byte, error)
	nodes  func(ctx context.Context, keys []*key) ([]*kv.Node, error)
	nature kv.Nature
	serial bool // they must be asked for in order, one call at a time
}

// StoreReader reads the values of a store.
func StoreReader(s kv.Store) Reader {
	return Reader{
		values: func(ctx context.Context, keys []*key) ([][]byte, error) { return storeValues(ctx, s, keys) },
		nodes:  func(ctx context.Context, keys []*key) ([]*kv.Node, error) { return storeNodes(ctx, s, keys) },
		nature: kv.NatureOf(s),
	}
}

// storeNodes reads the nodes of some keys; nil for those that are gone.
func storeNodes(ctx context.Context, s kv.Store, keys []*key) ([]*kv.Node, error) {
	names, at := make([]string, len(keys)), make(map[string]int, len(keys))
	for i, k := range keys {
		names[i], at[k.full] = k.full, i
	}
	nodes := make([]*kv.Node, len(keys))
	denied, err := kv.ReadNodes(ctx, s, names, func(n *kv.Node) {
		if i, ok := at[n.Key]; ok {
			nodes[i] = n
		}
	})
	if err == nil && denied > 0 {
		err = &kv.Error{Op: kv.OpReadNodes, Key: keys[0].full, Kind: kv.ErrIncomplete}
	}
	return nodes, err
}

// SourceReader reads a source again, from its beginning each time.
func SourceReader(source transfer.Source) Reader {
	return Reader{serial: true, nature: source.Nature(), values: func(ctx context.Context, keys []*key) ([][]byte, error) {
		again, err := source.Again()
		if err != nil {
			return nil, err
		}
		values := make([][]byte, len(keys))
		byPlace := make([]int, len(keys))
		for i := range keys {
			byPlace[i] = i
		}
		slices.SortFunc(byPlace, func(i, j int) int { return keys[i].place - keys[j].place })
		sorted := make([]*key, len(keys))
		for i, at := range byPlace {
			sorted[i] = keys[at]
		}
		read, err := sourceValues(ctx, again, sorted)
		for i, value := range read {
			values[byPlace[i]] = value
		}
		return values, errors.Join(err, again.Close())
	}}
}

// Key is a key whose owner keeps the listing.
type Key struct {
	Full   string // the key
	Name   transfer.Name
	Folder bool // it is a directory, which has no value
	Index  uint64
	Size   int // -1 if it is unknown
	// Place and Version are those of an item of a source.
	Place   int
	Version uint64
}

// FromKeys returns a side of keys in any order. Folders that are there only
// since keys are below them must not be among them.
func FromKeys(r Reader, keys []Key) *Side {
	side := &Side{Reader: r, keys: make([]key, len(keys))}
	for i := range keys {
		k := &keys[i]
		side.keys[i] = key{
			full: k.Full, name: k.Name.Rel, own: k.Name.Own, folder: k.Folder, index: k.Index, size: k.Size,
			place: k.Place, sum: k.Version,
		}
	}
	side.sort()
	return side
}

// Close ends reading the side. A store that it reads stays open.
func (s *Side) Close() {
	if s.close != nil {
		_ = s.close() // it was only read
	}
}

// key is a key of a side.
type key struct {
	full   string
	name   string // what follows the folder's slash
	own    bool   // it is the prefix itself
	folder bool   // it is a directory, which has no value
	index  uint64
	size   int // -1 if it is unknown
	place  int
	sum    uint64 // the version, in a source
}

// before orders keys: that of the prefix itself first, then by name.
func (k *key) before(other *key) int {
	if k.own != other.own {
		return map[bool]int{true: -1, false: 1}[k.own]
	}
	return strings.Compare(k.name, other.name)
}

// FromStore lists a place of a store.
func FromStore(ctx context.Context, s kv.Store, prefix string) (*Side, error) {
	entries, unseen, err := transfer.ListSorted(ctx, s, prefix)
	if err != nil {
		return nil, err
	}
	dir := kv.Dir(s, prefix)
	side := &Side{Unseen: unseen, keys: make([]key, len(entries)), paths: kv.NatureOf(s).Paths}
	for i, e := range entries {
		name := transfer.NameIn(s, dir, e.Key)
		side.keys[i] = key{
			full: e.Key, name: name.Rel, own: name.Own, folder: e.Flags&kv.Directory != 0, index: e.Index, size: e.Size,
		}
	}
	side.Reader = StoreReader(s)
	side.sort()
	return side, nil
}

func (s *Side) sort() {
	inOrder := func(a, b key) int { return a.before(&b) }
	if !slices.IsSortedFunc(s.keys, inOrder) {
		slices.SortFunc(s.keys, inOrder)
	}
}

// storeValues reads the values of some keys; nil for those that are gone.
func storeValues(ctx context.Context, s kv.Store, keys []*key) ([][]byte, error) {
	names, at := make([]string, len(keys)), make(map[string]int, len(keys))
	for i, k := range keys {
		names[i], at[k.full] = k.full, i
	}
	values := make([][]byte, len(keys))
	see := func(name string, value []byte) {
		if i, ok := at[name]; ok {
			if values[i] = value; value == nil {
				values[i] = []byte{}
			}
		}
	}
	var denied int
	var err error
	if r, ok := kv.As[kv.ValueReader](s); ok {
		denied, err = r.ReadValues(ctx, names, func(p *kv.KVPair) { see(p.Key, p.Value) })
	} else {
		denied, err = kv.ReadNodes(ctx, s, names, func(n *kv.Node) { see(n.Key, n.Value) })
	}
	if err == nil && denied > 0 {
		err = &kv.Error{Op: kv.OpReadNodes, Key: keys[0].full, Kind: kv.ErrIncomplete}
	}
	return values, err
}

// FromSource reads the keys of a source, such as a file.
func FromSource(ctx context.Context, source transfer.Source) (*Side, error) {
	side := &Side{Reader: Reader{serial: true}}
	unseen, err := source.Read(ctx, func(items []transfer.Item) error {
		for i := range items {
			it := &items[i]
			if it.Err != nil {
				return it.Err
			}
			side.keys = append(side.keys, key{
				full: it.Node.Key, name: it.Name.Rel, own: it.Name.Own, folder: it.Node.Type == kv.DirectoryNode,
				size: len(it.Node.Value), place: len(side.keys), sum: it.Version,
			})
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	side.Unseen, side.paths = unseen, source.Nature().Paths
	again, err := source.Again()
	if err != nil {
		return nil, err
	}
	side.close = again.Close
	side.values = func(ctx context.Context, keys []*key) ([][]byte, error) { return sourceValues(ctx, again, keys) }
	side.nodes = func(ctx context.Context, keys []*key) ([]*kv.Node, error) { return sourceNodes(ctx, again, keys) }
	side.nature = source.Nature()
	side.sort()
	return side, nil
}

// errFile says that a file changed while it was compared.
var errFile = errors.New("it changed while it was compared")

// sourceValues reads the values of some keys.
func sourceValues(ctx context.Context, again transfer.Again, keys []*key) ([][]byte, error) {
	nodes, err := sourceNodes(ctx, again, keys)
	values := make([][]byte, len(nodes))
	for i, n := range nodes {
		values[i] = valueOf(n)
	}
	return values, err
}

// sourceNodes reads the nodes of some keys.
func sourceNodes(ctx context.Context, again transfer.Again, keys []*key) ([]*kv.Node, error) {
	wanted := make([]transfer.Wanted, len(keys))
	for i, k := range keys {
		wanted[i] = transfer.Wanted{Key: k.full, Place: k.place, Version: k.sum}
	}
	nodes, err := again.Nodes(ctx, wanted)
	if err == nil && slices.Contains(nodes, nil) {
		return nil, errFile
	}
	return nodes, err
}

// valueOf returns the value of a node; nil only without one.
func valueOf(n *kv.Node) []byte {
	switch {
	case n == nil:
		return nil
	case n.Value == nil:
		return []byte{}
	}
	return n.Value
}

// implied reports whether a key is there only since keys below it are: where
// keys are paths, a folder says nothing that they do not say.
func (s *Side) implied(at int) bool {
	k := &s.keys[at]
	if !s.paths || k.size > 0 || k.size < 0 && !k.folder {
		return false
	}
	if k.own {
		return len(s.keys) > 1
	}
	below := k.name + "/"
	rest := s.keys[at+1:]
	i, _ := slices.BinarySearchFunc(rest, below, func(k key, name string) int { return strings.Compare(k.name, name) })
	return i < len(rest) && strings.HasPrefix(rest[i].name, below)
}
