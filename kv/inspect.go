package kv

import (
	"context"
	"time"
)

// As returns s as an ability, such as MetaReader, and reports whether it has it.
// Unlike a type assertion it looks through wrappers: a read-only store has the
// methods of every ability that reads, but the ability only if the store
// behind it does.
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

// wrapper is a Store in front of another one.
type wrapper interface{ inner() Store }

// adder is a wrapper with abilities that the store behind it need not have.
type adder interface {
	// adds reports whether that is so of an ability; ability is a nil pointer
	// to it.
	adds(ability any) bool
}

// MetaReader is a Store that knows more of a key than its value.
type MetaReader interface {
	// Meta returns what the store knows of a key, or ErrKeyNotFound. ctx bounds
	// the call in addition to Config.ConnectionTimeout.
	Meta(ctx context.Context, key string) (*Meta, error)
}

// Meta is what a store knows of a key. Fields that the store does not report
// are zero, except Left.
type Meta struct {
	Key        string
	Created    uint64    // index of its creation
	Modified   uint64    // index of its last change
	CreatedAt  time.Time // only on ZooKeeper, as ModifiedAt
	ModifiedAt time.Time
	Version    int64 // how often it was changed, as the store counts
	Size       int   // bytes of the value
	Children   int   // keys right below it, on stores with directories

	Ephemeral bool
	Owner     string        // the session or lease that it depends on, as the store's own tools print it
	OwnerName string        // identifies the owner to people, such as a session's name and node
	TTL       time.Duration // granted to the owner or to the key
	Left      time.Duration // left of the TTL; negative if unknown or without end

	Flags     uint64 // Consul's flags
	LockIndex uint64 // on Consul: how often it was locked
	ACL       []string
	Directory bool
}

// LockInspector is a Store that finds locks, including those of other clients,
// and breaks them. ctx bounds each call in addition to Config.ConnectionTimeout.
type LockInspector interface {
	// Locks returns the locks at and below prefix, sorted by key; "" is the
	// whole store. Having none is not an error. If a part of the keys may not
	// be read, Locks returns the locks among the others with ErrIncomplete.
	Locks(ctx context.Context, prefix string) ([]LockInfo, error)
	// BreakPlan returns what Break would remove besides holder's claim on
	// lock: other keys and locks of the same session or lease.
	BreakPlan(ctx context.Context, lock LockInfo, holder Contender) (BreakPlan, error)
	// Break takes the lock from holder by destroying its session, revoking its
	// lease or deleting its node. It returns ErrKeyModified if holder no
	// longer holds the lock.
	Break(ctx context.Context, lock LockInfo, holder Contender) error
}

// LockInfo is a lock as its own clients see it.
type LockInfo struct {
	Key     string // what its users call it: the locked key, or the directory of its queue
	Recipe  string // whose layout it has, such as "consul lock", "etcd mutex", "curator mutex"
	Limit   int    // how many may hold it: 1 except for semaphores; 0 if unknown
	Holders []Contender
	Waiters []Contender // in the order in which they will get it
	// WaitersHidden is why Waiters is empty if the store does not show them;
	// otherwise "".
	WaitersHidden string
}

// Contender is a holder of a lock, or a client that waits for it.
type Contender struct {
	ID    string        // its session or lease, as the store's own tools print it
	Key   string        // the key that is its claim
	Index uint64        // LastIndex of that key
	Name  string        // identifies it to people: session name and node, or the first 256 bytes of the claim's value
	Mode  string        // "read" or "write"; "" if the recipe has no modes
	Since time.Time     // when it queued or took the lock; zero if the store keeps no times
	TTL   time.Duration // granted; 0 if unknown
	Left  time.Duration // until it ends if it is not renewed; negative if unknown
	Note  string        // what is unusual about it, such as "stale"
}

// BreakPlan is what breaking a lock removes.
type BreakPlan struct {
	Action  string   // what Break does, such as "destroy session 3f…" or "revoke lease 694d…"
	Deleted []string // keys that it deletes, including the claim
	Freed   []string // keys that it unlocks and that stay
	Note    string   // what else matters, such as a lock-delay
}

