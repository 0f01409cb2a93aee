package kv

import (
	"path"
	"strings"
)

// etcdKnown is what a feed has told of a directory, as a tree: deleting a
// directory costs what is in it, not what is known. A node's name is held by
// the directory it is in, once, and no more of its key than that: there may be
// a million.
type etcdKnown struct {
	index uint64
	size  int
	flags KeyFlags
	below map[string]*etcdKnown // nil for a key with a value
}

// event is what was told of the node, whose key is given.
func (k *etcdKnown) event(key string) Event {
	return Event{Kind: PutEvent, Key: key, Index: k.index, Size: k.size, Flags: k.flags}
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

// has reports whether a path is known.
func (k *etcdKnown) has(below string) bool { return k.at(below) != nil }

// put remembers a state, and replaces what was known of that path. What is
// below a directory stays.
func (k *etcdKnown) put(below string, index uint64, size int, flags KeyFlags) {
	for segment := range strings.SplitSeq(below, "/") {
		next := k.below[segment]
		if next == nil {
			if k.below == nil {
				k.below = map[string]*etcdKnown{}
			}
			next = &etcdKnown{}
			k.below[strings.Clone(segment)] = next // it is part of a whole key
		}
		k = next
	}
	k.index, k.size, k.flags = index, size, flags
}

// remove forgets a path and all below it, "" is all, and tells each path to
// forgotten, the deepest first.
func (k *etcdKnown) remove(below string, forgotten func(below string)) {
	if below == "" {
		k.forget("", forgotten)
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
	gone.forget(below+"/", forgotten)
	forgotten(below)
}

// forget forgets all below k, whose paths begin with dir.
func (k *etcdKnown) forget(dir string, forgotten func(below string)) {
	for name, child := range k.below {
		child.forget(dir+name+"/", forgotten)
		forgotten(dir + name)
	}
	k.below = nil
}
