package kv

import "context"

// ReadOnly returns s without any way to change what it holds. Every call that
// would do so returns ErrReadOnly and reaches no server. The abilities of s
// that read stay; As finds them. The store behind cannot be reached through
// the guard, except that Close closes it.
func ReadOnly(s Store) Store { return &readOnly{s} }

// readOnly is the guard. It does not embed the Store, so that a method added
// to Store later is not passed on by accident.
type readOnly struct{ store Store }

var (
	_ Store         = (*readOnly)(nil)
	_ wrapper       = (*readOnly)(nil)
	_ Follower      = (*readOnly)(nil)
	_ Lister        = (*readOnly)(nil)
	_ MetaReader    = (*readOnly)(nil)
	_ LockInspector = (*readOnly)(nil)
	_ HealthReader  = (*readOnly)(nil)
	_ WriteChecker  = (*readOnly)(nil)
	_ ValueFollower = (*readOnly)(nil)
	_ ChangeReader  = (*readOnly)(nil)
	_ DirNamer      = (*readOnly)(nil)
	_ Termed        = (*readOnly)(nil)
	_ Natured       = (*readOnly)(nil)
	_ ValueReader   = (*readOnly)(nil)
	_ Hider         = (*readOnly)(nil)
	_ NodeReader    = (*readOnly)(nil)
	_ Identifier    = (*readOnly)(nil)
	_ Historian     = (*readOnly)(nil)
	_ planReader    = (*readOnly)(nil)
)

// Refused returns the error of a write that a guard refuses, for callers that
// must not call the write to get it.
func Refused(op Op, key string) error { return &Error{Op: op, Key: key, Kind: ErrReadOnly} }

// lacking is the error of an ability that the store behind does not have.
func lacking(op Op, key string) error { return &Error{Op: op, Key: key, Kind: ErrNotImplemented} }

func (r *readOnly) inner() Store { return r.store }

func (r *readOnly) Put(key string, _ []byte, _ *WriteOptions) error { return Refused(OpPut, key) }

func (r *readOnly) Get(key string) (*KVPair, error) { return r.store.Get(key) }

func (r *readOnly) Delete(key string) error { return Refused(OpDelete, key) }

func (r *readOnly) Exists(key string) (bool, error) { return r.store.Exists(key) }

func (r *readOnly) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	return r.store.Watch(key, stopCh)
}

func (r *readOnly) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	return r.store.WatchTree(prefix, stopCh)
}

func (r *readOnly) NewLock(key string, _ *LockOptions) (Locker, error) {
	return nil, Refused(OpLock, key)
}

func (r *readOnly) List(prefix string) ([]*KVPair, error) { return r.store.List(prefix) }

func (r *readOnly) DeleteTree(prefix string) error { return Refused(OpDeleteTree, prefix) }

func (r *readOnly) AtomicPut(key string, _ []byte, _ *KVPair, _ *WriteOptions) (bool, *KVPair, error) {
	return false, nil, Refused(OpAtomicPut, key)
}

func (r *readOnly) AtomicDelete(key string, _ *KVPair) (bool, error) {
	return false, Refused(OpAtomicDelete, key)
}

func (r *readOnly) Close() { r.store.Close() }

// Dir implements DirNamer; any store has directories.
func (r *readOnly) Dir(prefix string) string { return Dir(r.store, prefix) }

// Follow implements Follower; any store can be followed.
func (r *readOnly) Follow(prefix string, options FollowOptions) (Feed, error) {
	return Follow(r.store, prefix, options)
}

// FollowValues implements ValueFollower; any store can be followed so.
func (r *readOnly) FollowValues(prefix string, options FollowOptions) (Feed, error) {
	return FollowValues(r.store, prefix, options)
}

// ListKeys implements Lister; any store can be listed.
func (r *readOnly) ListKeys(ctx context.Context, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	return ListKeys(ctx, r.store, prefix, options, visit)
}

// ReadChange implements ChangeReader.
func (r *readOnly) ReadChange(ctx context.Context, e Event) (ValueChange, error) {
	if c, ok := As[ChangeReader](r.store); ok {
		return c.ReadChange(ctx, e)
	}
	return ValueChange{}, lacking(OpReadChange, e.Key)
}

// Meta implements MetaReader.
func (r *readOnly) Meta(ctx context.Context, key string) (*Meta, error) {
	if m, ok := As[MetaReader](r.store); ok {
		return m.Meta(ctx, key)
	}
	return nil, lacking(OpMeta, key)
}

