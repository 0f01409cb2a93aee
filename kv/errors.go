package kv

import (
	"errors"
	"strings"

	"kvist/internal/printable"
)

// The kinds of errors. The first nine are those of the original package.
var (
	// ErrInvalidTTL means that the store does not grant such a TTL. Nothing
	// was written. The package documentation lists the limits.
	ErrInvalidTTL = errors.New("Invalid TTL, please change the value to the miminum allowed ttl for the chosen store")
	// ErrNotSupported means that NewStore does not know the backend.
	ErrNotSupported = errors.New("Backend storage not supported yet, please choose another one")
	// ErrNotImplemented means that the store does not have the ability.
	ErrNotImplemented = errors.New("Call not implemented in current backend")
	// ErrNotReachable means that no server answered in time. Nothing was
	// written; a write that may have happened is ErrOutcomeUnknown.
	ErrNotReachable = errors.New("Api not reachable")
	// ErrCannotLock means that a lock was not taken, or is not held.
	ErrCannotLock = errors.New("Error acquiring the lock")
	// ErrWatchDoesNotExist belongs to the original package. Nothing here
	// returns it.
	ErrWatchDoesNotExist = errors.New("No watch found for specified key")
	// ErrKeyModified means that the key does not have the expected index.
	ErrKeyModified = errors.New("Unable to complete atomic operation, key modified")
	// ErrKeyNotFound means that there is no such key or directory.
	ErrKeyNotFound = errors.New("Key not found in store")
	// ErrPreviousNotSpecified means that AtomicDelete got no pair.
	ErrPreviousNotSpecified = errors.New("Previous K/V pair should be provided for the Atomic operation")

	// ErrKeyExists means that a key to create exists already. It is also an
	// ErrKeyModified.
	ErrKeyExists error = refined{"Key already exists in store", ErrKeyModified}
	// ErrWrittenOver means that a key was written although it was not the one
	// that was read: in the same instant it was deleted and created again, to
	// a state that the server cannot tell from the former. The new value is in
	// place and the one between is lost. It occurs only on ZooKeeper, and is
	// also an ErrKeyModified.
	ErrWrittenOver error = refined{"written over a key that was deleted and made anew in the same instant", ErrKeyModified}
	// ErrOutcomeUnknown means that contact was lost after a write was sent. It
	// may have happened or not; reading the key shows which.
	ErrOutcomeUnknown = errors.New("the write was sent but never answered; it may or may not have happened")
	// ErrDenied means that the server refused the login or a right.
	ErrDenied = errors.New("access denied")
	// ErrIncomplete means that a part of the answer may not be read. The rest
	// is returned with the error. It is also an ErrDenied.
	ErrIncomplete error = refined{"a part of it may not be read", ErrDenied}
	// ErrReadOnly means that the store was opened for reading only.
	ErrReadOnly = errors.New("opened read-only")
	// ErrTooLarge means that the store does not take a value of that size.
	// Nothing was written.
	ErrTooLarge = errors.New("value too large for the store")
	// ErrInvalidValue means that the store cannot hold these bytes: the v2 API
	// of etcd holds only UTF-8 text. Nothing was written.
	ErrInvalidValue = errors.New("the store cannot hold this value")
	// ErrInvalidKey means that the store cannot hold or name such a key.
	// Nothing was sent.
	ErrInvalidKey = errors.New("the store cannot hold this key")
	// ErrNotDirectory means that a key above has a value and so cannot be a
	// directory in this store.
	ErrNotDirectory = errors.New("a key above it is not a directory")
	// ErrIsDirectory means that the key is a directory, which has no value in
	// this store.
	ErrIsDirectory = errors.New("the key is a directory")
	// ErrHasChildren means that a directory is not empty.
	ErrHasChildren = errors.New("the key has others below it")
	// ErrHiddenBelow means that a directory holds keys that the store omits
	// from every listing. It is also an ErrHasChildren.
	ErrHiddenBelow error = refined{"the key has others below it that the store hides", ErrHasChildren}
	// ErrWrongServer means that a server of another kind, or without the API,
	// answered.
	ErrWrongServer = errors.New("not a server of that kind")
	// ErrCompacted means that the store has dropped the requested history.
	ErrCompacted = errors.New("the store no longer keeps what was there then")
	// ErrFuture means that the store has not come to the requested revision. It
	// may have been restored to an older state.
	ErrFuture = errors.New("the store has not come to that revision yet")
	// ErrClosed means that the store is closed.
	ErrClosed = errors.New("store closed")
	// ErrNoLeader means that the servers answer but have no leader: they
	// neither write nor read consistently. Nothing was written. It is also an
	// ErrNotReachable.
	ErrNoLeader error = refined{"the cluster has no leader", ErrNotReachable}
	// ErrCertificate means that the client refused the server's certificate:
	// for its chain, its names or its dates. It is also an ErrNotReachable.
	ErrCertificate error = refined{"the server's certificate is refused", ErrNotReachable}
	// ErrNoSpace means that the server has no space left for writes. Nothing
	// was written.
	ErrNoSpace = errors.New("the server has no space left")
	// ErrBadAnswer means that the server's answer was not understood, or
	// exceeded every bound for such an answer.
	ErrBadAnswer = errors.New("the server's answer makes no sense")
	// ErrPartly means that a feed omits a part of its subtree, which is more
	// than it may hold or follow.
	ErrPartly = errors.New("not all is shown")
	// ErrTooMany means that there are more keys than may be held in memory.
	// Nothing was changed.
	ErrTooMany = errors.New("too many keys")
	// ErrUnrecorded means that no record of a write could be kept, so that it
	// was not sent.
	ErrUnrecorded = errors.New("no record could be kept, so nothing was written")
)

// refined is an error that is a special case of another one, for errors.Is.
type refined struct {
	text string
	of   error
}

func (e refined) Error() string { return e.text }

// Unwrap returns the more general error.
func (e refined) Unwrap() error { return e.of }

// Error is an error of a store: what was tried, on which key, where, what kind
// of failure it was, and its cause.
type Error struct {
	Op     Op     // what was tried
	Key    string // the key or prefix as the caller gave it; may be empty
	Server string // backend and address, such as "consul 127.0.0.1:8500"
	Kind   error  // one of this package's variables; nil if none fits
	Err    error  // the cause, such as the client's own error; may be nil
}

// Error returns all fields on one line. Key and cause are made printable.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Op))
	if e.Key != "" {
		b.WriteString(" " + printable.Name(e.Key))
	}
	if e.Server != "" {
		b.WriteString(" on " + e.Server)
	}
	if e.Kind != nil {
		b.WriteString(": " + e.Kind.Error())
	}
	if e.Err != nil {
		b.WriteString(": " + printable.String(e.Err.Error()))
	}
	return b.String()
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// validToken reports whether an index can be the LastIndex of a pair. Some
// servers take 0 and MaxUint64 for "any", so those are never sent.
func validToken(index uint64) bool {
	return index != 0 && index != ^uint64(0)
}
