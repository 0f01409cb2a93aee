package kv

import (
	"context"
	"crypto/tls"
	"errors"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
	"kvist/kv/internal/peer"
)

// errV2NoAnswer says that the server speaks another protocol than HTTP.
var errV2NoAnswer = errors.New("the connection was closed without an HTTP answer")

// v2Look returns what an error of the client or of the cluster means.
func v2Look(err error) (kind, cause error) { return v2Kind(err), err }

// v2Kind returns the kind of such an error.
func v2Kind(err error) error {
	switch etcdv2.Code(err) {
	case client.ErrorCodeKeyNotFound:
		return ErrKeyNotFound
	case client.ErrorCodeTestFailed:
		return ErrKeyModified
	case client.ErrorCodeNotFile:
		return ErrIsDirectory
	case client.ErrorCodeNotDir:
		return ErrNotDirectory
	case client.ErrorCodeNodeExist:
		return ErrKeyExists
	case client.ErrorCodeRootROnly:
		return ErrInvalidKey
	case client.ErrorCodeDirNotEmpty:
		return ErrHasChildren
	case client.ErrorCodeUnauthorized:
		return ErrDenied
	case client.ErrorCodeRaftInternal, client.ErrorCodeLeaderElect:
		return ErrNotReachable
	}
	return v2TransportKind(err)
}

// v2TransportKind returns the kind of an error that is not an answer of the keys API.
func v2TransportKind(err error) error {
	var record tls.RecordHeaderError
	switch {
	case wantsCertificate(err):
		return ErrDenied
	case peer.IsUntrusted(err):
		return ErrCertificate
	case etcdv2.IsUnanswered(err):
		return errLost
	case isPanic(err):
		return ErrBadAnswer
	case errors.Is(err, etcdv2.ErrNoLeader):
		return ErrNoLeader
	case errors.Is(err, etcdv2.ErrBadAnswer), errors.Is(err, etcdv2.ErrBadListing), errors.Is(err, client.ErrInvalidJSON):
		return ErrBadAnswer
	case errors.Is(err, etcdv2.ErrRedirect), errors.As(err, &record), peer.IsNoHTTP(err):
		return ErrWrongServer
	case errors.Is(err, context.Canceled):
		return nil // the caller gave up
	case etcdv2.Answered(err):
		return nil
	}
	return ErrNotReachable
}

// v2Absent returns the error of a read or a deletion: a key that cannot be there, since one above
// it has a value, is not found.
func v2Absent(err error) error {
	if etcdv2.IsMissing(err) {
		return withKind(ErrKeyNotFound, err)
	}
	return err
}

// server names the member that answered last.
func (s *Etcd) server() string { return ETCD + " " + s.cluster.Host() }
