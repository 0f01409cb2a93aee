package zkwatch

import (
	"sync"

	"kvist/kv/internal/zkwire"
)

// watchID names one of the two watches that a node can have.
type watchID struct {
	node  string
	names bool // on the names below it, else on itself
}

// watchSet are the watches that are set on the server.
type watchSet struct {
	mu  sync.Mutex
	set map[watchID]bool
}

func newWatchSet() *watchSet { return &watchSet{set: map[watchID]bool{}} }

func (s *watchSet) has(w watchID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set[w]
}

func (s *watchSet) add(w watchID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set[w] = true
}

func (s *watchSet) drop(w watchID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.set, w)
}

// fired drops the watches that an event has used up.
func (s *watchSet) fired(e zkwire.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Kind != zkwire.NamesChanged {
		delete(s.set, watchID{e.Path, false})
	}
	if e.Kind == zkwire.NamesChanged || e.Kind == zkwire.Deleted {
		delete(s.set, watchID{e.Path, true})
	}
}

// count returns how many watches there are, and how many nodes have both.
func (s *watchSet) count() (watches, both int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.set {
		if w.names && s.set[watchID{w.node, false}] {
			both++
		}
	}
	return len(s.set), both
}

// unwanted returns at most n watches that are not wanted.
func (s *watchSet) unwanted(wanted map[watchID]bool, n int) []watchID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var unwanted []watchID
	for w := range s.set {
		if len(unwanted) >= n {
			break
		}
		if !wanted[w] {
			unwanted = append(unwanted, w)
		}
	}
	return unwanted
}
