package kv

import (
	"cmp"
	"context"
	"errors"
	"math"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/etcdlocks"
	"kvist/kv/internal/etcdpast"
	"kvist/kv/internal/wait"
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
		return nil, s.fail(OpAt, "", err)
	}
	defer leave()
	switch {
	case revision == 0:
		return nil, s.fail(OpAt, "", errV3NoRevision)
	case !v3IsRevision(revision):
		return nil, s.fail(OpAt, "", s.future(ctx, revision))
	}
	then, err := s.reader.At(etcdlist.Point{Revision: int64(revision)}).Now(ctx, s.someKey(ctx))
	if err != nil {
		return nil, s.fail(OpAt, "", s.timely(ctx, int64(revision), err))
	}
	return ReadOnly(v3PastOf(s, then)), nil
}

// errV3NoRevision is why there is no revision 0.
var errV3NoRevision = errors.New("revisions begin at 1")

// Revision implements Historian.
func (s *EtcdV3) Revision(ctx context.Context) (uint64, error) {
	if err := s.alive(OpAt, ""); err != nil {
		return 0, err
	}
	at, err := s.reader.At(etcdlist.Point{}).Now(ctx, s.someKey(ctx))
	return uint64(at.Revision), s.fail(OpAt, "", err)
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
	oldest := s.history(ctx).Oldest(ctx, s.someKey(ctx), revision)
	return withKind(ErrCompacted, &CompactedError{Revision: uint64(revision), Oldest: uint64(oldest)})
}

// future returns the error of a revision that is yet to come. It asks for the newest.
func (s *EtcdV3) future(ctx context.Context, revision uint64) error {
	newest, _ := s.Revision(ctx)
	return withKind(ErrFuture, &FutureError{Revision: revision, Newest: newest})
}

// v3VersionsMost is how many versions Versions reads unless more are asked for. Each is a request.
const v3VersionsMost = 50

// Versions implements Historian. A version costs one request. A life of the key that ended by a
// deletion is found by a replay, for which the server reads what happened to all keys since then:
// the last 50 000 revisions at most, fewer where revisions are large, or all that it keeps if
// options.Deep is set.
func (s *EtcdV3) Versions(ctx context.Context, key string, options VersionsOptions) (Versions, error) {
	ctx, leave, err := s.historic(ctx, key)
	if err != nil {
		return Versions{}, err
	}
	defer leave()
	if key == "" {
		return Versions{}, s.fail(OpHistory, key, ErrInvalidKey)
	}
	walk := etcdpast.Walk{Past: s.history(ctx), Key: key, Deep: options.Deep}
	before := int64(min(options.Before, math.MaxInt64))
	found, err := walk.Versions(ctx, before, cmp.Or(max(0, options.Limit), v3VersionsMost))
	if err != nil {
		return Versions{}, s.failRange(ctx, OpHistory, key, err)
	}
	versions := Versions{More: found.More, Compacted: found.Compacted, Unread: uint64(found.Unread)}
	for _, v := range found.Versions {
		versions.Versions = append(versions.Versions, v3Version(v))
	}
	return versions, nil
}

// v3Version returns a version as one of the contract.
func v3Version(v etcdpast.Version) Version {
	version := Version{Index: uint64(v.Revision), Deleted: v.KV == nil}
	if v.KV == nil {
		return version
	}
	version.Value, version.Created, version.Version = v3NotNil(v.KV.Value), uint64(v.KV.CreateRevision), v.KV.Version
	if v.KV.Lease != 0 {
		version.Lease = etcdlocks.LeaseID(v.KV.Lease)
	}
	return version
}

// NextChange implements Historian by a replay: the server reads what happened to all keys since the
// revision.
func (s *EtcdV3) NextChange(ctx context.Context, prefix string, after uint64) (uint64, error) {
	if after >= math.MaxInt64 {
		return 0, nil
	}
	return s.change(ctx, prefix, after, func(ctx context.Context, past *etcdpast.Past, part etcdpast.Part) (int64, error) {
		return past.Next(ctx, part, int64(after))
	})
}

// PreviousChange implements Historian. For a recent revision it is a replay of a thousand revisions
// and those since. If that finds nothing, the server looks through all keys of the prefix, with
// their values, and replays what came after the newest of them, since deletions leave nothing.
func (s *EtcdV3) PreviousChange(ctx context.Context, prefix string, before uint64) (uint64, error) {
	return s.change(ctx, prefix, before, func(ctx context.Context, past *etcdpast.Past, part etcdpast.Part) (int64, error) {
		return past.Previous(ctx, part, int64(min(before, math.MaxInt64)))
	})
}

