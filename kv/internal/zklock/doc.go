// Package zklock holds the queue of a lock on ZooKeeper, by the recipe of ZooKeeper's
// documentation: each contender has an ephemeral sequential node in the queue. The lowest holds
// the lock, and the others each watch the one before them.
//
// It enters, waits and leaves. Package kv decides what is locked, how long a lost lock is retried
// and what its holder learns.
package zklock
