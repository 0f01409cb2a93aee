package transfer

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kvist/kv"
)

// Item is a key of a source.
type Item struct {
	Name  Name
	Node  *kv.Node // as the source has it
	Flags kv.KeyFlags
	// Version is what tells the item apart from what its key is later.
	Version uint64
	// Queued says that it is a place in the queue of a lock.
	Queued bool
	// Err is why the item cannot be read; Node then has the key alone.
	Err error
}

// Source is where keys come from. It is read twice: for the plan, and when the
// plan is carried out.
type Source interface {
	// Nature returns what the keys are like.
	Nature() kv.Nature
	// Read calls visit with the items, some at a time, parents before their
	// children. unseen is why there may be more.
	Read(ctx context.Context, visit func([]Item) error) (unseen, err error)
	// Again begins to read the items once more.
	Again() (Again, error)
}

// Again reads the items of a source once more.
type Again interface {
	// Nodes returns the nodes of some items of which the version is still that
	// of the plan, by their places among all items; nil for those that changed.
	// Places ascend from call to call.
	Nodes(ctx context.Context, wanted []Wanted) ([]*kv.Node, error)
	Close() error
}

// Wanted is an item that is read again.
type Wanted struct {
	Key     string // at the source
	Place   int
	Version uint64
}

const (
	// batchKeys bounds how many keys are read or written at a time.
	batchKeys = 2000
	// batchBytes is how many bytes of values they should have at most.
	batchBytes = 8 << 20
)

// batch is how many keys to read at a time, so that their values fit.
type batch struct{ n int }

func newBatch() batch { return batch{200} }

// adapt sets the number by what the last ones took.
func (b *batch) adapt(keys, bytes int) {
	if keys == 0 {
		return
	}
	b.n = min(batchKeys, max(1, 2*b.n), max(1, batchBytes/(bytes/keys+64)))
}

// FromStore returns the keys of a place as a source, in the order of their
// names.
func FromStore(p Place) Source {
	dir := p.dir()
	return &storeSource{place: p, name: func(key string) Name { return NameIn(p.Store, dir, key) }}
}

type storeSource struct {
	place Place
	name  func(key string) Name
	list  lister // nil for all that is at the place
}

// lister calls add with keys. unseen is why there may be more.
type lister func(ctx context.Context, add func(kv.Entry) error) (unseen, err error)

func (s *storeSource) Nature() kv.Nature { return kv.NatureOf(s.place.Store) }

// entries calls add with the keys, in any order.
func (s *storeSource) entries(ctx context.Context, add func(kv.Entry) error) (unseen, err error) {
	if s.list != nil {
		return s.list(ctx, add)
	}
	return list(ctx, s.place.Store, s.place.Prefix, kv.ListOptions{AtOnce: true}, add)
}

// Read implements Source. The names of the keys are not held: the listing comes
// first, in files if it is long.
func (s *storeSource) Read(ctx context.Context, visit func([]Item) error) (unseen, err error) {
	var keys sortedKeys
	defer keys.close()
	if unseen, err = s.entries(ctx, keys.add); err != nil {
		return nil, err
	}
	some := reading{source: s, visit: visit, size: newBatch()}
	if keys.locked {
		if some.claims, err = s.claims(ctx); err != nil {
			return nil, err
		}
	}
	err = keys.each(func(e kv.Entry) error { return some.add(ctx, e) })
	if err == nil {
		err = some.read(ctx)
	}
	if err != nil {
		return nil, err
	}
	return unseen, nil
}

// reading reads the nodes of keys, some at a time.
type reading struct {
	source *storeSource
	visit  func([]Item) error
	claims map[string]bool
	size   batch
	keys   []kv.Entry // that are not read yet
}

// add takes a key.
func (r *reading) add(ctx context.Context, e kv.Entry) error {
	r.keys = append(r.keys, e)
	if len(r.keys) < r.size.n {
		return nil
	}
	return r.read(ctx)
}

// read reads the keys that were taken.
func (r *reading) read(ctx context.Context) error {
	if len(r.keys) == 0 {
		return nil
	}
	items, bytes, err := r.source.items(ctx, r.keys, r.claims)
	if err == nil {
		err = r.visit(items)
	}
	r.size.adapt(len(r.keys), bytes)
	clear(r.keys)
	r.keys = r.keys[:0]
	return err
}

// items reads the nodes of some keys. Those that are gone are left out.
func (s *storeSource) items(ctx context.Context, entries []kv.Entry, claims map[string]bool) (items []Item, bytes int, err error) {
	nodes, denied, err := nodesOf(ctx, s.place.Store, entries)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		it := Item{Name: s.name(e.Key), Flags: e.Flags, Queued: claims[e.Key]}
		switch n := nodes[e.Key]; {
		case n != nil:
			it.Node, it.Version = n, n.Index
			bytes += len(n.Value)
			it.Flags = flagsOf(n, it.Flags)
		case denied > 0:
			it.Node = &kv.Node{Key: e.Key}
			it.Err = &kv.Error{Op: kv.OpReadNodes, Key: e.Key, Kind: kv.ErrDenied}
		default:
			continue
		}
		items = append(items, it)
	}
	return items, bytes, nil
}

// nodesOf reads the nodes of some keys, by key.
func nodesOf(ctx context.Context, s kv.Store, entries []kv.Entry) (map[string]*kv.Node, int, error) {
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	nodes := make(map[string]*kv.Node, len(keys))
	denied, err := kv.ReadNodes(ctx, s, keys, func(n *kv.Node) { nodes[n.Key] = n })
	return nodes, denied, err
}

