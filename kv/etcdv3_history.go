package kv

import (
	"cmp"
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/etcdlocks"
	"kvist/kv/internal/etcdpast"
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
		err = s.compacted(ctx, revision)
	case errors.Is(err, rpctypes.ErrFutureRev):
		err = withKind(ErrKeyNotFound, err)
	}
	return found, s.fail(OpReadChange, key, err)
}

// At implements Historian.
func (s *EtcdV3) At(ctx context.Context, revision uint64) (Store, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, s.fail(OpHistory, "", err)
	}
	defer leave()
	switch {
	case revision == 0:
		return nil, s.fail(OpHistory, "", errV3NoRevision)
	case !v3IsRevision(revision):
		return nil, s.fail(OpHistory, "", s.future(ctx, revision))
	}
	then, err := s.reader.At(etcdlist.Point{Revision: int64(revision)}).Now(ctx, s.someKey(ctx))
	if err != nil {
		return nil, s.fail(OpHistory, "", s.timely(ctx, int64(revision), err))
	}
	return ReadOnly(v3PastOf(s, then)), nil
}

// errV3NoRevision is why there is no revision 0.
var errV3NoRevision = errors.New("revisions begin at 1")

// Revision implements Historian.
func (s *EtcdV3) Revision(ctx context.Context) (uint64, error) {
	if err := s.alive(OpHistory, ""); err != nil {
		return 0, err
	}
	at, err := s.reader.At(etcdlist.Point{}).Now(ctx, s.someKey(ctx))
	return uint64(at.Revision), s.fail(OpHistory, "", err)
}

// someKey returns a key that the user may read, whether or not it is there.
func (s *EtcdV3) someKey(ctx context.Context) string {
	if spans, known := s.rights.Readable(ctx); known && len(spans) > 0 {
		return cmp.Or(spans[0].Start, "\x00")
	}
	return "\x00"
}

// timely returns an error of the client about a revision; it names revisions if that one cannot be
// read.
func (s *EtcdV3) timely(ctx context.Context, revision int64, err error) error {
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		return s.compacted(ctx, revision)
	case errors.Is(err, rpctypes.ErrFutureRev):
		return s.future(ctx, uint64(revision))
	}
	return err
}

// compacted returns the error of a revision that is compacted. It asks how far back the rest goes.
func (s *EtcdV3) compacted(ctx context.Context, revision int64) error {
	ctx, cancel := s.request(ctx)
	defer cancel()
	oldest := etcdpast.Oldest(ctx, s.client, s.someKey(ctx), revision)
	return withKind(ErrCompacted, &CompactedError{Revision: uint64(revision), Oldest: uint64(oldest)})
}

// future returns the error of a revision that is yet to come. It asks for the newest.
func (s *EtcdV3) future(ctx context.Context, revision uint64) error {
	newest, _ := s.Revision(ctx)
	return withKind(ErrFuture, &FutureError{Revision: revision, Newest: newest})
}

// v3Past is the store as it was right after a revision: its readers are pinned to that. A guard in
// front of it keeps everything that writes away.
type v3Past struct {
	*EtcdV3
	live *EtcdV3
}

// v3PastOf returns a store at a moment in the past. It lasts until Close, or as long as the store.
func v3PastOf(s *EtcdV3, then etcdlist.Point) *v3Past {
	reader := s.reader.At(then)
	past := &v3Past{live: s, EtcdV3: &EtcdV3{
		lifetime: s.within(), server: s.server, ephemeralTTL: s.ephemeralTTL, memory: s.memory, past: then.Revision,
		client: s.client, reader: reader, rights: s.rights,
		finder: &etcdlocks.Finder{Client: s.client, Reader: reader, Queues: v3Queues},
	}}
	past.failures = failures{serverOf: s.serverOf, look: past.look, closing: past.isClosing}
	return past
}

// look returns what an error of the client means: here, one about a revision is about this one.
func (p *v3Past) look(err error) (kind, cause error) {
	if errors.Is(err, etcdlist.ErrReplaced) {
		return ErrCompacted, err
	}
	var given kinded
	if errors.As(p.timely(p.ctx, p.past, err), &given) {
		return given.kind, given.err
	}
	return p.live.look(err)
}

// Close implements Store. The connection is the live store's.
func (p *v3Past) Close() { p.close(nil, nil) }

// BreakPlan implements LockInspector, and refuses: who held a lock then need not hold it now.
func (p *v3Past) BreakPlan(_ context.Context, lock LockInfo, _ Contender) (BreakPlan, error) {
	return BreakPlan{}, Refused(OpBreakPlan, lock.Key)
}

// At implements Historian.
func (p *v3Past) At(ctx context.Context, revision uint64) (Store, error) {
	return p.live.At(ctx, revision)
}

// Revision implements Historian.
func (p *v3Past) Revision(ctx context.Context) (uint64, error) { return p.live.Revision(ctx) }

// Versions implements Historian.
func (s *EtcdV3) Versions(_ context.Context, key string, _ VersionsOptions) (Versions, error) {
	return Versions{}, lacking(OpHistory, key)
}

// NextChange implements Historian.
func (s *EtcdV3) NextChange(_ context.Context, prefix string, _ uint64) (uint64, error) {
	return 0, lacking(OpHistory, prefix)
}

// PreviousChange implements Historian.
func (s *EtcdV3) PreviousChange(_ context.Context, prefix string, _ uint64) (uint64, error) {
	return 0, lacking(OpHistory, prefix)
}
