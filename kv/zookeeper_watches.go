package kv

import "sync"

// zkWatch is one of the two watches that a node can have.
type zkWatch struct {
	node  string
	below bool // of the names below it, else of itself
}

// zkWatches are the watches that are set on the server.
type zkWatches struct {
	mu  sync.Mutex
	set map[zkWatch]bool
}

func newZkWatches() *zkWatches { return &zkWatches{set: map[zkWatch]bool{}} }

func (h *zkWatches) has(w zkWatch) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.set[w]
}

func (h *zkWatches) add(w zkWatch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set[w] = true
}

func (h *zkWatches) drop(w zkWatch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.set, w)
}

// fired drops what an event has used up.
func (h *zkWatches) fired(e zkEvent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.kind != zkNamesChanged {
		delete(h.set, zkWatch{e.path, false})
	}
	if e.kind == zkNamesChanged || e.kind == zkDeleted {
		delete(h.set, zkWatch{e.path, true})
	}
}

// count is how many there are, and how many nodes have both.
func (h *zkWatches) count() (watches, both int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.set {
		if w.below && h.set[zkWatch{w.node, false}] {
			both++
		}
	}
	return len(h.set), both
}

// others are those that are not wanted, at most n.
func (h *zkWatches) others(wanted map[zkWatch]bool, n int) []zkWatch {
	h.mu.Lock()
	defer h.mu.Unlock()
	var others []zkWatch
	for w := range h.set {
		if len(others) >= n {
			break
		}
		if !wanted[w] {
			others = append(others, w)
		}
	}
	return others
}
