package etcdv2

import (
	"path"
	"strings"
)

// Names is a directory as a tree of names, each with a state. Deleting a directory costs what is
// in it, not what is known. A name is held once, by the directory that it is in, and no more of
// its key is held: there may be a million. The zero value is empty.
type Names[S any] struct {
	State S
	below map[string]*Names[S] // nil for a node that nothing is below
}

// At returns the place of a path below n, nil if it is not known.
func (n *Names[S]) At(below string) *Names[S] {
	for segment := range strings.SplitSeq(below, "/") {
		if n = n.below[segment]; n == nil {
			return nil
		}
	}
	return n
}

// Put sets the state of a path. Paths below it stay.
func (n *Names[S]) Put(below string, state S) {
	for segment := range strings.SplitSeq(below, "/") {
		next := n.below[segment]
		if next == nil {
			if n.below == nil {
				n.below = map[string]*Names[S]{}
			}
			next = &Names[S]{}
			n.below[strings.Clone(segment)] = next // it is part of a whole key
		}
		n = next
	}
	n.State = state
}

// Remove forgets a path and all below it, or everything if the path is "". It calls forgotten for
// each path, the deepest first.
func (n *Names[S]) Remove(below string, forgotten func(below string)) {
	if below == "" {
		n.forget("", forgotten)
		return
	}
	dir, name := path.Split(below)
	parent := n
	if dir != "" {
		parent = n.At(strings.TrimSuffix(dir, "/"))
	}
	if parent == nil || parent.below[name] == nil {
		return
	}
	gone := parent.below[name]
	delete(parent.below, name)
	gone.forget(below+"/", forgotten)
	forgotten(below)
}

// forget forgets all below n, whose paths begin with dir.
func (n *Names[S]) forget(dir string, forgotten func(below string)) {
	for name, child := range n.below {
		child.forget(dir+name+"/", forgotten)
		forgotten(dir + name)
	}
	n.below = nil
}
