package kv

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// Node is everything that a store keeps of a key and that can be written
// again. A field that the store does not have is zero.
type Node struct {
	Key   string
	Value []byte
	Index uint64 // LastIndex; not written again, the store gives a new one
	Type  NodeType

	Flags uint64 // Consul's flags
	// Owner is the session or lease that the key depends on, as the store's
	// own tools print it.
	Owner string
	// TTL is the life granted to the key or its lease, 0 for one without end.
	// Left is what is left of it, negative where that is not known.
	TTL, Left time.Duration
	ACL       []string // ZooKeeper's, each scheme:id:rights
}

// NodeType is the kind of node that a key is.
type NodeType uint8

// The kinds of nodes.
const (
	PlainNode     NodeType = iota
	DirectoryNode          // a directory of etcd v2, which has no value
	EphemeralNode          // it ends with its owner
	ContainerNode          // ZooKeeper deletes it some time after its last child
	TTLNode                // ZooKeeper deletes it when it was not changed for its TTL
)

// String is the word for the type in files and on the screen.
func (t NodeType) String() string {
	return [...]string{"plain", "directory", "ephemeral", "container", "ttl"}[t]
}

// SameAs reports whether both nodes say the same of the key, apart from
// indexes and what is left of a TTL.
func (n *Node) SameAs(other *Node) bool {
	if n == nil || other == nil {
		return n == other
	}
	return n.Key == other.Key && bytes.Equal(n.Value, other.Value) && n.Type == other.Type && n.Flags == other.Flags &&
		n.Owner == other.Owner && n.TTL == other.TTL && slices.Equal(n.ACL, other.ACL)
}

// NodeReader is a Store that reads all that it keeps of keys.
type NodeReader interface {
	// ReadNodes calls see with the node of each key that is there, in any
	// order and from one goroutine at a time. denied counts the keys that may
	// not be read. The error is about what could not be read at all.
	ReadNodes(ctx context.Context, keys []string, see func(*Node)) (denied int, err error)
}

// Write is one guarded write: it makes the key what After says, if it still is
// what Before says.
type Write struct {
	Key string
	// Before is what the write replaces. The key must still have its Index;
	// nil: there must be no such key.
	Before *Node
	// Unread says that Before's value and metadata may not be read, so that
	// they are not in it.
	Unread bool
	// After is what the key becomes; nil: it is deleted.
	After *Node
	// Undoes is the ID of the record of the write that this one takes back; ""
	// for all others.
	Undoes string
	// Redoes says that the write of Undoes had itself taken one back.
	Redoes bool
	// Other is the other key of a move within the store, "" for all other writes: where
	// After's value came from, or where Before's has gone.
	Other string
}

// Written is how a Write ended.
type Written struct {
	// Index is the key's new LastIndex; 0 where it was deleted or not written.
	Index uint64
	// Err is nil when the write was carried out. ErrKeyModified: the key was
	// not as Before says (ErrKeyExists: it was there, ErrKeyNotFound: it was
	// not), and nothing was written.
	Err error
}

// NodeWriter is a Store that carries out many guarded writes, with whatever
// metadata their nodes have.
type NodeWriter interface {
	// WriteNodes carries out the writes in their order, or in one that leaves
	// the same behind, in transactions as large as the store takes. done is
	// called once for each write that was tried, with its place in writes,
	// from one goroutine at a time. Cancelling ctx stops after the writes
	// under way. The error is why the rest was not tried.
	WriteNodes(ctx context.Context, writes []Write, done func(i int, w Written)) error
	// Unkept returns, for each of the nodes, what of it would not come back if
	// it were written here, in words such as "flags" or "session"; nil where
	// all of it would. It may ask the server which leases still live.
	Unkept(ctx context.Context, nodes []*Node) ([][]string, error)
}

// NodeChecker is a Store that has to ask its servers what they take.
type NodeChecker interface {
	// CheckNodes keeps the promises of the function CheckNodes.
	CheckNodes(ctx context.Context, nodes []*Node) ([]error, error)
}

// CheckNodes returns, for each of the nodes, why s cannot hold it: ErrTooLarge,
// ErrInvalidValue or ErrInvalidKey; nil if it can, as far as that can be known
// without writing. The error is why it could not be found out.
func CheckNodes(ctx context.Context, s Store, nodes []*Node) ([]error, error) {
	if c, ok := As[NodeChecker](s); ok {
		return c.CheckNodes(ctx, nodes)
	}
	why := make([]error, len(nodes))
	if c, ok := As[WriteChecker](s); ok {
		for i, n := range nodes {
			why[i] = c.CheckWrite(n.Key, n.Value)
		}
	}
	return why, nil
}

// LostSession is Unkept's word for the session that holds a key: nobody can give it
// back.
const LostSession = "session"

// ReadNodes is NodeReader's for any store. Where a store does not have that
// ability, a node is what Get and Meta say of it.
func ReadNodes(ctx context.Context, s Store, keys []string, see func(*Node)) (denied int, err error) {
	if r, ok := As[NodeReader](s); ok {
		return r.ReadNodes(ctx, keys, see)
	}
	return readEach(ctx, keys, nodeWidth, see, func(ctx context.Context, key string) (*Node, error) {
		pair, err := s.Get(key)
		if err != nil {
			return nil, err
		}
		return plainNode(ctx, s, pair), nil
	})
}

// nodeWidth is how many nodes are read or written at a time, where each takes a
// request.
const nodeWidth = 16

