package kv

// pumpValuesMax bounds, in bytes, the values of changes that nobody has read.
// Further changes lose their values.
const pumpValuesMax = 4 << 20

// pumpQueue is the events that nobody has read, in order. The cost of adding
// and taking events does not depend on how many wait. The zero value is an
// empty queue.
type pumpQueue struct {
	events []Event
	head   int // number of events at the front that were taken
	gone   int // number of events cut off: events[i] has the number gone+i
	// place is the number of the event of each key with a change in the queue,
	// which a newer change of the key overwrites.
	place  map[string]int
	peak   int // the largest size of place
	values int // bytes of the values in the queue
}

// len returns the number of events in the queue.
func (q *pumpQueue) len() int { return len(q.events) - q.head }

// reset drops all events.
func (q *pumpQueue) reset() { *q = pumpQueue{} }

// list appends events that no change may overwrite, and that no change behind
// them may move past.
func (q *pumpQueue) list(events []Event) {
	if len(q.place) > 0 {
		q.forget()
	}
	q.events = append(q.events, events...)
}

// live appends a change, or overwrites an older one of the same key, and
// reports whether that one is lost. An event with the same index only replaces
// marks, so nothing is lost. An event of a folder concerns the keys below it,
// so that no change may move past it.
func (q *pumpQueue) live(e Event) (merged bool) {
	if e.Kind != PutEvent && e.Kind != DeleteEvent {
		q.list([]Event{e})
		return false
	}
	if number, ok := q.place[e.Key]; ok {
		old := &q.events[number-q.gone]
		again := e.Kind == old.Kind && e.Index == old.Index
		if !again || e.Values != nil {
			e.Values = merge(old.Values, e.Values)
			q.values -= old.Values.bytes()
			e.Values = q.admit(e.Values)
		} else {
			e.Values = old.Values
		}
		*old = e
		return !again
	}
	e.Values = q.admit(e.Values)
	if q.place == nil {
		q.place = map[string]int{}
	}
	q.place[e.Key] = q.gone + len(q.events)
	q.peak = max(q.peak, len(q.place))
	q.events = append(q.events, e)
	return false
}

// admit returns v, or nil if the queue holds too many values already.
func (q *pumpQueue) admit(v *ValueChange) *ValueChange {
	if q.values+v.bytes() > pumpValuesMax {
		return nil
	}
	q.values += v.bytes()
	return v
}

// take removes up to most events from the front. The caller owns them.
func (q *pumpQueue) take(most int) []Event {
	n := min(q.len(), most)
	if n == 0 {
		return nil
	}
	front := q.events[q.head : q.head+n]
	taken := append([]Event(nil), front...)
	for i := range front {
		if number, ok := q.place[front[i].Key]; ok && number == q.gone+q.head+i {
			delete(q.place, front[i].Key)
		}
		q.values -= front[i].Values.bytes()
	}
	clear(front) // frees keys and values
	q.head += n
	q.slide()
	return taken
}

// slide cuts off the events that were taken once they are as many as those
// left, so that each event is moved at most once.
func (q *pumpQueue) slide() {
	switch {
	case q.len() == 0 && cap(q.events) > 2*pendingMax:
		q.gone += q.head
		q.events, q.head = nil, 0
	case q.head >= q.len():
		q.gone += q.head
		left := copy(q.events, q.events[q.head:])
		clear(q.events[left:])
		q.events, q.head = q.events[:left], 0
	}
	if len(q.place) == 0 && q.peak > pendingMax {
		q.forget() // maps never shrink
	}
}

// forget lets no later change overwrite an event of the queue.
func (q *pumpQueue) forget() { q.place, q.peak = nil, 0 }

// merge returns the values before and after two changes in a row.
func merge(first, last *ValueChange) *ValueChange {
	switch {
	case last == nil:
		return nil
	case first == nil:
		return &ValueChange{After: last.After, Read: last.Read}
	}
	return &ValueChange{Before: first.Before, BeforeKnown: first.BeforeKnown, After: last.After, Read: first.Read || last.Read}
}

// bytes returns the memory that the values take.
func (v *ValueChange) bytes() int {
	if v == nil {
		return 0
	}
	return len(v.Before) + len(v.After)
}
