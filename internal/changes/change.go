package changes

import (
	"time"

	"kvist/kv"
)

// Change is one line: what became of a key, or a mark that says what the
// changes around it are worth.
type Change struct {
	At   time.Time
	Kind Kind
	// Found says that a listing found the change: it happened some time before
	// At, and there may have been more of them.
	Found bool
	// Missed is, of a mark, what the feed may not have reported; of a change,
	// Coalesced if several of its batch may have come as one.
	Missed   kv.Missed
	Lost     int    // of LinesLost: how many
	Key      string // "" in a mark; that of a folder ends with a slash
	Was, Now Side
}

// Side is a key before a change or after it.
type Side struct {
	Index uint64 // 0 if there was no such key, or the store did not report it
	Size  int    // bytes of the value; -1 if it is not known
	Flags kv.KeyFlags
}

// Kind is what became of a key, or the kind of a mark.
type Kind uint8

// The kinds of changes and, from Relisting on, of marks.
const (
	Added         Kind = iota
	Changed            // another index or other flags
	Removed            // it is gone
	FolderRemoved      // a folder is gone with all in it

	Relisting   // everything is listed again; Missed says why
	Coalesced   // several changes of a key came as one
	Reloaded    // that listing has ended
	ContactLost // what happens is not seen until contact is back
	LiveAgain   // contact is back without a listing; Missed is what was lost
	Stopped     // nothing is followed any more
	LinesLost   // more came during a pause than are kept
)

// Mark reports whether the line is a mark rather than a change of a key.
func (k Kind) Mark() bool { return k >= Relisting }

// Known is what was known of a key before an event.
type Known struct {
	Side
	There   bool // there was such a key
	Preview bool // it was a preview
}