// plainNode is the node of a pair, with what Meta says of it.
func plainNode(ctx context.Context, s Store, pair *KVPair) *Node {
	n := &Node{Key: pair.Key, Value: pair.Value, Index: pair.LastIndex}
	reader, ok := As[MetaReader](s)
	if !ok {
		return n
	}
	m, err := reader.Meta(ctx, pair.Key)
	if err != nil || m.Modified != 0 && m.Modified != pair.LastIndex {
		return n
	}
	n.Flags, n.Owner, n.TTL, n.Left, n.ACL = m.Flags, m.Owner, m.TTL, m.Left, m.ACL
	if m.Ephemeral {
		n.Type = EphemeralNode
	}
	return n
}

// WriteNodes is NodeWriter's for any store. Where a store does not have that
// ability, each write is a call of its own and keeps only values.
func WriteNodes(ctx context.Context, s Store, writes []Write, done func(i int, w Written)) error {
	if w, ok := As[NodeWriter](s); ok {
		return w.WriteNodes(ctx, writes, done)
	}
	return writeEach(ctx, writes, func(_ context.Context, w *Write) Written { return writeNode(s, w) }, done)
}

// checkNodes is the CheckNodes of a store whose servers do not say how large a
// value they take. check is its CheckWrite. Of the nodes of more than
// unquestioned bytes with their keys, the largest that probe finds to be taken
// speaks for the smaller ones.
func checkNodes(nodes []*Node, unquestioned int, check func(string, []byte) error, probe func(*Node) error) ([]error, error) {
	why := make([]error, len(nodes))
	var large []int
	for i, n := range nodes {
		why[i] = check(n.Key, n.Value)
		if why[i] == nil && len(n.Key)+len(n.Value) > unquestioned {
			large = append(large, i)
		}
	}
	slices.SortFunc(large, func(a, b int) int { return len(nodes[b].Value) - len(nodes[a].Value) })
	for _, i := range large {
		err := probe(nodes[i])
		switch {
		case err == nil:
			return why, nil
		case errors.Is(err, ErrTooLarge):
			why[i] = err
		default:
			return why, err
		}
	}
	return why, nil
}

// writeEach carries out writes by one request each, some at a time: directories
// first, then keys, each before what is below it, and at last what is deleted,
// the deepest first.
func writeEach(ctx context.Context, writes []Write, write func(context.Context, *Write) Written, done func(int, Written)) error {
	run := nodeRun{writes: writes, write: write, done: done}
	for _, turn := range writeTurns(writes) {
		run.turn(ctx, turn)
		if run.err != nil {
			return run.err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// writeTurns returns the places of writes in the order of writeEach: those of
// one turn may be carried out at the same time.
func writeTurns(writes []Write) [][]int {
	turns := map[int][]int{}
	for i := range writes {
		w := &writes[i]
		depth := strings.Count(w.Key, "/")
		order := depth
		switch {
		case w.After == nil:
			order = math.MaxInt32 - depth
		case w.After.Type == DirectoryNode:
			order = depth - math.MaxInt32
		}
		turns[order] = append(turns[order], i)
	}
	list := make([][]int, 0, len(turns))
	for _, order := range slices.Sorted(maps.Keys(turns)) {
		list = append(list, turns[order])
	}
	return list
}

// nodeRun carries out writes that take a request each.
type nodeRun struct {
	writes []Write
	write  func(context.Context, *Write) Written
	done   func(int, Written)

	mu  sync.Mutex
	err error // why nothing more is tried
}

// turn carries out the writes at some places, some at a time.
func (r *nodeRun) turn(ctx context.Context, places []int) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(nodeWidth, len(places)) {
		wg.Go(func() {
			for i := range next {
				var w Written
				if err := contained(func() { w = r.write(context.WithoutCancel(ctx), &r.writes[i]) }); err != nil {
					w.Err = &Error{Op: OpWriteNodes, Key: r.writes[i].Key, Kind: ErrOutcomeUnknown, Err: err}
				}
				r.ended(i, w)
			}
		})
	}
	for _, i := range places {
		if ctx.Err() != nil || r.failed() {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
}

// ended reports how a write ended.
func (r *nodeRun) ended(i int, w Written) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if stopsPlan(w.Err) {
		r.err = w.Err
	}
	r.done(i, w)
}

func (r *nodeRun) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err != nil
}

// writeNode carries one write out by AtomicPut or AtomicDelete.
func writeNode(s Store, w *Write) Written {
	if w.After == nil {
		if w.Before == nil {
			return Written{Err: &Error{Op: OpWriteNodes, Key: w.Key, Kind: ErrPreviousNotSpecified}}
		}
		_, err := s.AtomicDelete(w.Key, w.Before.pair())
		return Written{Err: err}
	}
	_, pair, err := s.AtomicPut(w.Key, w.After.Value, w.Before.pair(), nil)
	if err != nil {
		return Written{Err: err}
	}
	return Written{Index: pair.LastIndex}
}

// Unkept is NodeWriter's for any store.
func Unkept(ctx context.Context, s Store, nodes []*Node) ([][]string, error) {
	if w, ok := As[NodeWriter](s); ok {
		return w.Unkept(ctx, nodes)
	}
	lost := make([][]string, len(nodes))
	for i, n := range nodes {
		lost[i] = n.metadata()
	}
	return lost, nil
}

// metadata returns words for what a node has besides its value.
func (n *Node) metadata() []string {
	var words []string
	for _, m := range []struct {
		has  bool
		word string
	}{
		{n.Flags != 0, "flags"},
		{n.Owner != "", "owner"},
		{n.TTL > 0, "TTL"},
		{len(n.ACL) > 0, "ACL"},
		{n.Type != PlainNode, n.Type.String() + " node"},
	} {
		if m.has {
			words = append(words, m.word)
		}
	}
	return words
}
