package kv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kvist/kv/internal/peer"
)

// kinded is an error with a kind that was known where it arose.
type kinded struct {
	kind error
	err  error
}

// withKind returns err with a kind, one of this package's variables, which
// fail and failWrite then use. A nil err has nothing to add to the kind.
func withKind(kind, err error) error {
	if err == nil {
		return kind
	}
	return kinded{kind, err}
}

func (e kinded) Error() string { return e.err.Error() }

// Unwrap returns the kind and the error.
func (e kinded) Unwrap() []error { return []error{e.kind, e.err} }

// What an error says about its request, beside its kind.
var (
	// errLost is the kind of an error that leaves open whether the server
	// received the request: ErrNotReachable for a read, ErrOutcomeUnknown
	// for a write.
	errLost = errors.New("contact was lost")
	// errUnsent is in an error that came before anything was sent: a write
	// did not happen.
	errUnsent = errors.New("not sent")
)

// unsent marks err: nothing was sent.
func unsent(err error) error { return marked{err, errUnsent} }

// lost marks err: the server may have carried the request out, whatever its
// kind is.
func lost(err error) error { return marked{err, errLost} }

// marked is an error with a mark that does not show in its text.
type marked struct{ err, mark error }

func (e marked) Error() string { return e.err.Error() }

// Unwrap returns the error and its mark.
func (e marked) Unwrap() []error { return []error{e.err, e.mark} }

// failures makes the errors of one store. The stores embed it.
type failures struct {
	// serverOf returns the name of the server that an error is about, such
	// as "consul 127.0.0.1:8500".
	serverOf func(err error) string
	// look returns what a client's error means: its kind, which may be
	// errLost, or nil where none fits; and the cause to show, which may be
	// nil.
	look func(err error) (kind, cause error)
	// closing reports whether Close has begun.
	closing func() bool
}

// fail returns the error of a call that changes nothing; nil for nil. An
// [*Error] with an Op is returned as it is.
func (f *failures) fail(op Op, key string, err error) error {
	return f.explain(op, key, err, ErrNotReachable)
}

// failWrite returns the error of a call that may have changed something; nil
// for nil. Where contact was lost, it is ErrOutcomeUnknown, unless err is
// marked as unsent.
func (f *failures) failWrite(op Op, key string, err error) error {
	return f.explain(op, key, err, ErrOutcomeUnknown)
}

// explain returns err as an Error; broken is what lost contact means.
func (f *failures) explain(op Op, key string, err, broken error) error {
	if err == nil || isExplained(err) {
		return err
	}
	e := &Error{Op: op, Key: key, Server: f.serverOf(err)}
	e.Kind, e.Err = f.kindAndCause(err)
	if errors.Is(err, errUnsent) {
		broken = ErrNotReachable
	}
	isOpen := errors.Is(broken, ErrOutcomeUnknown) &&
		(errors.Is(err, errLost) || errors.Is(e.Kind, ErrBadAnswer) || e.Kind == nil && errors.Is(err, context.Canceled))
	if isOpen || errors.Is(e.Kind, errLost) {
		e.Kind = broken
	}
	if f.closing() && (e.Kind == nil || errors.Is(e.Kind, ErrNotReachable)) {
		e.Kind = ErrClosed
	}
	return e
}

// kindAndCause returns the kind that err was given where it arose; otherwise
// what look makes of err.
func (f *failures) kindAndCause(err error) (kind, cause error) {
	var given kinded
	var plain *Error
	switch {
	case slices.Contains(kinds(), err):
		return err, nil
	case errors.As(err, &plain):
		return plain.Kind, plain.Err
	case errors.As(err, &given):
		_, cause = f.look(given.err)
		return given.kind, cause
	case isPanic(err):
		return ErrBadAnswer, err
	}
	return f.look(err)
}

// isExplained reports whether err is an Error that names its call.
func isExplained(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Op != ""
}

// asOp returns err as the error of another operation, which is the one that a
// person asked for.
func asOp(op Op, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	renamed := *e
	renamed.Op = op
	return &renamed
}

// kinds are the variables by which callers know an error.
func kinds() []error {
	return []error{
		ErrInvalidTTL, ErrNotSupported, ErrNotImplemented, ErrNotReachable, ErrCannotLock,
		ErrWatchDoesNotExist, ErrKeyModified, ErrKeyNotFound, ErrPreviousNotSpecified,
		ErrKeyExists, ErrWrittenOver, ErrOutcomeUnknown, ErrDenied, ErrIncomplete, ErrReadOnly,
		ErrTooLarge, ErrInvalidValue, ErrInvalidKey, ErrNotDirectory, ErrIsDirectory,
		ErrHasChildren, ErrHiddenBelow, ErrWrongServer, ErrCompacted, ErrFuture, ErrClosed, ErrNoLeader,
		ErrCertificate, ErrNoSpace, ErrBadAnswer, ErrPartly, ErrTooMany, ErrUnrecorded,
	}
}

// isAnyOf reports whether err is one of kinds.
func isAnyOf(err error, kinds ...error) bool {
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// wantsCertificate reports whether the server refused the client's certificate, or that there is
// none.
func wantsCertificate(err error) bool { return peer.WantsCertificate(err) }

// errTTL is the error of a TTL that is not from least to most; a most of 0 is
// that there is none.
func errTTL(asked, least, most time.Duration) error {
	if most == 0 {
		return withKind(ErrInvalidTTL, fmt.Errorf("a TTL of %s is not granted: it must be at least %s, and has no upper limit", asked, least))
	}
	return withKind(ErrInvalidTTL, fmt.Errorf("a TTL of %s is not granted: it must be at least %s and at most %s", asked, least, most))
}