// Differences implements Historian by a replay. Of what is between, only the first and the last
// state of each key matters. It gives up where a queue of a lock changed, since that marks other
// keys.
func (s *EtcdV3) Differences(ctx context.Context, prefix string, from, to uint64, most int) ([]Difference, error) {
	if !v3IsRevision(from) || !v3IsRevision(to) {
		return nil, s.fail(OpHistory, prefix, errV3NoRevision)
	}
	ctx, leave, err := s.historic(ctx, prefix)
	if err != nil {
		return nil, err
	}
	defer leave()
	older, newer := int64(min(from, to)), int64(max(from, to))
	changes, err := s.history(ctx).Between(ctx, etcdpast.Part{Dir: v3Dir(prefix)}, older, newer, most)
	switch {
	case errors.Is(err, etcdpast.ErrTooMany):
		return nil, s.fail(OpHistory, prefix, ErrTooMany)
	case errors.Is(err, rpctypes.ErrCompacted):
		err = s.compacted(ctx, older)
	}
	if err != nil {
		return nil, s.failRange(ctx, OpHistory, prefix, err)
	}
	var all []Difference
	for _, c := range changes {
		if v3IsQueue(c.Key) {
			return nil, s.fail(OpHistory, prefix, ErrTooMany)
		}
		d := Difference{c.Key, v3EntryOf(c.Before), v3EntryOf(c.After)}
		if from > to {
			d.Was, d.Is = d.Is, d.Was
		}
		if d.Was != nil || d.Is != nil {
			all = append(all, d)
		}
	}
	return all, nil
}

// v3EntryOf returns a key that came with its value; nil for none.
func v3EntryOf(kv *mvccpb.KeyValue) *Entry {
	if kv == nil {
		return nil
	}
	e := v3Entry(string(kv.Key), kv, true)
	return &e
}

// change looks for a change near a revision.
func (s *EtcdV3) change(ctx context.Context, prefix string, near uint64, find func(context.Context, *etcdpast.Past, etcdpast.Part) (int64, error)) (uint64, error) {
	ctx, leave, err := s.historic(ctx, prefix)
	if err != nil {
		return 0, err
	}
	defer leave()
	found, err := find(ctx, s.history(ctx), etcdpast.Part{Dir: v3Dir(prefix)})
	var gone *etcdpast.CompactedError
	switch {
	case errors.As(err, &gone):
		err = withKind(ErrCompacted, &CompactedError{Revision: uint64(gone.Oldest - 1), Oldest: uint64(gone.Oldest)})
	case errors.Is(err, rpctypes.ErrCompacted):
		err = s.compacted(ctx, int64(near)-1)
	}
	return uint64(found), s.failRange(ctx, OpHistory, prefix, err)
}

// historic registers a call that reads history, until leave is called, and returns its context.
func (s *EtcdV3) historic(ctx context.Context, key string) (within context.Context, leave func(), err error) {
	left, err := s.enter()
	if err != nil {
		return nil, nil, s.fail(OpHistory, key, err)
	}
	ctx, cancel := wait.Joined(ctx, s.ctx)
	return ctx, func() { cancel(); left() }, nil
}

// history returns what reads the history for this user.
func (s *EtcdV3) history(ctx context.Context) *etcdpast.Past {
	spans, known := s.rights.Readable(ctx)
	return &etcdpast.Past{Client: s.client, Whole: !known || len(spans) == 0}
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

// Versions implements Historian by those up to this moment.
func (p *v3Past) Versions(ctx context.Context, key string, options VersionsOptions) (Versions, error) {
	if upTo := uint64(p.past) + 1; options.Before == 0 || options.Before > upTo {
		options.Before = upTo
	}
	return p.live.Versions(ctx, key, options)
}

// NextChange implements Historian.
func (p *v3Past) NextChange(ctx context.Context, prefix string, after uint64) (uint64, error) {
	return p.live.NextChange(ctx, prefix, after)
}

// PreviousChange implements Historian.
func (p *v3Past) PreviousChange(ctx context.Context, prefix string, before uint64) (uint64, error) {
	return p.live.PreviousChange(ctx, prefix, before)
}

// Differences implements Historian.
func (p *v3Past) Differences(ctx context.Context, prefix string, from, to uint64, most int) ([]Difference, error) {
	return p.live.Differences(ctx, prefix, from, to, most)
}
