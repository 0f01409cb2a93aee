// Package zklock holds the queue of a lock on ZooKeeper, by the recipe of ZooKeeper's
// documentation: each contender has an ephemeral sequential node in the queue. The lowest holds
// the lock, and the others each watch the one before them.
//
// It enters, waits and leaves. What is locked, how long a lost lock is retried and what the
// holder is told, package kv decides.
package zklock
