package kv

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// ReadChange implements ChangeReader: the key at the change's revision, and
// at the one before.
func (s *EtcdV3) ReadChange(ctx context.Context, e Event) (Values, error) {
	const op = "readchange"
	if e.Index == 0 || e.Index > 1<<63-1 {
		return Values{}, s.fail(op, e.Key, ErrKeyNotFound, nil)
	}
	revision := int64(e.Index)
	var v Values
	after, err := s.getAt(ctx, op, e.Key, revision)
	switch {
	case err != nil:
		return Values{}, err
	case (e.Kind == DeleteEvent) != (after == nil), after != nil && after.ModRevision != revision:
		return Values{}, s.fail(op, e.Key, ErrKeyNotFound, nil) // another history than the one e is of
	case after != nil:
		v.After = v3Pair(after).Value
	}
	if revision == 1 { // nothing is older; revision 0 would mean the latest
		v.BeforeKnown = true
		return v, nil
	}
	before, err := s.getAt(ctx, op, e.Key, revision-1)
	switch {
	case errors.Is(err, ErrCompacted) && after != nil:
		return v, nil
	case err != nil:
		return Values{}, err
	case before != nil:
		v.Before, v.BeforeIndex = v3Pair(before).Value, uint64(before.ModRevision)
	case after == nil: // there was nothing to delete
		return Values{}, s.fail(op, e.Key, ErrKeyNotFound, nil)
	}
	v.BeforeKnown = true
	return v, nil
}

// getAt reads one key as it was at a revision; nil when there was none.
func (s *EtcdV3) getAt(ctx context.Context, op Op, key string, revision int64) (*mvccpb.KeyValue, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, key, clientv3.WithRev(revision))
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		return nil, s.fail(op, key, ErrCompacted, err)
	case errors.Is(err, rpctypes.ErrFutureRev):
		return nil, s.fail(op, key, ErrKeyNotFound, err)
	case err != nil:
		return nil, s.explain(op, key, err)
	case len(resp.Kvs) == 0:
		return nil, nil
	}
	return resp.Kvs[0], nil
}
