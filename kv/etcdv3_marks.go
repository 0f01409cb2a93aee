package kv

import "strings"

// v3OwnLocks are the keys that are locked by this package's own locks: those
// with somebody in their queue.
type v3OwnLocks map[string]*v3OwnLock

// v3OwnLock is what is known of one locked key.
type v3OwnLock struct {
	places map[string]bool // the keys in the queue
	marked bool            // the key was told as locked
}

// see notes a key that was put or deleted, if it is a place in a queue: which
// key is locked by it, and whether that begins or ends with it.
func (l v3OwnLocks) see(key string, put bool) (locked string, changed bool) {
	locked, ok := v3Locked(key)
	if !ok {
		return "", false
	}
	key, locked = strings.Clone(key), strings.Clone(locked) // they may be parts of a whole page
	lock, was := l[locked]
	switch {
	case put && !was:
		l[locked] = &v3OwnLock{places: map[string]bool{key: true}}
	case put:
		lock.places[key] = true
	case was:
		delete(lock.places, key)
		if len(lock.places) == 0 {
			delete(l, locked)
		}
	}
	_, is := l[locked]
	return locked, was != is
}

// mark reports whether a key is locked, and notes that it is told so.
func (l v3OwnLocks) mark(key string) bool {
	lock, ok := l[key]
	if ok {
		lock.marked = true
	}
	return ok
}
