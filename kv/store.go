package kv

import (
	"crypto/tls"
	"time"
)

const (
	// DefaultWatchWaitTime is how long one blocking query of a watch lasts
	// before it is repeated. Stopping a watch does not wait for it.
	DefaultWatchWaitTime = 15 * time.Second

	// DefaultConnectionTimeout applies when Config.ConnectionTimeout is 0.
	DefaultConnectionTimeout = 5 * time.Second

	// DefaultEphemeralTTL applies when Config.EphemeralTTL is 0. It is the
	// shortest TTL that every backend grants.
	DefaultEphemeralTTL = 10 * time.Second

	// DefaultLockTTL applies when LockOptions.TTL is 0.
	DefaultLockTTL = 15 * time.Second
)

// Config configures a store. Fields that a backend has no use for are ignored.
type Config struct {
	// TLS, if it is not nil, secures every connection.
	TLS *tls.Config
	// ConnectionTimeout bounds reaching a server, and each small request. It
	// does not bound a listing, which may last as long as it makes progress.
	// 0 means DefaultConnectionTimeout.
	ConnectionTimeout time.Duration
	// EphemeralTTL is how long an ephemeral key outlives a store that ended
	// without Close. 0 means DefaultEphemeralTTL. If the backend does not
	// grant it, writing an ephemeral key fails with ErrInvalidTTL.
	EphemeralTTL time.Duration

	// Username and Password log in to etcd and, as HTTP basic authentication,
	// to Consul. ZooKeeper takes them as the "digest" scheme.
	Username string
	Password string
	// Token is the ACL token for Consul.
	Token string
	// Datacenter is Consul's; if empty, it is that of the agent.
	Datacenter string
	// WatchBudget bounds the one-shot watches that one feed sets on a
	// ZooKeeper server without recursive watches. 0 means DefaultWatchBudget.
	WatchBudget int
	// Memory bounds the memory, in bytes, for the keys of one feed that are
	// kept as a tree, about 90 bytes each. A Scoped feed that exceeds it
	// follows open folders only. 0 means DefaultMemory.
	Memory int64
}

// DefaultWatchBudget applies when Config.WatchBudget is 0.
const DefaultWatchBudget = 10_000

// connectionTimeout returns ConnectionTimeout or its default; c may be nil.
func (c *Config) connectionTimeout() time.Duration {
	if c == nil || c.ConnectionTimeout <= 0 {
		return DefaultConnectionTimeout
	}
	return c.ConnectionTimeout
}

// ephemeralTTL returns EphemeralTTL or its default; c may be nil.
func (c *Config) ephemeralTTL() time.Duration {
	if c == nil || c.EphemeralTTL == 0 {
		return DefaultEphemeralTTL
	}
	return c.EphemeralTTL
}

