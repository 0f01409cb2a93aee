package kv

// offer puts v into a channel of one place, in the stead of what is there and
// was not read yet: a slow reader gets the latest state, and the sender never
// waits. Only one goroutine may offer to a channel.
func offer[T any](c chan T, v T) {
	select {
	case <-c:
	default:
	}
	c <- v
}
