// Package kv gives one face to the key/value stores that clusters agree
// through: Consul, etcd (its v2 and its v3 API) and ZooKeeper.
//
// The exported names of the original store package (docker/swarm v0.3.0,
// pkg/store) are kept to the letter. What it left open is settled here, the
// same on every backend, and each promise has a subtest of its own in kvtest.
//
// # Keys
//
// A key is a path of segments parted by "/". Keys come out full: never cut by
// the prefix that was asked for. "a", "/a" and "a/" name the same key going
// in, except where the store really tells them apart: etcd v3 takes bytes as
// they are, and a Consul key may end in "/". A Consul key that
// begins with a slash, which its own tools cannot name, has one more here.
// Whatever key comes out of a store names that same key when it goes back in.
//
// # Indexes
//
// [KVPair].LastIndex is a compare-and-swap token. No two states of a key ever
// share one, not even over a delete and a create. 0 and MaxUint64 match
// nothing: there is no unconditional AtomicPut.
//
// # Limits
//
// What a value may have in bytes, unless the servers are set up otherwise,
// and what a TTL may be:
//
//	Consul     512 KiB                       10 s to 24 h; it may last twice as long
//	etcd       about 10 MB of UTF-8 text     from 1 s, in whole seconds
//	etcd v3    1.5 MiB with its key          from 2 s, in whole seconds
//	ZooKeeper  1 MiB with its path           4 s to 40 s
//
// Beyond, writes are refused as a whole: ErrTooLarge, ErrInvalidValue,
// ErrInvalidTTL. [Limits] tells beforehand what the client can know.
//
// # Errors
//
// Every error of a backend is an [*Error]: errors.Is finds both what kind it
// is (one of the Err… variables) and its cause.
package kv

import (
	"crypto/tls"
	"time"
)

// Backend represents a KV Store Backend
type Backend string

const (
	// MOCK backend
	MOCK Backend = "mock"
	// CONSUL backend
	CONSUL = "consul"
	// ETCD backend, over the v2 API
	ETCD = "etcd"
	// ETCDV3 backend, over the v3 API. It is not in the original package.
	ETCDV3 = "etcdv3"
	// ZK backend
	ZK = "zk"
)

const (
	// DefaultWatchWaitTime is how long we block for at a time to check if the
	// watched key has changed. Stopping a watch does not wait for it.
	DefaultWatchWaitTime = 15 * time.Second

	// DefaultConnectionTimeout bounds reaching a server, and each single
	// request, when Config.ConnectionTimeout is 0.
	DefaultConnectionTimeout = 5 * time.Second

	// DefaultEphemeralTTL is how long an ephemeral key outlives a store that
	// was killed, when Config.EphemeralTTL is 0. It is the least that every
	// backend accepts.
	DefaultEphemeralTTL = 10 * time.Second

	// DefaultLockTTL is how long a lock outlives a holder that was killed,
	// when LockOptions.TTL is 0.
	DefaultLockTTL = 15 * time.Second
)

// Config contains the options for a storage client
type Config struct {
	// TLS, where it is not nil, is used for every connection.
	TLS *tls.Config
	// ConnectionTimeout bounds reaching a server and each small request; it
	// does not bound listings, which last as long as they make progress. 0
	// means DefaultConnectionTimeout.
	ConnectionTimeout time.Duration
	// EphemeralTTL is the life of an ephemeral key whose store died without
	// Close. 0 means DefaultEphemeralTTL; where the backend does not grant it,
	// writing an ephemeral key is ErrInvalidTTL.
	EphemeralTTL time.Duration

	// Username and Password log in to etcd, as HTTP basic user at Consul,
	// and as "digest" at ZooKeeper.
	Username string
	Password string
	// Token is Consul's ACL token.
	Token string
	// Datacenter is Consul's; empty is the agent's own.
	Datacenter string
	// WatchBudget is the greatest number of one-shot watches that one feed
	// sets on a ZooKeeper server; 0 means DefaultWatchBudget.
	WatchBudget int
	// Memory is how many bytes the keys that one feed tells may take where
	// they are kept as a tree, about 90 bytes each; beyond that, a Scoped feed
	// follows open folders only. 0 means DefaultMemory.
	Memory int64
}

// DefaultWatchBudget is the greatest number of watches that one feed sets on
// a ZooKeeper server that has no recursive watch.
const DefaultWatchBudget = 10_000

// connectionTimeout is ConnectionTimeout, or its default; c may be nil.
func (c *Config) connectionTimeout() time.Duration {
	if c == nil || c.ConnectionTimeout <= 0 {
		return DefaultConnectionTimeout
	}
	return c.ConnectionTimeout
}

// ephemeralTTL is EphemeralTTL, or its default; c may be nil.
func (c *Config) ephemeralTTL() time.Duration {
	if c == nil || c.EphemeralTTL == 0 {
		return DefaultEphemeralTTL
	}
	return c.EphemeralTTL
}

