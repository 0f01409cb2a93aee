package wait

// Signal puts an element into a channel that holds one, unless it is full.
func Signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Offer puts v into a channel that holds one element, in place of an element that nobody has
// read yet. A slow reader gets the latest state, and the sender never waits. Only one goroutine
// may offer to a channel.
func Offer[T any](c chan T, v T) {
	select {
	case <-c:
	default:
	}
	c <- v
}

// Closed returns a channel that is closed already.
func Closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}
