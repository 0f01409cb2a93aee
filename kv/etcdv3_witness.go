package kv

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
)

// v3Witness is the newest state of a key that was seen in a span. A server
// that was set up anew, or from a backup, has the same cluster's name, and
// revisions that may go beyond the last one seen: only what is there at that
// revision reports whether it is the same history.
type v3Witness struct {
	key                        string
	modified, created, version int64
	deleted                    bool
}

// see notes the newest of some keys.
func (w *v3Witness) see(kvs []*mvccpb.KeyValue) {
	newest := -1
	at := w.modified
	for i, kv := range kvs {
		if kv.ModRevision > at {
			newest, at = i, kv.ModRevision
		}
	}
	if newest >= 0 {
		kv := kvs[newest]
		*w = v3Witness{string(kv.Key), kv.ModRevision, kv.CreateRevision, kv.Version, false}
	}
}

// seeEvent notes the last change.
func (w *v3Witness) seeEvent(e *clientv3.Event) {
	kv := e.Kv
	*w = v3Witness{string(kv.Key), kv.ModRevision, kv.CreateRevision, kv.Version, e.Type == clientv3.EventTypeDelete}
}

// testify asks a server, after contact was lost, whether its history is the
// one that was followed up to at. What was missed says why it is to be listed
// anew; 0 when it is not.
func (t *v3Tail) testify(ctx context.Context, at etcdlist.Point) (Missed, error) {
	w := t.witness
	switch {
	case w.key == "" && t.empty:
		return t.testifyEmpty(ctx, at)
	case w.key == "":
		return 0, nil
	}
	ctx, cancel := t.store.request(ctx)
	defer cancel()
	revision := w.modified
	if w.deleted {
		revision-- // when it was there, for the last time
	}
	resp, err := t.store.client.Get(ctx, w.key, clientv3.WithRev(revision), clientv3.WithKeysOnly())
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		return t.testifyLast(ctx, w)
	case errors.Is(err, rpctypes.ErrFutureRev):
		return Gap, nil
	case err != nil:
		return 0, err
	case len(resp.Kvs) == 0:
		return Gap, nil
	case !w.deleted && !w.is(resp.Kvs[0]):
		return Gap, nil
	}
	return 0, nil
}

// is reports whether a key is as it was seen.
func (w v3Witness) is(kv *mvccpb.KeyValue) bool {
	return kv.ModRevision == w.modified && kv.CreateRevision == w.created && kv.Version == w.version
}

// isBefore reports whether a key is what became of it since it was seen.
func (w v3Witness) isBefore(kv *mvccpb.KeyValue) bool {
	later := kv.ModRevision > w.modified && kv.Version > w.version
	return w.is(kv) || kv.CreateRevision == w.created && later
}

// testifyLast is testify where the server no longer keeps what was there then:
// it will do if the key is still the same, and not older.
func (t *v3Tail) testifyLast(ctx context.Context, w v3Witness) (Missed, error) {
	resp, err := t.store.client.Get(ctx, w.key, clientv3.WithKeysOnly())
	switch {
	case err != nil:
		return 0, err
	case len(resp.Kvs) == 1 && !w.deleted && w.isBefore(resp.Kvs[0]):
		return 0, nil
	}
	return Compacted, nil
}

// testifyEmpty is testify where nothing was ever seen in the span: then there
// was nothing at that revision.
func (t *v3Tail) testifyEmpty(ctx context.Context, at etcdlist.Point) (Missed, error) {
	ctx, cancel := t.store.request(ctx)
	defer cancel()
	resp, err := t.store.client.Get(ctx, t.span.Start, t.span.Options(clientv3.WithRev(at.Revision), clientv3.WithCountOnly())...)
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		return Compacted, nil
	case errors.Is(err, rpctypes.ErrFutureRev):
		return Gap, nil
	case err != nil:
		return 0, err
	case resp.Count != 0:
		return Gap, nil
	}
	return 0, nil
}