// Store represents the backend K/V storage
// Each store should support every call listed
// here. Or it couldn't be implemented as a K/V
// backend for libkv
type Store interface {
	// Put a value at the specified key, creating it, and whatever directories
	// it needs, or replacing what is there. What the caller does not set is
	// kept: flags, session, lease, TTL, ACL. With options.Ephemeral the key
	// ends with this store: at Close, or EphemeralTTL after a crash;
	// options.Heartbeat > 0 renews it at that pace until Close, 0 does not
	// renew it, so that it ends EphemeralTTL after the Put (ZooKeeper's
	// sessions renew themselves; there it ends with the store). A nil value
	// is stored as an empty one.
	Put(key string, value []byte, options *WriteOptions) error

	// Get the value at key. A missing key is ErrKeyNotFound. A value is never
	// nil: an empty one is []byte{}.
	Get(key string) (*KVPair, error)

	// Delete the value at the specified key; ErrKeyNotFound when there is
	// none. A directory that has something in it is not deleted:
	// ErrHasChildren.
	Delete(key string) error

	// Verify if a key exists in the store. A missing key is no error.
	Exists(key string) (bool, error)

	// Watch changes on a key.
	// Returns a channel that will receive changes or an error.
	// Upon creating a watch, the current value will be sent to the channel; a
	// key that is not there is waited for. A deletion is a pair with nil
	// Value, and the watch goes on after it. A slow reader gets the latest
	// state, not each one. The watch survives lost contact; the channel is
	// closed by stopCh or Close and by nothing else.
	// Providing a non-nil stopCh can be used to stop watching.
	Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error)

	// WatchTree watches changes on a "directory"
	// Returns a channel that will receive changes or an error.
	// Upon creating a watch, the whole subtree, as List gives it, is sent; so
	// it is at each change, and empty where there is no such directory. All
	// else is as for Watch. The pairs sent are the reader's to keep but not
	// to change: later snapshots may share them.
	// Providing a non-nil stopCh can be used to stop watching.
	WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error)

	// NewLock makes a lock for a given key.
	// The returned Locker is not held and must be acquired with `.Lock`.
	// options may be nil. A TTL that the store does not grant is
	// ErrInvalidTTL, here or by Lock.
	NewLock(key string, options *LockOptions) (Locker, error)

	// List the content of a given prefix: everything below it, at any depth,
	// sorted by key, each pair with its own LastIndex, without the directory
	// itself and without siblings that only share text ("a" does not list
	// "ab"). ErrKeyNotFound when there is neither such a directory nor such a
	// key; no pairs and no error for a key that is no directory. "" is the
	// whole store.
	List(prefix string) ([]*KVPair, error)

	// DeleteTree deletes the key prefix, if there is one, and everything
	// below it; never a sibling that only shares text. ErrKeyNotFound when
	// there was nothing to delete, ErrInvalidKey for the whole store ("").
	DeleteTree(prefix string) error

	// Atomic operation on a single value. With previous, the value is put if
	// the key still has previous.LastIndex; else ErrKeyModified, and the pair
	// that is there now comes along where the backend tells it in the same
	// trip, or ErrKeyNotFound. Without previous (nil) the key is created;
	// ErrKeyExists, which is an ErrKeyModified too, when it is there. On
	// success the pair that was written is returned with its new LastIndex.
	AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error)

	// Atomic delete of a single value: if the key still has
	// previous.LastIndex; else ErrKeyModified or ErrKeyNotFound. A nil
	// previous is ErrPreviousNotSpecified.
	AtomicDelete(key string, previous *KVPair) (bool, error)

	// Close the store connection: stops watches and feeds, gives up locks and
	// the wait for them, removes ephemeral keys. It may be called again.
	// Every later call fails with ErrClosed.
	Close()
}

// KVPair represents {Key, Value, Lastindex} tuple
type KVPair struct {
	Key       string // in full, never cut by a prefix
	Value     []byte // nil only where a Watch tells a deletion
	LastIndex uint64 // the token for AtomicPut and AtomicDelete
}

// WriteOptions contains optional request parameters
type WriteOptions struct {
	Heartbeat time.Duration // how often an ephemeral key is renewed; 0 does not renew it
	Ephemeral bool          // the key ends with this store
}

// LockOptions contains optional request parameters
type LockOptions struct {
	Value []byte        // Optional, value to associate with the lock; nil keeps the one that is there
	TTL   time.Duration // Optional, how long the lock outlives a holder that was killed; 0 means DefaultLockTTL
}

// WatchCallback is of the original package; nothing here calls one.
type WatchCallback func(entries ...*KVPair)

// Locker provides locking mechanism on top of the store.
// Similar to `sync.Lock` except it may return errors.
type Locker interface {
	// Lock waits until the lock is held. The channel is closed when the lock
	// is lost: by Unlock, by Close, because its session or lease ended, or
	// because contact was lost for longer than its TTL. While it is held
	// Get(key) gives the lock's value, which stays after Unlock. Holding it
	// already, or waiting for it already through this Locker, is
	// ErrCannotLock.
	Lock() (<-chan struct{}, error)
	// Unlock gives the lock up; ErrCannotLock when it is not held.
	Unlock() error
}

// StopLocker is a Locker whose wait can be given up. Every Locker of this
// package is one.
type StopLocker interface {
	Locker
	// LockStop is Lock, but gives up when stop is closed: ErrCannotLock. No
	// trace of the attempt is left in the store.
	LockStop(stop <-chan struct{}) (<-chan struct{}, error)
}
