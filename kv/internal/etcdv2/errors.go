package etcdv2

import (
	"errors"
	"fmt"

	client "go.etcd.io/etcd/client/v2"
)

// Errors of this package, besides those of the client library.
var (
	// ErrRedirect says that the server redirects, so that it has no v2 API.
	ErrRedirect = errors.New("the server redirects, which the v2 API of etcd does not")
	// ErrBadAnswer says that an answer is not what the v2 API sends.
	ErrBadAnswer = errors.New("the answer is not one of the v2 API")
	// ErrBadListing is ErrBadAnswer for a listing that is read while it arrives.
	ErrBadListing = errors.New("the listing is not one of the v2 API")
	// ErrNoLeader says that a member knows no leader. It has done nothing.
	ErrNoLeader = errors.New("the member knows no leader")
	// ErrRelist is returned by a Sink that needs a new listing.
	ErrRelist = errors.New("what is followed is too large by now")

	errStalled  = errors.New("the listing made no progress")
	errBroken   = errors.New("the listing broke off")
	errReplaced = errors.New("the store's index went back: it was replaced by another")
)

// unsent is an error from before a request had a connection. Nothing was sent, so a write may be
// tried elsewhere.
type unsent struct{ error }

func (e unsent) Unwrap() error { return e.error }

// unanswered is the error of a write that was sent and had no answer.
type unanswered struct{ error }

func (e unanswered) Unwrap() error { return e.error }

// IsUnanswered reports whether a write was sent and had no answer.
func IsUnanswered(err error) bool { return errors.As(err, new(unanswered)) }

// Code returns the server's error code, or 0 if err is not an answer of the keys API. The codes
// are in Documentation/v2/errorcode.md of etcd.
func Code(err error) int {
	var answer client.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

// Answered reports whether err is the answer of the cluster, and not a failure of one member.
func Answered(err error) bool {
	var answer client.Error
	if !errors.As(err, &answer) {
		return false
	}
	return answer.Code != client.ErrorCodeRaftInternal && answer.Code != client.ErrorCodeLeaderElect
}

// IsMissing reports whether the answer is that the key is not there: it has no node (100), or a
// key that has a value stands above it (104).
func IsMissing(err error) bool {
	code := Code(err)
	return code == client.ErrorCodeKeyNotFound || code == client.ErrorCodeNotDir
}

// indexOf returns the store's index that came with an error answer, or 0.
func indexOf(err error) uint64 {
	var answer client.Error
	errors.As(err, &answer)
	return answer.Index
}

// causes returns what is in the client's ClusterError, which does not unwrap, or err itself.
func causes(err error) error {
	var cluster *client.ClusterError
	if !errors.As(err, &cluster) || len(cluster.Errors) == 0 {
		return err
	}
	return joined(cluster.Errors)
}

// joined makes one error of the errors of several members, on one line.
func joined(errs []error) error {
	all := errs[0]
	for _, err := range errs[1:] {
		all = fmt.Errorf("%w; %w", all, err)
	}
	return all
}
