package etcdtail

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
)

// state is a state of a key. A server that was set up anew, or from a backup, can have the id of
// the cluster that was followed, and revisions beyond the last one seen. Only the state of a key at
// a revision proves that the history is the same.
type state struct {
	key                        string
	modified, created, version int64
	deleted                    bool
}

// see notes the newest of some keys, if it is newer than the one noted.
func (s *state) see(kvs []*mvccpb.KeyValue) {
	newest := -1
	at := s.modified
	for i, kv := range kvs {
		if kv.ModRevision > at {
			newest, at = i, kv.ModRevision
		}
	}
	if newest >= 0 {
		kv := kvs[newest]
		*s = state{string(kv.Key), kv.ModRevision, kv.CreateRevision, kv.Version, false}
	}
}

// seeEvent notes the last change.
func (s *state) seeEvent(e *clientv3.Event) {
	kv := e.Kv
	*s = state{string(kv.Key), kv.ModRevision, kv.CreateRevision, kv.Version, e.Type == clientv3.EventTypeDelete}
}

// is reports whether a key is in this state.
func (s state) is(kv *mvccpb.KeyValue) bool {
	return kv.ModRevision == s.modified && kv.CreateRevision == s.created && kv.Version == s.version
}

// isBefore reports whether a key can be in this state or one that followed it.
func (s state) isBefore(kv *mvccpb.KeyValue) bool {
	later := kv.ModRevision > s.modified && kv.Version > s.version
	return s.is(kv) || kv.CreateRevision == s.created && later
}

// Newest collects the newest state of a key in what a Lister reads.
type Newest struct{ state state }

// See notes the newest of some keys.
func (n *Newest) See(kvs []*mvccpb.KeyValue) { n.state.see(kvs) }

// Listed takes the newest state in a listing that a Lister has read without an error.
func (t *Tail) Listed(newest Newest) {
	t.newest, t.empty = newest.state, newest.state.key == ""
}

// verify asks after lost contact whether the server's history is the one that was followed up to
// at. It returns why a listing is needed, First if none is.
func (t *Tail) verify(ctx context.Context, at etcdlist.Point) (Reason, error) {
	known := t.newest
	switch {
	case known.key == "" && t.empty:
		return t.verifyEmpty(ctx, at)
	case known.key == "":
		return First, nil
	}
	ctx, cancel := t.Client.Request(ctx)
	defer cancel()
	revision := known.modified
	if known.deleted {
		revision-- // the last one at which it was there
	}
	resp, err := t.Client.Get(ctx, known.key, clientv3.WithRev(revision), clientv3.WithKeysOnly())
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		return t.verifyNow(ctx, known)
	case errors.Is(err, rpctypes.ErrFutureRev):
		return Gap, nil
	case err != nil:
		return First, err
	case len(resp.Kvs) == 0:
		return Gap, nil
	case !known.deleted && !known.is(resp.Kvs[0]):
		return Gap, nil
	}
	return First, nil
}

// verifyNow is verify if the server no longer has the revision: the key as it is now is proof if it
// can have come from the state that is known.
func (t *Tail) verifyNow(ctx context.Context, known state) (Reason, error) {
	resp, err := t.Client.Get(ctx, known.key, clientv3.WithKeysOnly())
	switch {
	case err != nil:
		return First, err
	case len(resp.Kvs) == 1 && !known.deleted && known.isBefore(resp.Kvs[0]):
		return First, nil
	}
	return Compacted, nil
}

// verifyEmpty is verify if nothing was ever seen in the span: there was nothing at that revision.
func (t *Tail) verifyEmpty(ctx context.Context, at etcdlist.Point) (Reason, error) {
	ctx, cancel := t.Client.Request(ctx)
	defer cancel()
	resp, err := t.Client.Get(ctx, t.Span.Start, t.Span.Options(clientv3.WithRev(at.Revision), clientv3.WithCountOnly())...)
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		return Compacted, nil
	case errors.Is(err, rpctypes.ErrFutureRev):
		return Gap, nil
	case err != nil:
		return First, err
	case resp.Count != 0:
		return Gap, nil
	}
	return First, nil
}
