package kv

import (
	"context"
	"fmt"
)

// Historian is a Store that keeps former states of its keys until it compacts
// them: etcd over its v3 API.
type Historian interface {
	// Versions returns former states of a key, the newest first: those that
	// began before the revision options.Before. A key that is not there begins
	// with its deletion, if that can be known. To have none is no error.
	Versions(ctx context.Context, key string, options VersionsOptions) (Versions, error)
	// At returns the store as it was right after a revision. It reads and
	// never writes: every write returns ErrReadOnly. Its feeds list what was
	// there and then stay Live without a change. At returns ErrCompacted if
	// the store no longer keeps that state, and ErrFuture if it has not come to
	// that revision yet. Closing what it returns does not close this store, but
	// ends with this one at the latest.
	//
	// If the state is compacted later, every call returns ErrCompacted. A feed
	// then ends its listing where it is: it is Live, and Batch.Err is an
	// ErrCompacted. The same holds for ErrFuture, if the store was restored to
	// an older state. Keys that were listed before stay true.
	//
	// The abilities are those of this store, except that a lease's TTL and
	// what is left of it are unknown. Versions are those up to the revision,
	// and the other methods of Historian are those of this store.
	At(ctx context.Context, revision uint64) (Store, error)
	// Revision returns the store's newest revision.
	Revision(ctx context.Context) (uint64, error)
	// NextChange returns the first revision after the given one that changed
	// something below prefix, or the key of that name; 0 if there was none. It
	// returns ErrCompacted if it cannot know. The servers read all that happened
	// since the given one to any key.
	NextChange(ctx context.Context, prefix string, after uint64) (uint64, error)
	// PreviousChange returns the last revision before the given one that
	// changed something below prefix, or the key of that name. It returns 0 if
	// there was none, and ErrCompacted if it cannot know. Near the newest
	// revision it costs little; else the servers look through all keys below
	// prefix, and read all that happened since the change.
	PreviousChange(ctx context.Context, prefix string, before uint64) (uint64, error)
	// Differences returns the keys below prefix, and the key of that name, that
	// are not the same right after two revisions, of which either may be the
	// older one. It is ErrTooMany if more than most keys were written between
	// them, or if a listing costs the servers less: they read all that happened
	// since the older one to any key.
	Differences(ctx context.Context, prefix string, from, to uint64, most int) ([]Difference, error)
}

// Difference is a key at two moments; nil where there was none.
type Difference struct {
	Key     string
	Was, Is *Entry
}

// VersionsOptions say which versions of a key to read. The zero value is the
// newest ones.
type VersionsOptions struct {
	Before uint64 // only versions that began before this revision; 0 for all
	Limit  int    // at most so many; 0 for the store's own choice
	// Deep reads further back than the store's own bound for what the servers
	// should look through. See Versions.Unread.
	Deep bool
}

// Versions are versions of a key, the newest first.
type Versions struct {
	Versions []Version
	// More says that there are older ones: ask again Before the last one's
	// Index.
	More bool
	// Compacted says that older ones, if there were any, are compacted.
	Compacted bool
	// Unread is not 0 if the key was not there right before that revision, and
	// what it was earlier, if it ever was there, would cost the servers a walk
	// through very many revisions. Deep reads it.
	Unread uint64
}

// Version is a state of a key.
type Version struct {
	Index   uint64 // the revision at which it began
	Deleted bool   // it is the key's absence; the fields below are empty
	Value   []byte
	Created uint64 // the revision at which the key was created
	Version int64  // how often it had been written since, as the store counts
	Lease   string // the lease that it was bound to, as the store's own tools print it; "" for none
}

// CompactedError is an ErrCompacted that names the revisions. errors.As finds
// it in the errors of a Historian and of what its At returned.
type CompactedError struct {
	Revision uint64 // that was to be read
	Oldest   uint64 // the oldest that can be read; 0 if the server does not say
}

// Error says what was compacted, and what is left.
func (e *CompactedError) Error() string {
	if e.Oldest == 0 {
		return fmt.Sprintf("revision %d is compacted", e.Revision)
	}
	return fmt.Sprintf("revision %d is compacted; the oldest that is kept is %d", e.Revision, e.Oldest)
}

// Unwrap returns ErrCompacted.
func (e *CompactedError) Unwrap() error { return ErrCompacted }

// FutureError is an ErrFuture that names the revisions, as CompactedError
// does.
type FutureError struct {
	Revision uint64 // that was to be read
	Newest   uint64 // the store's newest; 0 if it could not be asked
}

// Error says what is to come, and how far the store has come.
func (e *FutureError) Error() string {
	if e.Newest == 0 {
		return fmt.Sprintf("revision %d is yet to come", e.Revision)
	}
	return fmt.Sprintf("revision %d is yet to come; the newest is %d", e.Revision, e.Newest)
}

// Unwrap returns ErrFuture.
func (e *FutureError) Unwrap() error { return ErrFuture }
