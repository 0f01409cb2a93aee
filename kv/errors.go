package kv

import (
	"errors"
	"strings"

	"kvist/internal/printable"
)

var (
	// ErrInvalidTTL says that a TTL is shorter or longer than the store
	// grants; nothing was written. See Limits in the package's documentation.
	ErrInvalidTTL = errors.New("Invalid TTL, please change the value to the miminum allowed ttl for the chosen store")
	// ErrNotSupported says that NewStore was asked for a backend there is not.
	ErrNotSupported = errors.New("Backend storage not supported yet, please choose another one")
	// ErrNotImplemented says that this store has no such ability.
	ErrNotImplemented = errors.New("Call not implemented in current backend")
	// ErrNotReachable says that no server answered in time. Nothing was
	// written: else it is ErrOutcomeUnknown.
	ErrNotReachable = errors.New("Api not reachable")
	// ErrCannotLock says that a lock was not taken, or is not held.
	ErrCannotLock = errors.New("Error acquiring the lock")
	// ErrWatchDoesNotExist is of the original package; nothing fails with it.
	ErrWatchDoesNotExist = errors.New("No watch found for specified key")
	// ErrKeyModified says that the key no longer has the index that was given.
	ErrKeyModified = errors.New("Unable to complete atomic operation, key modified")
	// ErrKeyNotFound says that there is no such key or directory.
	ErrKeyNotFound = errors.New("Key not found in store")
	// ErrPreviousNotSpecified says that AtomicDelete was given no pair.
	ErrPreviousNotSpecified = errors.New("Previous K/V pair should be provided for the Atomic operation")
)

// What the original package had no word for.
var (
	// ErrKeyExists says that a key to be created is there already. It is an
	// ErrKeyModified too.
	ErrKeyExists error = refined{"Key already exists in store", ErrKeyModified}
	// ErrWrittenOver says that a key was written although it was not the one
	// that was read: it was deleted and made anew in the same instant, to a
	// state that the server cannot tell from the former. The value is there,
	// and what was there is lost. Only ZooKeeper can do that. It is an
	// ErrKeyModified too.
	ErrWrittenOver error = refined{"written over a key that was deleted and made anew in the same instant", ErrKeyModified}
	// ErrOutcomeUnknown says that contact was lost after a write was sent:
	// it may have happened or not. Read the key to find out.
	ErrOutcomeUnknown = errors.New("the write was sent but never answered; it may or may not have happened")
	// ErrDenied says that the server refused the login or the right.
	ErrDenied = errors.New("access denied")
	// ErrIncomplete says that a part of what was asked for may not be read: what
	// comes along with the error is what there is of the rest. It is an
	// ErrDenied too.
	ErrIncomplete error = refined{"a part of it may not be read", ErrDenied}
	// ErrReadOnly says that the store was opened for reading only.
	ErrReadOnly = errors.New("opened read-only")
	// ErrTooLarge says that a value is larger than the store takes; nothing
	// was written.
	ErrTooLarge = errors.New("value too large for the store")
	// ErrInvalidValue says that the store cannot hold these bytes (the v2 API
	// of etcd only holds UTF-8 text); nothing was written.
	ErrInvalidValue = errors.New("the store cannot hold this value")
	// ErrInvalidKey says that the store cannot hold or name such a key;
	// nothing was sent.
	ErrInvalidKey = errors.New("the store cannot hold this key")
	// ErrNotDirectory says that a key which has a value, and so cannot be a
	// directory in this store, stands above the key.
	ErrNotDirectory = errors.New("a key above it is not a directory")
	// ErrIsDirectory says that the key is a directory, which has no value in
	// this store.
	ErrIsDirectory = errors.New("the key is a directory")
	// ErrHasChildren says that a directory still has something in it.
	ErrHasChildren = errors.New("the key has others below it")
	// ErrHiddenBelow says that a directory has something in it that the store
	// leaves out of every listing. It is an ErrHasChildren too.
	ErrHiddenBelow error = refined{"the key has others below it that the store hides", ErrHasChildren}
	// ErrWrongServer says that a server answers there, but not one of the
	// kind or with the API that was asked for.
	ErrWrongServer = errors.New("not a server of that kind")
	// ErrCompacted says that the store threw away the history that was asked
	// for.
	ErrCompacted = errors.New("the store no longer keeps what was there then")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store closed")
	// ErrNoLeader says that the servers answer but have no leader, so that
	// they neither write nor read consistently; nothing was written. It is an
	// ErrNotReachable too.
	ErrNoLeader error = refined{"the cluster has no leader", ErrNotReachable}
	// ErrCertificate says that the server's certificate was refused: its
	// chain, its names or its dates do not fit. It is an ErrNotReachable too.
	ErrCertificate error = refined{"the server's certificate is refused", ErrNotReachable}
	// ErrNoSpace says that the server refuses writes until it has space
	// again; nothing was written.
	ErrNoSpace = errors.New("the server has no space left")
	// ErrBadAnswer says that the server's answer was not understood or went
	// beyond every bound that such an answer has.
	ErrBadAnswer = errors.New("the server's answer makes no sense")
)

// ErrPartly says that a feed leaves out a part of what it was asked for, since
// that is more than it may hold or follow.
var ErrPartly = errors.New("not all is shown")

// ErrTooMany says that there are more keys than may be held in memory at once;
// nothing was changed.
var ErrTooMany = errors.New("too many keys")

// refined is the type of an error that is a special case of another: errors.Is
// finds both.
type refined struct {
	text string
	of   error
}

func (e refined) Error() string { return e.text }

// Unwrap returns the more general error.
func (e refined) Unwrap() error { return e.of }

// Error is what every backend returns: what was tried, on which key, where,
// what kind of failure it was, and the client's own error behind it.
type Error struct {
	Op     Op     // what was tried
	Key    string // the key or prefix as the caller gave it; may be empty
	Server string // backend and address, such as "consul 127.0.0.1:8500"
	Kind   error  // one of this package's variables; nil when none fits
	Err    error  // the client's own error; nil when there is none
}

// Error tells all of it in one line, with key and cause made printable.
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

// Unwrap gives both the kind and the cause to errors.Is and errors.As.
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

// validToken reports whether an index can be the LastIndex of a pair: 0 and
// MaxUint64 mean "any" to some servers and so are never sent to one.
func validToken(index uint64) bool {
	return index != 0 && index != ^uint64(0)
}
