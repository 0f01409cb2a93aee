package etcdclient

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Code returns the gRPC code of an error of the client.
func Code(err error) codes.Code {
	var e rpctypes.EtcdError
	err = unhidden(err)
	switch {
	case err == nil:
		return codes.OK
	case errors.As(err, &e):
		return e.Code()
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	}
	return status.Code(err)
}

// denied are the errors of a refused login or right.
var denied = []error{ //nolint:gochecknoglobals // it never changes
	rpctypes.ErrPermissionDenied, rpctypes.ErrAuthFailed, rpctypes.ErrUserEmpty,
	rpctypes.ErrUserNotFound, rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision,
}

// rejected are the errors whose gRPC code misleads: the server is there, it understood the request,
// and nothing happened.
var rejected = []error{ //nolint:gochecknoglobals // it never changes
	rpctypes.ErrTooManyRequests, rpctypes.ErrCorrupt,
	rpctypes.ErrLeaseTTLTooLarge, rpctypes.ErrLeaseNotFound, rpctypes.ErrTooManyOps,
}

// IsDenied reports whether the server refused a login or a right.
func IsDenied(err error) bool { return isAnyOf(err, denied...) }

// IsForbidden reports whether the server refused a right to a user whom it knows.
func IsForbidden(err error) bool { return errors.Is(err, rpctypes.ErrPermissionDenied) }

// IsRejected reports whether the server understood the request and did not carry it out, though the
// gRPC code of the error means something else.
func IsRejected(err error) bool { return isAnyOf(err, rejected...) }

// IsNotProposed reports whether the server was unavailable in a way that excludes that it tried the
// write.
func IsNotProposed(err error) bool {
	return isAnyOf(err, rpctypes.ErrNoLeader, rpctypes.ErrNotCapable)
}

// IsUnimplemented reports whether the server does not know the method.
func IsUnimplemented(err error) bool { return Code(err) == codes.Unimplemented }

// IsTooMuch reports whether an answer was larger than its bound.
func IsTooMuch(err error) bool {
	return Code(err) == codes.ResourceExhausted && !IsRejected(err) && !errors.Is(err, rpctypes.ErrNoSpace)
}

// WatchError returns the error that a server means when it refuses a watch: it sends only the text
// of one.
func WatchError(err error) error {
	for _, known := range denied {
		if strings.Contains(err.Error(), rpctypes.ErrorDesc(known)) {
			return known
		}
	}
	return err
}

// isUnconnected reports whether an error means that no address can be connected to. A server that
// answers "unavailable" is connected to.
func isUnconnected(err error) bool {
	var said rpctypes.EtcdError
	return status.Code(err) == codes.Unavailable && !errors.As(rpctypes.Error(err), &said)
}

func isAnyOf(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// final is an error after which clientv3 must not retry. It hides the code by which clientv3
// decides.
type final struct{ err error }

func (f final) Error() string { return f.err.Error() }

// Is reports whether the hidden error is target.
func (f final) Is(target error) bool { return errors.Is(rpctypes.Error(f.err), target) }

// unhidden returns the error inside a final, or err.
func unhidden(err error) error {
	var f final
	if errors.As(err, &f) {
		return f.err
	}
	return err
}

// reworded is an error with a better text than its own.
type reworded struct {
	text string
	err  error
}

func (r reworded) Error() string { return r.text }

// Unwrap returns the error itself.
func (r reworded) Unwrap() error { return r.err }

// WithText returns err with another text.
func WithText(text string, err error) error { return reworded{text, err} }

// Worded returns an error of the client with a text for people: without the names of gRPC's layers,
// and about the login where the server's text only hints at it.
func (c *Client) Worded(err error) error {
	switch {
	case errors.Is(err, rpctypes.ErrUserEmpty) && c.login.user == "":
		return reworded{"the server wants a login, and none was given", err}
	case errors.Is(err, rpctypes.ErrUserEmpty) && c.login.password == "":
		return reworded{"no password was given for the user " + c.login.user, err}
	}
	err = unhidden(err)
	var already reworded
	var answer interface{ GRPCStatus() *status.Status }
	if errors.As(err, &already) || !errors.As(err, &answer) {
		return err
	}
	text := answer.GRPCStatus().Message()
	if _, quoted, found := strings.Cut(text, "connection error: desc = "); found {
		if plain, err := strconv.Unquote(quoted); err == nil {
			text = plain
		}
	}
	if text == "" {
		return err
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "transport: "), "Error while dialing: ")
	return reworded{text, err}
}
