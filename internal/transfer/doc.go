// Package transfer brings keys from one place to another by a plan: within a
// store, between two stores of any kind, and from a file into a store.
//
// [Make] reads what is at both ends and decides about each key: it is created,
// overwritten, left as it is, or refused. The [Plan] is exact and frozen: it
// can be shown, and [Plan.Run] carries out nothing else. Each key is guarded by
// the version that the plan saw, at both ends. A plan that moves then deletes
// what it copied and verified.
//
// The package knows kv and no formats of files: those are sources that are
// handed in. It asks nobody and prints nothing.
package transfer
