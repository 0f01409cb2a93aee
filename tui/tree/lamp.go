package tree

import "time"

// lights are the lamps of the nodes that are lit, in the order in which they go
// out. A node that is lit again moves to the end, so that it has one lamp. No
// lamp outlives its node, whose ref may belong to another node then.
type lights struct {
	of     map[ref]int32
	lamps  []lamp  // the first one means none
	unused []int32 // lamps without a node
	queues [2]queue
}

// lamp is the lights of a node.
type lamp struct {
	node   ref
	own    Light
	inside time.Time // when something below it last changed
	rel    []byte    // a ghost's path
	beside [2]links
}

// queueName names a queue: a lamp waits in each for one of its lights.
type queueName uint8

const (
	ownLights    queueName = iota // a row's own change
	insideLights                  // a change below
)

// queue is a list of lamps, the oldest first.
type queue struct {
	first, last int32
	n           int
}

// links are the neighbours of a lamp in a queue.
type links struct {
	prev, next int32
	in         bool
}

// first returns the oldest lamp of the queue, or nil.
func (l *lights) first(q queueName) *lamp {
	if l.queues[q].n == 0 {
		return nil
	}
	return &l.lamps[l.queues[q].first]
}

// add makes a lamp for r, which has none.
func (l *lights) add(r ref) {
	if l.of == nil {
		l.of, l.lamps = map[ref]int32{}, make([]lamp, 1)
	}
	i := int32(len(l.lamps))
	if n := len(l.unused); n > 0 {
		i, l.unused = l.unused[n-1], l.unused[:n-1]
		l.lamps[i] = lamp{node: r, rel: l.lamps[i].rel}
	} else {
		l.lamps = append(l.lamps, lamp{node: r})
	}
	l.of[r] = i
}

// remove takes away the lamp of r.
func (l *lights) remove(r ref) {
	i := l.of[r]
	l.leave(ownLights, i)
	l.leave(insideLights, i)
	delete(l.of, r)
	l.unused = append(l.unused, i)
}

// join appends a lamp to a queue that it is not in.
func (l *lights) join(q queueName, i int32) {
	at := &l.queues[q]
	l.lamps[i].beside[q] = links{prev: at.last, in: true}
	if at.last != 0 {
		l.lamps[at.last].beside[q].next = i
	} else {
		at.first = i
	}
	at.last = i
	at.n++
}

// leave takes a lamp out of a queue, if it is in it.
func (l *lights) leave(q queueName, i int32) {
	at, b := &l.queues[q], l.lamps[i].beside[q]
	if !b.in {
		return
	}
	if b.prev != 0 {
		l.lamps[b.prev].beside[q].next = b.next
	} else {
		at.first = b.next
	}
	if b.next != 0 {
		l.lamps[b.next].beside[q].prev = b.prev
	} else {
		at.last = b.prev
	}
	l.lamps[i].beside[q] = links{}
	at.n--
}
