package kv

import (
	"context"
	"time"
)

// The abilities in this file are optional: a Store is asked for them with As.
// ctx bounds each call, besides Config.ConnectionTimeout.

// As finds an ability of a store, such as MetaReader. It is a type assertion
// that also tells the truth of a guarded store: a guard has the methods of the
// reading abilities, but the ability itself only where the store behind it has
// it, and never one that only writes.
func As[T any](s Store) (T, bool) {
	ability, ok := s.(T)
	if w, wraps := s.(wrapper); ok && wraps {
		_, ok = As[T](w.inner())
		if a, adds := s.(adder); !ok && adds {
			ok = a.adds((*T)(nil))
		}
	}
	if !ok {
		var none T
		return none, false
	}
	return ability, true
}

// wrapper is a Store that stands before another one.
type wrapper interface{ inner() Store }

// adder is a wrapper with abilities that the store behind it need not have.
type adder interface {
	// adds reports whether that is so of an ability; ability is a nil pointer
	// to it.
	adds(ability any) bool
}

// MetaReader tells what a store knows of a key besides its value.
type MetaReader interface {
	// Meta is about one key; ErrKeyNotFound when it is not there.
	Meta(ctx context.Context, key string) (*Meta, error)
}

// Meta is what a store knows of a key. What a store does not tell is the
// field's zero value, but for Left.
type Meta struct {
	Key        string
	Created    uint64    // index (revision, zxid) of its creation
	Modified   uint64    // index of its last change
	CreatedAt  time.Time // only ZooKeeper keeps times
	ModifiedAt time.Time
	Version    int64 // how often it was changed, as the store counts
	Size       int   // bytes of the value
	Children   int   // direct children, where the store has directories

	Ephemeral bool
	Owner     string        // lease (hex), Consul session or ZooKeeper session (hex) it depends on
	OwnerName string        // what identifies the owner, such as a session's name and node
	TTL       time.Duration // granted to the owner or to the key
	Left      time.Duration // left of the TTL; negative when not known or without end

	Flags     uint64 // Consul's flags
	LockIndex uint64 // Consul: how often it was locked
	ACL       []string
	Directory bool
}

// LockInspector finds locks, those of other clients too, and breaks them.
type LockInspector interface {
	// Locks are the locks at or below prefix ("" is the whole store), sorted
	// by key. None is no error. Where a part of what is below prefix may not
	// be read, the locks in the rest come along with an ErrIncomplete: there
	// may be others.
	Locks(ctx context.Context, prefix string) ([]LockInfo, error)
	// BreakPlan tells what else would go if holder's claim on lock were
	// broken: other keys and locks of the same session or lease.
	BreakPlan(ctx context.Context, lock LockInfo, holder Contender) (BreakPlan, error)
	// Break takes the lock from holder: destroys the session, revokes the
	// lease, deletes the node. ErrKeyModified when holder no longer holds it.
	Break(ctx context.Context, lock LockInfo, holder Contender) error
}

// LockInfo is a lock as its own clients would see it.
type LockInfo struct {
	Key     string // what its users call it: the locked key, or the directory of its queue
	Recipe  string // whose layout it has, such as "consul lock", "etcd mutex", "curator mutex"
	Limit   int    // how many may hold it: 1 but for semaphores; 0 when not known
	Holders []Contender
	Waiters []Contender // in the order in which they will get it
	// WaitersHidden says why Waiters is empty where the store does not show
	// them; "" where it does.
	WaitersHidden string
}

// Contender is one holder of a lock or one who waits for it.
type Contender struct {
	ID    string        // session or lease, as the store's own tools print it
	Key   string        // the key that is its claim
	Index uint64        // LastIndex of that key
	Name  string        // what identifies it to people: session name and node, or the first 256 bytes of the claim's value
	Mode  string        // "read" or "write"; "" where the recipe has no modes
	Since time.Time     // when it queued or took the lock; zero where the store keeps no times
	TTL   time.Duration // granted; 0 when not known
	Left  time.Duration // until it ends if not renewed; negative when not known
	Note  string        // what is odd about it, such as "stale"
}

// BreakPlan is what goes when a lock is broken.
type BreakPlan struct {
	Action  string   // what will be done: "destroy session 3f…", "revoke lease 694d…", "delete node …"
	Deleted []string // keys that will be deleted, the claim included
	Freed   []string // keys that stay but are unlocked
	Note    string   // what else there is to know, such as a lock-delay
}

// HealthReader tells how the cluster is.
type HealthReader interface {
	Health(ctx context.Context) (Health, error)
}

// Health is what the status line shows of a cluster.
type Health struct {
	Server  string // name and version: "Consul 1.8.7", "etcd 3.4.23", "ZooKeeper 3.8.0"
	Leader  string // who leads; "" when there is no leader or none is known
	Members int    // servers in the cluster, 0 when not known
	Healthy bool
	Note    string // why it is not healthy, or how it runs ("standalone")
}

// Notes that say the same of every cluster.
const (
	noteStandalone = "standalone"
	noteNoLeader   = "the cluster has no leader"
)

// Limits tells beforehand what a store can hold.
type Limits interface {
	// CheckWrite is the error Put would fail with without asking the server:
	// ErrTooLarge, ErrInvalidValue, ErrInvalidKey; nil when it may succeed.
	CheckWrite(key string, value []byte) error
}

// DirectoryMaker is a store that can hold a directory with nothing in it.
type DirectoryMaker interface {
	// MakeDirectory makes an empty directory and those above it that it
	// needs. ErrKeyExists when there is such a directory or key already.
	MakeDirectory(ctx context.Context, key string) error
}

// ChangeReader is a store that still knows what a change replaced.
type ChangeReader interface {
	// ReadChange is what e, a put or a deletion that a feed told of, made of
	// its key: exactly that, whatever came after. BeforeKnown is false where
	// the store has thrown away what was there before, or e does not say
	// when it was. ErrCompacted when nothing is left of the change,
	// ErrKeyNotFound when there was no such change.
	ReadChange(ctx context.Context, e Event) (Values, error)
}

// Terms are the words that a store's own tools and documentation have for
// what this package calls by one name.
type Terms struct {
	Index   string // KVPair.LastIndex and Meta.Modified
	Created string // Meta.Created
	Version string // Meta.Version; "" where the store does not count changes
	Owner   string // Meta.Owner and Contender.ID
}

// Termed is a Store that has words of its own.
type Termed interface {
	Terms() Terms
}

// TermsOf returns a store's own words, or neutral ones where it has none.
func TermsOf(s Store) Terms {
	if t, ok := As[Termed](s); ok {
		return t.Terms()
	}
	return Terms{Index: "index", Created: "created at", Version: "version", Owner: "owner"}
}
