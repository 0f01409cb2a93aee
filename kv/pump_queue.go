package kv

// pumpValuesMax bounds, in bytes, the values that live changes hold until they
// are read. What comes beyond is told without them.
const pumpValuesMax = 4 << 20

// pumpQueue is what a feed has to tell, in order. Its work is for what is put
// in and taken out, however much waits. The zero value is an empty queue.
type pumpQueue struct {
	events []Event
	head   int // events before it were taken
	gone   int // events that were taken and cut off: events[i] was the (gone+i)th put in
	// place is the number of each key's event among the live ones, which a
	// newer change overwrites. Those of listings come but once.
	place  map[string]int
	peak   int // most that place held
	values int // bytes of the values held
}

// len is how many events wait.
func (q *pumpQueue) len() int { return len(q.events) - q.head }

// reset forgets all that waits.
func (q *pumpQueue) reset() { *q = pumpQueue{} }

// list appends events of a listing. A live change behind it must not overwrite
// one before it.
func (q *pumpQueue) list(events []Event) {
	if len(q.place) > 0 {
		q.forget()
	}
	q.events = append(q.events, events...)
}

// live appends a change, or overwrites an older one of the same key; merged
// says that this one is no longer told. A state that is told again, with other
// marks, is no change. What is told of a folder concerns the keys below it, so that no change
// behind it may overwrite one before it.
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

// admit is v, or nil when it would be too much to hold.
func (q *pumpQueue) admit(v *Values) *Values {
	if q.values+v.bytes() > pumpValuesMax {
		return nil
	}
	q.values += v.bytes()
	return v
}

// take is at most so many events from the front; they are the caller's.
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
	clear(front) // lets go of keys and values
	q.head += n
	q.slide()
	return taken
}

// slide cuts off what was taken once it is as much as what is left, so that
// each event is moved once at most.
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

// forget lets no change overwrite what waits.
func (q *pumpQueue) forget() { q.place, q.peak = nil, 0 }

// merge is what two changes in a row, told as one, made of a key.
func merge(first, last *Values) *Values {
	switch {
	case last == nil:
		return nil
	case first == nil:
		return &Values{After: last.After, Read: last.Read}
	}
	return &Values{Before: first.Before, BeforeKnown: first.BeforeKnown, After: last.After, Read: first.Read || last.Read}
}

// bytes is how much memory the values take.
func (v *Values) bytes() int {
	if v == nil {
		return 0
	}
	return len(v.Before) + len(v.After)
}