// Store is a key/value store. Its methods may be called from several
// goroutines at once. Each returns an [*Error] if it fails; ErrClosed after
// Close.
//
// What only some stores can do is an interface of its own, such as
// [MetaReader]. [As] reports whether a store has it.
type Store interface {
	// Put sets the value of key. It creates the key, and the directories that
	// the store needs above it, if they do not exist. It keeps what options
	// do not set: flags, session, lease, TTL and ACL. A nil value is stored as
	// an empty one.
	//
	// With options.Ephemeral the key is removed by Close, or EphemeralTTL
	// after the store ended without it. If options.Heartbeat is positive, the
	// store renews the key at that interval; if it is 0, the key ends
	// EphemeralTTL after the Put. ZooKeeper renews its sessions by itself:
	// there the key always ends with the store.
	Put(key string, value []byte, options *WriteOptions) error

	// Get returns the pair at key, or ErrKeyNotFound. An empty value is
	// []byte{}, never nil.
	Get(key string) (*KVPair, error)

	// Delete removes key. It returns ErrKeyNotFound if there is no such key,
	// and ErrHasChildren for a directory that is not empty.
	Delete(key string) error

	// Exists reports whether there is a key. A missing key is not an error.
	Exists(key string) (bool, error)

	// Watch returns a channel that receives the pair at key at once, if the
	// key exists, and then after each change. A deleted key is a pair whose
	// Value is nil; the watch goes on after it, and also begins at a key that
	// does not exist yet. A slow reader receives the latest state rather than
	// each one.
	//
	// The watch survives lost contact. Only closing stopCh, which may be nil,
	// and Close close the channel.
	Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error)

	// WatchTree returns a channel that receives all pairs below prefix, as
	// List returns them, at once and then after each change. There are none
	// if the prefix does not exist. In all else it is like Watch. The reader
	// may keep the pairs but must not change them: later snapshots may share
	// them.
	WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error)

	// NewLock returns a lock on key that is not held yet. options may be nil.
	// If the store does not grant the TTL, NewLock or Lock returns
	// ErrInvalidTTL.
	NewLock(key string, options *LockOptions) (Locker, error)

	// List returns the pairs below prefix, at any depth, sorted by key. The
	// directory itself is not among them, nor are keys that only share text
	// with it: "a" does not list "ab". The prefix "" lists the whole store.
	//
	// List returns ErrKeyNotFound if there is neither a directory nor a key of
	// that name, and no pairs for a key with nothing below it.
	List(prefix string) ([]*KVPair, error)

	// DeleteTree removes the key prefix, if it exists, and all keys below it,
	// but none that only share text with it. It returns ErrKeyNotFound if
	// there was nothing to delete, and ErrInvalidKey for the whole store, "".
	DeleteTree(prefix string) error

	// AtomicPut sets the value of key if nobody else changed the key. With
	// previous, the key must still have previous.LastIndex; otherwise
	// AtomicPut returns ErrKeyNotFound, or ErrKeyModified together with the
	// current pair, if the server sent it along. If previous is nil, the key
	// must not exist; otherwise AtomicPut returns ErrKeyExists, which is an
	// ErrKeyModified too. On success it returns true and the pair that it
	// wrote, with its new LastIndex.
	AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error)

	// AtomicDelete removes key if it still has previous.LastIndex. Otherwise
	// it returns ErrKeyModified or ErrKeyNotFound. It returns
	// ErrPreviousNotSpecified if previous is nil.
	AtomicDelete(key string, previous *KVPair) (bool, error)

	// Close ends the store: it stops watches and feeds, gives up locks and
	// attempts to lock, removes ephemeral keys, and waits until all this is
	// done. A second Close waits for the first. Every later call fails with
	// ErrClosed.
	Close()
}

// KVPair is a key with its value.
type KVPair struct {
	Key       string // in full, never cut by a prefix
	Value     []byte // nil only where a Watch reports a deletion
	LastIndex uint64 // the token for AtomicPut and AtomicDelete
}

// WriteOptions are options of a write. Both nil and the zero value write a key
// that stays.
type WriteOptions struct {
	Heartbeat time.Duration // interval at which an ephemeral key is renewed; 0 does not renew it
	Ephemeral bool          // the key ends with this store
}

// LockOptions are options of a lock.
type LockOptions struct {
	Value []byte        // the key's value while the lock is held, and after; nil keeps its value
	TTL   time.Duration // how long the lock outlives a holder that was killed; 0 means DefaultLockTTL
}

// WatchCallback belongs to the original package. Nothing here calls one.
type WatchCallback func(entries ...*KVPair)

// Locker is a lock that programs on several machines can share. Unlike a
// sync.Locker it can fail, and it can be lost while it is held.
type Locker interface {
	// Lock waits until the lock is held. It returns a channel that is closed
	// when the lock is lost: by Unlock, by Close, because its session or
	// lease ended, or because contact was lost for longer than its TTL. While
	// the lock is held, and after Unlock, Get returns the lock's value. Lock
	// returns ErrCannotLock if this Locker holds the lock, or waits for it,
	// already.
	Lock() (<-chan struct{}, error)
	// Unlock gives the lock up. It returns ErrCannotLock if it is not held.
	Unlock() error
}

// StopLocker is a Locker whose wait can be stopped. Every Locker of this
// package is one.
type StopLocker interface {
	Locker
	// LockStop is Lock, but returns ErrCannotLock when stop is closed. It
	// then leaves no trace of the attempt in the store.
	LockStop(stop <-chan struct{}) (<-chan struct{}, error)
}