// Locks implements LockInspector.
func (r *readOnly) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	if i, ok := As[LockInspector](r.store); ok {
		return i.Locks(ctx, prefix)
	}
	return nil, lacking(OpLocks, prefix)
}

// BreakPlan implements LockInspector: it only reads.
func (r *readOnly) BreakPlan(ctx context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	if i, ok := As[LockInspector](r.store); ok {
		return i.BreakPlan(ctx, lock, holder)
	}
	return BreakPlan{}, lacking(OpBreakPlan, lock.Key)
}

// Break implements LockInspector, and refuses.
func (r *readOnly) Break(_ context.Context, lock LockInfo, _ Contender) error {
	return Refused(OpBreak, lock.Key)
}

// Health implements HealthReader.
func (r *readOnly) Health(ctx context.Context) (Health, error) {
	if h, ok := As[HealthReader](r.store); ok {
		return h.Health(ctx)
	}
	return Health{}, lacking(OpHealth, "")
}

// CheckWrite implements WriteChecker: nothing can be written.
func (r *readOnly) CheckWrite(key string, _ []byte) error { return Refused(OpPut, key) }

// Hidden implements Hider; Consul, which has no such keys, does not.
func (r *readOnly) Hidden(prefix, key string) string { return WhyHidden(r.store, prefix, key) }

// HiddenBelow implements Hider.
func (r *readOnly) HiddenBelow() string {
	if h, ok := As[Hider](r.store); ok {
		return h.HiddenBelow()
	}
	return ""
}

// Terms implements Termed.
func (r *readOnly) Terms() Terms { return TermsOf(r.store) }

// Nature implements Natured.
func (r *readOnly) Nature() Nature { return NatureOf(r.store) }

// ReadValues implements ValueReader.
func (r *readOnly) ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (int, error) {
	return readValues(ctx, r.store, keys, see)
}

// readPlan implements planReader.
func (r *readOnly) readPlan(ctx context.Context, plan *Plan) error {
	if p, ok := As[planReader](r.store); ok {
		return p.readPlan(ctx, plan)
	}
	return plan.addBelow(ctx, r.store)
}

// keysMemory implements memoryBound.
func (r *readOnly) keysMemory() int64 { return RoomOf(r.store).most }

// Identity implements Identifier.
func (r *readOnly) Identity(ctx context.Context) (string, error) { return Identity(ctx, r.store) }

// ReadNodes implements NodeReader; the nodes of any store can be read.
func (r *readOnly) ReadNodes(ctx context.Context, keys []string, see func(*Node)) (int, error) {
	return ReadNodes(ctx, r.store, keys, see)
}

// Versions implements Historian.
func (r *readOnly) Versions(ctx context.Context, key string, options VersionsOptions) (Versions, error) {
	if h, ok := As[Historian](r.store); ok {
		return h.Versions(ctx, key, options)
	}
	return Versions{}, lacking(OpHistory, key)
}

// At implements Historian: the past cannot be written anyway.
func (r *readOnly) At(ctx context.Context, revision uint64) (Store, error) {
	if h, ok := As[Historian](r.store); ok {
		return h.At(ctx, revision)
	}
	return nil, lacking(OpAt, "")
}

// Revision implements Historian.
func (r *readOnly) Revision(ctx context.Context) (uint64, error) {
	if h, ok := As[Historian](r.store); ok {
		return h.Revision(ctx)
	}
	return 0, lacking(OpAt, "")
}

// NextChange implements Historian.
func (r *readOnly) NextChange(ctx context.Context, prefix string, after uint64) (uint64, error) {
	if h, ok := As[Historian](r.store); ok {
		return h.NextChange(ctx, prefix, after)
	}
	return 0, lacking(OpHistory, prefix)
}

// Differences implements Historian.
func (r *readOnly) Differences(ctx context.Context, prefix string, from, to uint64, most int) ([]Difference, error) {
	if h, ok := As[Historian](r.store); ok {
		return h.Differences(ctx, prefix, from, to, most)
	}
	return nil, lacking(OpHistory, prefix)
}

// PreviousChange implements Historian.
func (r *readOnly) PreviousChange(ctx context.Context, prefix string, before uint64) (uint64, error) {
	if h, ok := As[Historian](r.store); ok {
		return h.PreviousChange(ctx, prefix, before)
	}
	return 0, lacking(OpHistory, prefix)
}
