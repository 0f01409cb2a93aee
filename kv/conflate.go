package kv

import "kvist/kv/internal/wait"

// offer puts v into a channel that holds one element, in place of an element that nobody has
// read yet. A slow reader gets the latest state, and the sender never waits. Only one goroutine
// may offer to a channel.
func offer[T any](c chan T, v T) { wait.Offer(c, v) }