// claims returns the keys that are places in the queue of a lock.
func (s *storeSource) claims(ctx context.Context) (map[string]bool, error) {
	claims := map[string]bool{}
	inspector, ok := kv.As[kv.LockInspector](s.place.Store)
	if !ok {
		return claims, nil
	}
	locks, err := inspector.Locks(ctx, s.place.Prefix)
	if err != nil && !errors.Is(err, kv.ErrDenied) {
		return nil, err
	}
	for _, l := range locks {
		for _, c := range append(l.Holders, l.Waiters...) {
			if c.Key != l.Key {
				claims[c.Key] = true
			}
		}
	}
	return claims, nil
}

// ListSorted returns the key called prefix, if there is one, and all below it,
// in the order of their names, within the memory that keys may take. It returns
// ErrKeyNotFound if nothing is there.
func ListSorted(ctx context.Context, s kv.Store, prefix string) (entries []kv.Entry, unseen, err error) {
	room := kv.RoomOf(s)
	sorted := true
	unseen, err = list(ctx, s, prefix, kv.ListOptions{}, func(e kv.Entry) error {
		sorted = sorted && (len(entries) == 0 || entries[len(entries)-1].Key < e.Key)
		entries = append(entries, e)
		return asList(prefix, room.Take(e.Key))
	})
	if err != nil {
		return nil, nil, err
	}
	if !sorted {
		slices.SortFunc(entries, byKey)
	}
	return entries, unseen, nil
}

// list calls add with the key called prefix, if there is one, and with all below
// it. It returns ErrKeyNotFound if nothing is there.
func list(ctx context.Context, s kv.Store, prefix string, options kv.ListOptions, add func(kv.Entry) error) (unseen, err error) {
	own, err := ownKeys(ctx, s, prefix)
	if err != nil {
		return nil, err
	}
	seen, listed := map[string]bool{}, len(own) > 0
	for _, e := range own {
		seen[e.Key] = true
		if err := add(e); err != nil {
			return nil, err
		}
	}
	unseen, err = kv.ListKeys(ctx, s, prefix, options, func(e kv.Entry) error {
		if isMark(e) {
			return add(e)
		}
		listed = true
		if seen[e.Key] {
			return nil
		}
		return add(e)
	})
	switch {
	case err != nil:
		return nil, err
	case listed:
		return unseen, nil
	case unseen != nil:
		return nil, unseen
	}
	return nil, nothing(s, prefix)
}

// asList returns err, which says no more than that there are too many keys, as
// the error of a listing of prefix.
func asList(prefix string, err error) error {
	var e *kv.Error
	if !errors.As(err, &e) || e.Op != "" {
		return err
	}
	listing := *e
	listing.Op, listing.Key = kv.OpList, prefix
	return &listing
}

// nothing returns the error for a place where nothing is; nil for the whole
// store and for an empty directory.
func nothing(s kv.Store, prefix string) error {
	if kv.Dir(s, prefix) == "" {
		return nil
	}
	if there, err := s.Exists(prefix); there || err != nil {
		return err
	}
	return &kv.Error{Op: kv.OpList, Key: prefix, Kind: kv.ErrKeyNotFound}
}

// ownKeys returns the key of the prefix itself, and the one with the folder's
// own name, slash included, in stores that have such keys. A prefix with a slash
// at its end is that one alone.
func ownKeys(ctx context.Context, s kv.Store, prefix string) ([]kv.Entry, error) {
	dir := kv.Dir(s, prefix)
	if dir == "" {
		return nil, nil
	}
	names := []string{dir}
	if !strings.HasSuffix(prefix, "/") {
		names = []string{prefix, dir}
	}
	var own []kv.Entry
	_, err := kv.ReadNodes(ctx, s, names, func(n *kv.Node) {
		if len(own) == 0 || own[0].Key != n.Key {
			own = append(own, kv.Entry{Key: n.Key, Index: n.Index, Size: len(n.Value), Flags: flagsOf(n, 0)})
		}
	})
	if errors.Is(err, kv.ErrInvalidKey) {
		err = nil
	}
	slices.SortFunc(own, func(a, b kv.Entry) int { return strings.Compare(a.Key, b.Key) })
	return own, err
}

// flagsOf returns the marks of a node, besides those that a listing gave it.
func flagsOf(n *kv.Node, listed kv.KeyFlags) kv.KeyFlags {
	if n.Type == kv.EphemeralNode {
		listed |= kv.Ephemeral
	}
	if n.Type == kv.DirectoryNode {
		listed |= kv.Directory
	}
	if n.TTL > 0 && n.Type != kv.TTLNode && listed&(kv.Ephemeral|kv.Locked) == 0 {
		listed |= kv.Leased
	}
	return listed
}

// Again implements Source.
func (s *storeSource) Again() (Again, error) { return &storeAgain{s.place.Store}, nil }

type storeAgain struct{ store kv.Store }

// Nodes implements Again.
func (a *storeAgain) Nodes(ctx context.Context, wanted []Wanted) ([]*kv.Node, error) {
	keys, at := make([]string, len(wanted)), make(map[string]int, len(wanted))
	for i, w := range wanted {
		keys[i], at[w.Key] = w.Key, i
	}
	nodes := make([]*kv.Node, len(wanted))
	_, err := kv.ReadNodes(ctx, a.store, keys, func(n *kv.Node) {
		if i, ok := at[n.Key]; ok && wanted[i].Version == n.Index {
			nodes[i] = n
		}
	})
	return nodes, err
}

// Close implements Again.
func (a *storeAgain) Close() error { return nil }
