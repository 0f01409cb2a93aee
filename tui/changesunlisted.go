package tui

import (
	"kvist/kv"
	"kvist/tui/tree"
)

// unlisted keeps apart what a feed of open folders tells because it became
// known from what it tells because it changed.
type unlisted struct {
	awaited map[string]bool // new keys that were told without an index so far
}

// begin takes note of where a batch begins.
func (u *unlisted) begin(b kv.Batch) {
	if b.Begin || !b.Partial {
		*u = unlisted{}
	}
}

// sift returns what an event that the tree found to be a change is: None where
// it says of a key what it was already.
func (u *unlisted) sift(e kv.Event, what tree.Change, was tree.Entry) tree.Change {
	switch {
	case e.Kind == kv.DeleteEvent:
		delete(u.awaited, e.Key)
		return what
	case e.Kind != kv.PutEvent, e.Old:
		return tree.None
	case e.Preview:
		if what == tree.Added && len(u.awaited) < changesMax {
			u.await(e.Key)
		}
		return tree.None
	case what == tree.Changed && was.Preview:
		if !u.awaited[e.Key] {
			return tree.None
		}
		delete(u.awaited, e.Key)
		return tree.Added
	}
	return what
}

// await remembers a key that is new and will be told in full.
func (u *unlisted) await(key string) {
	if u.awaited == nil {
		u.awaited = map[string]bool{}
	}
	u.awaited[key] = true
}
