package tui

import (
	"strings"

	"kvist/kv"
	"kvist/tui/tree"
)

// unlisted are the folders of which a feed has not told what is in them. What
// it tells of one first is not new: the folder was opened.
type unlisted struct {
	folders map[string]bool
	opening map[string]bool // those of which the running batch tells
	awaited map[string]bool // new keys that were told without an index so far
}

// listingPart is from how many events on a batch may be a part of a listing
// that the next one goes on with.
const listingPart = 1000

// begin takes note of the folders in a batch.
func (u *unlisted) begin(b kv.Batch) {
	if b.Begin || !b.Partial {
		*u = unlisted{}
	}
	for i := range b.Events {
		switch e := &b.Events[i]; e.Kind {
		case kv.FolderEvent:
			if u.folders == nil {
				u.folders, u.opening = map[string]bool{}, map[string]bool{}
			}
			u.folders[e.Key] = true
		case kv.FolderGoneEvent:
			delete(u.folders, e.Key)
		}
	}
}

// sift tells what an event that the tree found to be a change is: None where it
// says of a key what it was already.
func (u *unlisted) sift(e kv.Event, what tree.Change, was tree.Entry) tree.Change {
	switch {
	case e.Kind == kv.DeleteEvent:
		delete(u.awaited, e.Key)
		return what
	case e.Kind != kv.PutEvent:
		return tree.None
	case what == tree.Added && u.opens(e.Key):
		return tree.None
	case e.Index == 0: // it will be put again, with its index
		if what == tree.Added && len(u.awaited) < changesMax {
			u.await(e.Key)
		}
		return tree.None
	case what == tree.Changed && was.Index == 0:
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

// opens tells whether key is in a folder that was opened.
func (u *unlisted) opens(key string) bool {
	i := strings.LastIndexByte(key, '/')
	if i < 0 || !u.folders[key[:i]] {
		return false
	}
	u.opening[key[:i]] = true
	return true
}

// end forgets the folders that are listed now.
func (u *unlisted) end(b kv.Batch) {
	if len(b.Events) >= listingPart {
		return
	}
	for folder := range u.opening {
		delete(u.folders, folder)
	}
	clear(u.opening)
}
