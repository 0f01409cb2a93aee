package kv

import (
	"path"
	"strings"
)

// etcdKnown is what a feed has told of a directory, as a tree: deleting a
// directory costs what is in it, not what is known.
type etcdKnown struct {
	event Event
	below map[string]*etcdKnown // nil for a key with a value
}

// at is the place of a path below k; nil when it is not known.
func (k *etcdKnown) at(below string) *etcdKnown {
	for segment := range strings.SplitSeq(below, "/") {
		if k = k.below[segment]; k == nil {
			return nil
		}
	}
	return k
}

// has tells whether a path is known.
func (k *etcdKnown) has(below string) bool { return k.at(below) != nil }

// put remembers an event, and replaces what was known of its key. What is
// below a directory stays.
func (k *etcdKnown) put(below string, e Event) {
	for segment := range strings.SplitSeq(below, "/") {
		next := k.below[segment]
		if next == nil {
			if k.below == nil {
				k.below = map[string]*etcdKnown{}
			}
			next = &etcdKnown{}
			k.below[segment] = next
		}
		k = next
	}
	k.event = e
}

// remove forgets a path and all below it, "" is all, and tells each to
// forgotten, the deepest first.
func (k *etcdKnown) remove(below string, forgotten func(Event)) {
	if below == "" {
		k.forget(forgotten)
		return
	}
	dir, name := path.Split(below)
	parent := k
	if dir != "" {
		parent = k.at(strings.TrimSuffix(dir, "/"))
	}
	if parent == nil || parent.below[name] == nil {
		return
	}
	gone := parent.below[name]
	delete(parent.below, name)
	gone.forget(forgotten)
	forgotten(gone.event)
}

// forget forgets all below k.
func (k *etcdKnown) forget(forgotten func(Event)) {
	for _, child := range k.below {
		child.forget(forgotten)
		forgotten(child.event)
	}
	k.below = nil
}
