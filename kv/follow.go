package kv

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"kvist/kv/internal/wait"
)

// Feed reports the keys of a subtree and then their changes, in batches. The
// reader pulls them: a slow one gets the latest state of each key rather than
// every change.
type Feed interface {
	// Next waits until there is something to report and returns it, up to a
	// bound. Its only errors are that of ctx and ErrClosed. If contact is lost
	// or a right is missing, the batches say so, and the feed keeps trying.
	Next(ctx context.Context) (Batch, error)
	// Close ends the feed and waits for everything it started. It may be
	// called again.
	Close() error
}

// Follower is a Store with feeds of its own.
type Follower interface {
	// Follow keeps the promises of the function Follow.
	Follow(prefix string, options FollowOptions) (Feed, error)
}

// FollowOptions are options of a feed. The zero value follows the whole
// subtree, whatever that costs.
type FollowOptions struct {
	// Partial allows a Scoped feed to follow only open folders if its keys
	// would take more than Config.Memory, or cost the server too much.
	Partial bool
	// Open lists the folders that are open from the beginning, as for
	// Scoped.Scope.
	Open []string
}

// Follow opens a feed of the keys below prefix, at any depth. If the store has
// no feeds of its own, the feed is made from WatchTree and ignores the options.
func Follow(s Store, prefix string, options FollowOptions) (Feed, error) {
	if f, ok := As[Follower](s); ok {
		return f.Follow(prefix, options)
	}
	return FollowByWatchTree(s, prefix)
}

// Scoped is a Feed that can follow open folders only, if FollowOptions.Partial
// allows it. Batch.Partial reports that it does.
type Scoped interface {
	Feed
	// Scope sets which folders below the prefix are open, as full keys
	// without a slash at the end. The prefix itself is always open; a folder
	// whose parent is closed counts as closed. Scope returns at once; what
	// becomes known comes through Next.
	Scope(open []string)
}

// ValueChange is a key's values before and after a change.
type ValueChange struct {
	// Before is the value that was replaced or deleted. It is valid only if
	// BeforeKnown; nil then means that the key did not exist.
	Before, After []byte
	BeforeKnown   bool
	// BeforeIndex is the LastIndex of Before, from ReadChange; otherwise 0.
	BeforeIndex uint64
	// Read means that the values did not come with the change but were read
	// after it. After may then be newer than the change, and Before is the
	// last value that was read, which may have been replaced in between.
	Read bool
}

// ValueFollower is a Store whose feeds can bring values with their events.
type ValueFollower interface {
	// FollowValues is Follow with Event.Values set in the events after the listing. A
	// few MiB of values wait for a slow reader; further changes come without.
	FollowValues(prefix string, options FollowOptions) (Feed, error)
}

// Batch is what a feed reports at once.
//
// A listing, the first one or one after a gap, begins with a batch that has
// Begin set and ends with one that has Synced set; it may be the same batch.
// It puts every key that exists. Keys that it does not put are gone. After a
// listing the events are changes.
type Batch struct {
	Events []Event
	// State is the feed's state after this batch.
	State State
	// Begin means that a listing begins with the first event.
	Begin bool
	// Synced means that a listing ended with the last event.
	Synced bool
	// Missed is what the feed may not have reported.
	Missed Missed
	// Listed is the number of keys that the listing has put so far.
	Listed int
	// Expected is the number of keys that the listing will put, if the store
	// reported it in advance; otherwise 0.
	Expected int
	// Partial means that the feed follows open folders only and knows nothing
	// of other keys.
	Partial bool
	// Watches is the number of watches that the feed has set on the server, if
	// there is a Budget for them; otherwise both are 0.
	Watches, Budget int
	// Memory is Config.Memory if that bound is why the feed is Partial, and
	// Total the number of keys in the subtree if they were counted to find
	// out. Otherwise they are 0.
	Memory int64
	Total  int
	// Unleased means that keys of the listing came without their leases, so that
	// none of them is marked as Leased: the past of etcd 3.7, where their values are
	// too many to be read.
	Unleased bool
	// Err is why the feed is Reconnecting or Denied, or why it cannot read a
	// part of the subtree; otherwise nil.
	Err error
	// Since is when the feed became Reconnecting or Denied, and Attempt the
	// number of failures since. In other states both are zero.
	Since   time.Time
	Attempt int
	// At is when the batch was made.
	At time.Time
}

