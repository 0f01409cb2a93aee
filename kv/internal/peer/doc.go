// Package peer finds out what stands behind an address that a store could not be opened at: whether
// it speaks TLS or HTTP, and whether its certificate was refused.
//
// It knows the protocols, but no store and none of package kv's errors.
package peer
