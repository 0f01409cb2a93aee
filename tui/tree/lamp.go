package tree

import "time"

// lights are the lamps of the nodes that are lit, queued by when they go out.
// A node that is lit again goes last, so that none is remembered twice, and no
// lamp outlives its node: the node's name may be another's by then.
type lights struct {
	of     map[ref]int32
	lamps  []lamp  // the first stands for none
	unused []int32 // lamps without a node
	queues [2]queue
}

// lamp is what shows on a node.
type lamp struct {
	node   ref
	own    Light
	inside time.Time // when something below it last changed
	rel    []byte    // a ghost's path
	beside [2]links
}

// queueName names a queue: lamps wait in each for one of their lights.
type queueName uint8

const (
	ownLights    queueName = iota // a row's own change
	insideLights                  // a change below
)

// queue is lamps, the oldest first.
type queue struct {
	first, last int32
	n           int
}

// links are the lamps before and behind a lamp in a queue.
type links struct {
	prev, next int32
	in         bool
}

// first is the oldest lamp of the queue, or nil.
func (l *lights) first(q queueName) *lamp {
	if l.queues[q].n == 0 {
		return nil
	}
	return &l.lamps[l.queues[q].first]
}

// hang makes a lamp for r, which has none.
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

// takeDown takes the lamp of r away.
func (l *lights) remove(r ref) {
	i := l.of[r]
	l.leave(ownLights, i)
	l.leave(insideLights, i)
	delete(l.of, r)
	l.unused = append(l.unused, i)
}

// join puts a lamp, which is not in the queue, last.
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

// leave takes a lamp out of the queue, if it is there.
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