// State is the state of a feed.
type State uint8

// The states of a feed.
const (
	Listing      State = iota // it reads the keys that exist
	Live                      // it reports changes as they happen
	Reconnecting              // it lost contact and tries again
	Denied                    // a server refused the login, and it tries again
)

// OutOfContact reports whether a feed in this state may not know the current
// keys.
func (s State) OutOfContact() bool { return s == Reconnecting || s == Denied }

// String is the word for the state on the screen.
func (s State) String() string {
	return [...]string{"listing", "live", "reconnecting", "denied"}[s]
}

// Missed is what a feed may not have reported, as bits.
type Missed uint8

// The bits of Missed.
const (
	// Coalesced means that several changes of a key came as one.
	Coalesced Missed = 1 << iota
	// Gap means that contact was lost. A listing reports the state after it,
	// but not the changes in between.
	Gap
	// Compacted is a gap because the store dropped the history needed.
	Compacted
)

// String names the bits, separated by commas; "" if there are none.
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

// Event is the new state of one key. It has no value, except from
// FollowValues. Keys of one batch may share memory: clone those of a few events
// that are kept for long.
type Event struct {
	Kind    EventKind
	Key     string
	Index   uint64 // the key's new LastIndex; that of a deletion, or 0
	Size    int    // bytes of the value; -1 if the store did not report it
	Flags   KeyFlags
	Preview bool         // a put of which only the key is known; a second put brings the rest
	Old     bool         // not a change: it became known when its folder was opened or closed
	Values  *ValueChange // set by FollowValues only
}

// EventKind is the kind of an event.
type EventKind uint8

// The kinds of events.
const (
	PutEvent EventKind = iota
	DeleteEvent
	// FolderEvent means that there are keys below Key that the feed does not
	// report: a reader forgets those it knows. They come when the folder is
	// opened, or later in the listing. Only a Scoped feed sends it. A directory
	// that the store keeps when it is empty may be empty.
	FolderEvent
	// FolderGoneEvent means that there are no keys below Key any more.
	FolderGoneEvent
)

// KeyFlags are marks of a key, as bits.
type KeyFlags uint8

// The marks of a key.
const (
	// Ephemeral means that the key ends with the session that created it.
	Ephemeral KeyFlags = 1 << iota
	// Leased means that the key ends with a lease or after a TTL.
	Leased
	// Locked means that a client holds the key as a lock.
	Locked
	// Directory means that the store has the key as a directory, which in etcd
	// v2 has no value.
	Directory
)

// scope is the folders that the reader of a feed has open.
type scope struct {
	changed chan struct{} // has an element when other folders are open
	partial bool          // the reader can work with a part of the subtree

	mu   sync.Mutex
	open []string
}

func newScope(options FollowOptions) *scope {
	return &scope{changed: make(chan struct{}, 1), partial: options.Partial, open: slices.Clone(options.Open)}
}

// set replaces the folders that are open.
func (s *scope) set(open []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = slices.Clone(open)
	wait.Signal(s.changed)
}

// now returns the folders that are open.
func (s *scope) now() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// dirs returns root and the directories of the open folders below it whose
// parents are all open, outer ones first, and at most so many. left is the
// number of those left out.
func (s *scope) dirs(root string, most int) (dirs []string, left int) {
	open := slices.Clone(s.now())
	slices.SortStableFunc(open, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
	wanted := map[string]bool{root: true}
	dirs = []string{root}
	for _, folder := range open {
		dir := folder + "/"
		switch {
		case !strings.HasPrefix(dir, root), wanted[dir], !wanted[parentDir(dir)]:
		case len(dirs) >= most:
			left++
		default:
			wanted[dir] = true
			dirs = append(dirs, dir)
		}
	}
	return dirs, left
}

// errBeyondMemory is why a subtree is no longer followed whole.
var errBeyondMemory = errors.New("its keys take more memory than they may")

// scopedPump is the Feed of a producer that observes a scope.
type scopedPump struct {
	*pump
	*scope
}

var _ Scoped = scopedPump{}

// Scope implements Scoped.
func (f scopedPump) Scope(open []string) { f.scope.set(open) }
