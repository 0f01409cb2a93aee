// Package zkrecipe recognises the names that clients of ZooKeeper give to the nodes of their
// locks, semaphores, elections and latches.
//
// It looks at names only. Reading the nodes and making locks of them belongs to package kv.
package zkrecipe
