package kv

import "context"

// NewLock implements Store. What a lock writes ends with it, so that its
// record says only that it was taken.
func (r *recorded) NewLock(key string, options *LockOptions) (Locker, error) {
	locker, err := r.store.NewLock(key, options)
	if err != nil {
		return nil, err
	}
	if l, ok := locker.(StopLocker); ok {
		return &recordedLock{r, key, l}, nil
	}
	return &recordedLock{r, key, noStop{locker}}, nil
}

// noStop is a Locker whose wait cannot be given up.
type noStop struct{ Locker }

// LockStop implements StopLocker as far as the Locker can.
func (n noStop) LockStop(<-chan struct{}) (<-chan struct{}, error) { return n.Lock() }

// recordedLock records when a lock is taken and given back.
type recordedLock struct {
	layer *recorded
	key   string
	StopLocker
}

// Lock implements Locker.
func (l *recordedLock) Lock() (<-chan struct{}, error) { return l.LockStop(nil) }

// LockStop implements StopLocker.
func (l *recordedLock) LockStop(stop <-chan struct{}) (lost <-chan struct{}, err error) {
	err = l.layer.one(OpLock, Write{Key: l.key}, func() (uint64, error) {
		lost, err = l.StopLocker.LockStop(stop)
		return 0, err
	})
	return lost, err
}

// Unlock implements Locker.
func (l *recordedLock) Unlock() error {
	return l.layer.one(OpUnlock, Write{Key: l.key}, func() (uint64, error) { return 0, l.StopLocker.Unlock() })
}

// Break implements LockInspector. It records all that the plan of it says will
// go or be freed.
func (r *recorded) Break(ctx context.Context, lock LockInfo, holder Contender) error {
	inspector, ok := As[LockInspector](r.store)
	if !ok {
		return lacking(OpBreak, lock.Key)
	}
	plan, err := inspector.BreakPlan(ctx, lock, holder)
	if err != nil {
		return asOp(OpBreak, err)
	}
	writes, err := r.breakWrites(ctx, plan)
	if err != nil {
		return asOp(OpBreak, err)
	}
	if len(writes) == 0 {
		writes = []Write{{Key: lock.Key}}
	}
	recording, err := r.recorder.Begin(OpBreak, writes)
	if err != nil {
		return unrecorded(OpBreak, lock.Key, err)
	}
	err = inspector.Break(ctx, lock, holder)
	ended := make([]Written, len(writes))
	for i := range ended {
		ended[i].Err = err
	}
	return withEndError(err, recording.End(ended))
}

// breakWrites are what breaking a lock makes of the keys.
func (r *recorded) breakWrites(ctx context.Context, plan BreakPlan) ([]Write, error) {
	deleted := map[string]bool{}
	for _, key := range plan.Deleted {
		deleted[key] = true
	}
	var writes []Write
	_, err := ReadNodes(ctx, r.store, append(plan.Deleted, plan.Freed...), func(n *Node) {
		w := Write{Key: n.Key, Before: n}
		if !deleted[n.Key] {
			free := *n
			free.Owner, free.Index = "", 0
			w.After = &free
		}
		writes = append(writes, w)
	})
	return writes, err
}
