package kv

import (
	"iter"
	"slices"
	"sort"
	"strings"
)

// snapshot is a subtree as WatchTree tells it: sorted by key, and never
// changed, since readers keep it. Each change makes a new one.
type snapshot []*KVPair

// place is where a key is, or would be.
func (s snapshot) place(key string) (int, bool) {
	return sort.Find(len(s), func(i int) int { return strings.Compare(key, s[i].Key) })
}

// with is s with a pair put.
func (s snapshot) with(pair *KVPair) snapshot {
	i, ok := s.place(pair.Key)
	if ok {
		s = slices.Clone(s)
		s[i] = pair
		return s
	}
	return slices.Concat(s[:i], snapshot{pair}, s[i:])
}

// withNew is s with a pair put unless its key is there.
func (s snapshot) withNew(pair *KVPair) snapshot {
	if _, ok := s.place(pair.Key); ok {
		return s
	}
	return s.with(pair)
}

// without is s with neither the key nor any below it.
func (s snapshot) without(key string) snapshot {
	return s.cut(key, key+"\x00").cut(key+"/", key+"0") // "0" follows "/"
}

// cut is s without the keys from one up to another.
func (s snapshot) cut(from, to string) snapshot {
	i, _ := s.place(from)
	j, _ := s.place(to)
	if i == j {
		return s
	}
	return slices.Concat(s[:i], s[j:])
}

// etcdParents are the directories below dir that a node below it is in, the
// outermost first.
func etcdParents(dir, path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		below, _ := etcdBelow(dir, path)
		start := len(path) - len(below)
		for i := start; i < len(path); i++ {
			if path[i] == '/' && !yield(path[:i]) {
				return
			}
		}
	}
}
