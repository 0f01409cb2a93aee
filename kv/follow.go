package kv

import (
	"context"
	"time"
)

// Feed is a subtree as batches of changes: how the explorer reads a store.
// It is pulled, so back-pressure and cancellation are return values; a slow
// reader gets the latest state of each key rather than a queue of all.
type Feed interface {
	// Next blocks until something happened and returns all that is ready, at
	// most a bounded batch. The only errors are ctx's and ErrClosed: lost
	// contact and refused rights are states of the batch, and the feed goes
	// on trying.
	Next(ctx context.Context) (Batch, error)
	// Close ends the feed and waits for all it started. It may be called
	// again.
	Close() error
}

// Follower is a Store with a Feed of its own.
type Follower interface {
	// Follow is the function of that name.
	Follow(prefix string, options FollowOptions) (Feed, error)
}

// FollowOptions say how a subtree is followed. The zero value follows all of
// it, whatever that costs.
type FollowOptions struct {
	// Partial allows a Scoped feed to follow only the folders that are open,
	// where the whole subtree is too large: its keys would take more memory
	// than they may, or cost the server too much.
	Partial bool
	// Open are the folders that are open at first, as for Scoped.Scope.
	Open []string
}

// Follow opens a feed of everything below prefix: the backend's own where it
// has one, else one made of List and WatchTree.
func Follow(s Store, prefix string, options FollowOptions) (Feed, error) {
	if f, ok := As[Follower](s); ok {
		return f.Follow(prefix, options)
	}
	return FollowByWatchTree(s, prefix)
}

// Scoped is a Feed that can follow only the folders that are open
// (Batch.Partial), where FollowOptions.Partial allows it.
type Scoped interface {
	Feed
	// Scope sets which folders below the prefix are open, as full keys
	// without a slash at the end. The prefix itself is always open; a folder
	// whose parent is closed counts as closed. Scope returns at once; what
	// becomes known comes through Next.
	Scope(open []string)
}

// Values are what a change made of a key.
type Values struct {
	// Before is the value that was replaced or deleted, if BeforeKnown; nil
	// then means that there was no such key.
	Before, After []byte
	BeforeKnown   bool
	// BeforeIndex is the LastIndex of what was there before, where the store
	// keeps history and was asked for it; else 0.
	BeforeIndex uint64
	// Read says that the values did not come with the change but were read
	// behind it: After may be newer than the change, and Before is what was
	// read last, which may have been replaced unseen.
	Read bool
}

// ValueFollower is a Store whose feeds can bring values with their events.
type ValueFollower interface {
	// FollowValues is Follow with Values in the events that follow the
	// listing; those of the listing have none. Values that a slow reader lets
	// pile up are held up to a few MiB; changes beyond come without.
	FollowValues(prefix string, options FollowOptions) (Feed, error)
}

// Batch is what a feed has to say at once.
//
// A listing, the first one or one after a gap, starts with a batch that has
// Begin set and ends with one that has Synced set (it can be one batch). It
// puts every key there is; keys known before that it did not put are gone.
// Between listings the events say what changed.
type Batch struct {
	Events []Event
	// State is the feed's state after this batch.
	State State
	// Begin says that a listing starts with this batch's first event.
	Begin bool
	// Synced says that a listing ended with this batch's last event.
	Synced bool
	// Missed says what the reader may not have been told.
	Missed Missed
	// Listed counts the keys that the running listing has put so far.
	Listed int
	// Expected is how many keys the running listing will put, as far as the
	// store told beforehand; 0 when it did not.
	Expected int
	// Partial says that only the folders that Scoped.Scope told of are
	// followed: keys elsewhere are not known, or no longer.
	Partial bool
	// Watches is how many watches the feed has set on the server, where there
	// is a Budget for them; else both are 0.
	Watches, Budget int
	// Memory is how many bytes the keys may take (Config.Memory), if that is
	// why the feed is Partial, and Total how many keys there are, if they were
	// counted to find that out; else they are 0.
	Memory int64
	Total  int
	// Err is why the feed is Reconnecting or Denied, or what part of the
	// subtree it cannot read; nil when all is well.
	Err error
	// Since is when the feed lost contact or was refused, and Attempt how
	// often it has failed to come back since, while its State is Reconnecting
	// or Denied; else both are zero.
	Since   time.Time
	Attempt int
	// At is when the batch was made.
	At time.Time
}

// State is what a feed is doing.
type State uint8

// The states of a feed.
const (
	Listing      State = iota // reading what is there
	Live                      // every change comes as it happens
	Reconnecting              // contact was lost; trying again
	Denied                    // a server answers and refuses this login; trying again
)

// OutOfContact reports whether a feed in this state may not know what is in
// the store.
func (s State) OutOfContact() bool { return s == Reconnecting || s == Denied }

// String is the word for the state on the screen.
func (s State) String() string {
	return [...]string{"listing", "live", "reconnecting", "denied"}[s]
}

// Missed is what a feed may not have told, as bits.
type Missed uint8

// What may have been missed.
const (
	// Coalesced: several changes of a key came as one.
	Coalesced Missed = 1 << iota
	// Gap: contact was lost for a while; a listing made the tree whole, but
	// what happened in between is not known change by change.
	Gap
	// Compacted: as Gap, since the store threw away the history needed.
	Compacted
)

// String names the bits, parted by commas; "" when nothing was missed.
func (m Missed) String() string {
	s := ""
	for i, word := range [...]string{"coalesced", "gap", "compacted"} {
		if m&(1<<i) == 0 {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += word
	}
	return s
}

// Event is one key's new state. It has no value, unless the feed was asked for
// them: values are read for what is looked at. Keys of one batch may share
// memory: who keeps few of many keys clones them.
type Event struct {
	Kind    EventKind
	Key     string
	Index   uint64 // the key's new LastIndex; of a deletion its own or 0
	Size    int    // bytes of the value; -1 where the store did not report it
	Flags   KeyFlags
	Preview bool    // of a put: only the key is known yet, and a second put brings the rest
	Old     bool    // it became known, since its folder was opened or closed, and is no change
	Values  *Values // only FollowValues sets it
}

// EventKind tells a put from a delete.
type EventKind uint8

// The kinds of events.
const (
	PutEvent EventKind = iota
	DeleteEvent
	// FolderEvent says that there are keys below Key, and that none of them is
	// known, or no longer: those put before are to be forgotten. What is below
	// comes when the folder is opened, or with the rest of the listing. Only
	// feeds that can read by levels send it. Where a directory can be empty, it
	// may say so of one that is; opening it tells.
	FolderEvent
	// FolderGoneEvent says that there is nothing below Key any more.
	FolderGoneEvent
)

// KeyFlags are the marks a key bears in the tree, as bits.
type KeyFlags uint8

// The marks of a key.
const (
	// Ephemeral: it ends with the session that made it.
	Ephemeral KeyFlags = 1 << iota
	// Leased: it ends with a lease or after a TTL.
	Leased
	// LockedKey: a session holds it as a lock.
	LockedKey
	// Directory: the store knows it as a directory (which in etcd v2 has no
	// value).
	Directory
)
