package etcdlocks

import "strings"

// Marks are the keys that kvist's own locks hold: those with a place in their queue.
type Marks struct {
	queues Queues
	keys   map[string]*mark
}

// mark is what is known of one locked key.
type mark struct {
	places map[string]bool // the keys in the queue
	shown  bool            // the key was reported as locked
}

// NewMarks returns the marks of keys of which nothing has been seen.
func NewMarks(queues Queues) Marks { return Marks{queues, map[string]*mark{}} }

// See notes that a key was put or deleted. If it is a place in a queue, See returns the locked key
// and reports whether the lock begins or ends with it.
func (m Marks) See(key string, put bool) (locked string, changed bool) {
	locked, ok := m.queues.Locked(key)
	if !ok {
		return "", false
	}
	key, locked = strings.Clone(key), strings.Clone(locked) // they may share the memory of many keys
	known, was := m.keys[locked]
	switch {
	case put && !was:
		m.keys[locked] = &mark{places: map[string]bool{key: true}}
	case put:
		known.places[key] = true
	case was:
		delete(known.places, key)
		if len(known.places) == 0 {
			delete(m.keys, locked)
		}
	}
	_, is := m.keys[locked]
	return locked, was != is
}

// Show reports whether a key is locked, and notes that it is reported so.
func (m Marks) Show(key string) bool {
	known, ok := m.keys[key]
	if ok {
		known.shown = true
	}
	return ok
}

// IsUnshown reports whether a key is locked and has not been reported so.
func (m Marks) IsUnshown(key string) bool {
	known, ok := m.keys[key]
	return ok && !known.shown
}

// Unshown returns the locked keys that have not been reported so.
func (m Marks) Unshown() []string {
	var keys []string
	for key, known := range m.keys {
		if !known.shown {
			keys = append(keys, key)
		}
	}
	return keys
}
