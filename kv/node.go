package kv

import (
	"bytes"
	"context"
	"slices"
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
	// After is what the key becomes; nil: it is deleted.
	After *Node
	// Undoes is the ID of the record of the write that this one takes back; ""
	// for all others.
	Undoes string
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
