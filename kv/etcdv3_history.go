package kv

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// ReadChange implements ChangeReader. It reads the key at the change's revision and at the one
// before.
func (s *EtcdV3) ReadChange(ctx context.Context, e Event) (ValueChange, error) {
	if !v3IsRevision(e.Index) {
		return ValueChange{}, s.fail(OpReadChange, e.Key, ErrKeyNotFound)
	}
	revision := int64(e.Index)
	var v ValueChange
	after, err := s.readAt(ctx, e.Key, revision)
	switch {
	case err != nil:
		return ValueChange{}, err
	case (e.Kind == DeleteEvent) != (after == nil), after != nil && after.ModRevision != revision:
		return ValueChange{}, s.fail(OpReadChange, e.Key, ErrKeyNotFound) // the change is of another history
	case after != nil:
		v.After = v3Pair(after).Value
	}
	if revision == 1 { // nothing is older; revision 0 would mean the latest
		v.BeforeKnown = true
		return v, nil
	}
	before, err := s.readAt(ctx, e.Key, revision-1)
	switch {
	case errors.Is(err, ErrCompacted) && after != nil:
		return v, nil
	case err != nil:
		return ValueChange{}, err
	case before != nil:
		v.Before, v.BeforeIndex = v3Pair(before).Value, uint64(before.ModRevision)
	case after == nil: // there was nothing to delete
		return ValueChange{}, s.fail(OpReadChange, e.Key, ErrKeyNotFound)
	}
	v.BeforeKnown = true
	return v, nil
}

// readAt reads a key as it was at a revision of the past; nil if there was none.
func (s *EtcdV3) readAt(ctx context.Context, key string, revision int64) (*mvccpb.KeyValue, error) {
	found, err := s.at(ctx, key, revision)
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		err = withKind(ErrCompacted, err)
	case errors.Is(err, rpctypes.ErrFutureRev):
		err = withKind(ErrKeyNotFound, err)
	}
	return found, s.fail(OpReadChange, key, err)
}