// HealthReader is a Store that knows how its cluster is.
type HealthReader interface {
	// Health asks the servers. ctx bounds the call in addition to
	// Config.ConnectionTimeout.
	Health(ctx context.Context) (Health, error)
}

// Health is the state of a cluster.
type Health struct {
	Server  string // name and version, such as "etcd 3.4.23"
	Leader  string // the leading server; "" if there is none or it is unknown
	Members int    // servers in the cluster; 0 if unknown
	Healthy bool
	Note    string // why it is not healthy, or how it runs, such as "standalone"
}

// Notes that all backends share.
const (
	noteStandalone = "standalone"
	noteNoLeader   = "the cluster has no leader"
)

// Identifier is a Store that knows which store it is.
type Identifier interface {
	// Identity returns what stays the same as long as the store is the same
	// one, whatever its addresses are: a cluster's ID. It is "" where the
	// servers do not say.
	Identity(ctx context.Context) (string, error)
}

// Identity returns which store s is; "" where it does not say.
func Identity(ctx context.Context, s Store) (string, error) {
	if i, ok := As[Identifier](s); ok {
		return i.Identity(ctx)
	}
	return "", nil
}

// WriteChecker is a Store that knows what it can hold without asking a server.
type WriteChecker interface {
	// CheckWrite returns the error that Put would return before it sends
	// anything: ErrTooLarge, ErrInvalidValue or ErrInvalidKey. If it returns
	// nil, the server may still refuse the write.
	CheckWrite(key string, value []byte) error
}

// DirectoryMaker is a Store that can hold empty directories.
type DirectoryMaker interface {
	// MakeDirectory creates an empty directory, and the directories above it.
	// It returns ErrKeyExists if there is a directory or key of that name.
	MakeDirectory(ctx context.Context, key string) error
}

// ChangeReader is a Store that keeps history.
type ChangeReader interface {
	// ReadChange returns the values before and after e, a put or a deletion
	// from a feed, whatever happened to the key later. BeforeKnown is false if
	// the store has dropped what was there before, or e does not say when it
	// happened. ReadChange returns ErrCompacted if nothing is left of the
	// change, and ErrKeyNotFound if there was no such change.
	ReadChange(ctx context.Context, e Event) (ValueChange, error)
}

// Terms are the words of a store's own tools and documentation for what this
// package gives one name.
type Terms struct {
	Index   string // KVPair.LastIndex and Meta.Modified
	Created string // Meta.Created
	Version string // Meta.Version; "" if the store does not count changes
	Owner   string // Meta.Owner and Contender.ID
}

// Termed is a Store that has words of its own.
type Termed interface {
	// Terms returns these words.
	Terms() Terms
}

// TermsOf returns a store's own words, or neutral ones if it has none.
func TermsOf(s Store) Terms {
	if t, ok := As[Termed](s); ok {
		return t.Terms()
	}
	return Terms{Index: "index", Created: "created at", Version: "version", Owner: "owner"}
}

// Nature is what the keys of a store are like, for those who bring keys from
// another one.
type Nature struct {
	Name string // what people call the store
	// Paths says that keys are paths: "a" and "a/" are the same key, and with
	// "a/b" there is always "a".
	Paths bool
	// BareFolders says that a key with others below it is a directory, which
	// has no value.
	BareFolders bool
	// Text says that values are UTF-8.
	Text bool
	// Flags, TTL, Leases, ACL and Types say what a key may have besides its
	// value: Consul's flags, a life of its own, a lease that it shares with
	// others, ZooKeeper's ACL, and ZooKeeper's types of nodes, which it shows no
	// client but for ephemeral ones (DataNode.getClientEphemeralOwner).
	Flags, TTL, Leases, ACL, Types bool
}

// Natured is a Store that says what its keys are like.
type Natured interface {
	// Nature returns what they are like. It asks no server.
	Nature() Nature
}

// NatureOf returns what the keys of s are like; of a store that does not say,
// they are names with values and nothing else.
func NatureOf(s Store) Nature {
	if n, ok := As[Natured](s); ok {
		return n.Nature()
	}
	return Nature{Name: "the store"}
}
