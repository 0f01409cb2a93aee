// Package kv reads and changes the key/value stores of clusters through one
// interface, [Store]: Consul, etcd by its v2 and its v3 API, and ZooKeeper.
//
// Its exported names include those of the store package of docker/swarm
// v0.3.0 (pkg/store), with the same signatures and error texts. This package
// defines what that one left open, the same for every backend; a subtest of
// package kvtest proves each promise on real servers.
//
// # Keys
//
// A key is a path of segments separated by "/". A store returns keys in full,
// never cut by the prefix of the call. "a", "/a" and "a/" are the same key as
// arguments, unless the store tells them apart: etcd v3 takes the bytes of a
// key as they are, and a Consul key may end in "/". A Consul key that begins
// with a slash, which Consul's own tools cannot name, has one slash more here.
// A key that a store returned names the same key as an argument.
//
// # Indexes
//
// [KVPair].LastIndex is the token for compare-and-swap. No two states of a key
// share one, not even across a delete and a create. The indexes 0 and
// MaxUint64 match nothing: there is no unconditional AtomicPut.
//
// # Limits
//
// The largest value, unless the servers are configured otherwise, and the TTLs
// that a store grants:
//
//	Consul     512 KiB                       10 s to 24 h; it may last twice as long
//	etcd       about 10 MB of UTF-8 text     from 1 s, in whole seconds
//	etcd v3    1.5 MiB with its key          from 2 s, in whole seconds
//	ZooKeeper  1 MiB with its path           4 s to 40 s
//
// A write beyond a limit writes nothing and fails with ErrTooLarge,
// ErrInvalidValue or ErrInvalidTTL. [WriteChecker] checks what the client can know
// before it sends anything.
//
// # Errors
//
// Every error of a backend is an [*Error]. errors.Is matches both its kind,
// one of the Err… variables, and its cause.
//
// # What belongs here
//
// The package holds the contract, its optional abilities, the feeds, the
// plans, the guards, and one set of files for each backend, which begin with
// its name. No file of a backend uses another's names. Machinery that does not
// know the contract belongs below kv/internal. The package knows nothing of
// the screen or of the commands.
package kv
