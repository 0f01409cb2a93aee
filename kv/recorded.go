package kv

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Recorder keeps a record of every write before it is sent.
type Recorder interface {
	// Begin records writes that are about to be sent. They are not sent when
	// it returns an error.
	Begin(op Op, writes []Write) (Recording, error)
	// BeginPlan records that many writes follow which belong together, with
	// words that say what for. Undoes is the ID of the plan that they take
	// back, or "".
	BeginPlan(title, undoes string, writes int) (PlanRecording, error)
}

// Recording is a record of writes that are under way.
type Recording interface {
	// End records how each of the writes ended.
	End(ended []Written) error
}

// PlanRecording is the record of a plan that is under way.
type PlanRecording interface {
	Begin(op Op, writes []Write) (Recording, error)
	// Note is Begin, but that the writes may be sent only after the next Sync has
	// returned without an error. Sync may be called beside Note.
	Note(op Op, writes []Write) (Recording, error)
	Sync() error
	// End records that nothing more is tried, and how many were written.
	End(written int) error
}

// Recorded is s with a record of every write: what it replaces and what it
// makes is recorded before it is sent, and then how it ended. A write that
// cannot be recorded is ErrUnrecorded. Reading, and every ability that s has,
// stay; ask for them with As. Close closes s.
//
// To know what is replaced, each write reads it first. Put, Delete and
// DeleteTree are carried out as compare-and-swap, again and again while others
// write, so that their record is exact.
func Recorded(s Store, r Recorder) Store { return &recorded{&readOnly{s}, r} }

// RecorderOf returns what records the writes to a store; nil if nothing does.
func RecorderOf(s Store) Recorder {
	for {
		if r, ok := s.(*recorded); ok {
			return r.recorder
		}
		w, ok := s.(wrapper)
		if !ok {
			return nil
		}
		s = w.inner()
	}
}

// recorded is the layer. What it does not name is a reading, or is refused as
// by a read-only store: no write can go around it.
type recorded struct {
	*readOnly
	recorder Recorder
}

// adds implements adder: what belongs together is recorded as a plan on every
// store.
func (r *recorded) adds(ability any) bool {
	switch ability.(type) {
	case *PlanDeleter, *NodeReader, *NodeWriter:
		return true
	}
	return false
}

// recordTries bounds how often a write is tried that others get ahead of.
const recordTries = 16

// one records a single write and sends it.
func (r *recorded) one(op Op, w Write, send func() (index uint64, err error)) error {
	recording, err := r.recorder.Begin(op, []Write{w})
	if err != nil {
		return unrecorded(op, w.Key, err)
	}
	index, err := send()
	return withEndError(err, recording.End([]Written{{Index: index, Err: err}}))
}

// unrecorded is the error of a write that could not be recorded.
func unrecorded(op Op, key string, err error) error {
	return &Error{Op: op, Key: key, Kind: ErrUnrecorded, Err: err}
}

// withEndError is err, unless there is none and the write's end could not be
// recorded: then the write happened, and is unknown to the record.
func withEndError(err, end error) error {
	if err != nil || end == nil {
		return err
	}
	return fmt.Errorf("it was written, but that could not be recorded: %w", end)
}

// node reads the node of one key; nil when it is not there.
func (r *recorded) node(ctx context.Context, key string) (*Node, error) {
	var node *Node
	denied, err := ReadNodes(ctx, r.store, []string{key}, func(n *Node) { node = n })
	if err == nil && denied > 0 {
		err = ErrDenied
	}
	return node, err
}

// Put implements Store as a compare-and-swap against what it recorded.
func (r *recorded) Put(key string, value []byte, options *WriteOptions) error {
	var err error
	for range recordTries {
		before, readErr := r.node(context.Background(), key)
		if readErr != nil {
			return r.blind(OpPut, key, readErr, func() error { return r.store.Put(key, value, options) })
		}
		_, _, err = r.swap(OpPut, value, Write{Key: key, Before: before}, before.pair(), options)
		if !errors.Is(err, ErrKeyModified) && !(before != nil && errors.Is(err, ErrKeyNotFound)) {
			return asOp(OpPut, err)
		}
	}
	return asOp(OpPut, err)
}

// blind is a write of which nobody may know what it replaces. The record says
// only that it was made.
func (r *recorded) blind(op Op, key string, why error, send func() error) error {
	if !errors.Is(why, ErrDenied) {
		return asOp(op, why)
	}
	return r.one(op, Write{Key: key, Before: &Node{Key: key}, Unread: true}, func() (uint64, error) { return 0, send() })
}

// AtomicPut implements Store.
func (r *recorded) AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	w := Write{Key: key}
	if previous != nil {
		node, err := r.node(context.Background(), key)
		if err != nil && !errors.Is(err, ErrDenied) {
			return false, nil, asOp(OpAtomicPut, err)
		}
		w = replacing(key, node, previous)
	}
	return r.swap(OpAtomicPut, value, w, previous, options)
}

// replacing is a write over node, if that is what previous says; else over as much as previous
// says, which the store will refuse to replace. The value may be missing there.
func replacing(key string, node *Node, previous *KVPair) Write {
	if node != nil && node.Index == previous.LastIndex {
		return Write{Key: node.Key, Before: node}
	}
	w := Write{Key: key, Before: &Node{Key: key, Value: previous.Value, Index: previous.LastIndex}}
	w.Unread = previous.Value == nil
	return w
}

// swap records and sends an AtomicPut.
func (r *recorded) swap(op Op, value []byte, w Write, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	key := w.Key
	ephemeral := options != nil && options.Ephemeral
	after := &Node{Key: r.named(key), Value: value}
	if previous == nil && r.CheckWrite(key, value) == nil { // else the store refuses it
		missing := r.missingAbove(context.Background(), after.Key)
		if ephemeral { // which no undo makes or takes back
			if err := r.makeAbove(op, missing); err != nil {
				return false, nil, err
			}
		} else if len(missing) > 0 {
			index, err := r.createBelow(context.Background(), op, after, missing)
			if err != nil && index == 0 {
				return false, nil, err
			}
			return true, &KVPair{Key: after.Key, Value: value, LastIndex: index}, err
		}
	}
	if w.Before != nil { // what the caller does not set is kept
		kept := *w.Before
		kept.Value, kept.Index = value, 0
		after = &kept
	}
	if ephemeral {
		after.Type = EphemeralNode
	}
	var ok bool
	var pair *KVPair
	w.Key, w.After = after.Key, after
	err := r.one(op, w, func() (uint64, error) {
		var err error
		ok, pair, err = r.store.AtomicPut(key, value, previous, options)
		if err == nil && pair != nil {
			return pair.LastIndex, nil
		}
		return 0, err
	})
	return ok, pair, err
}

// pair is the node as a pair to compare with; nil for nil.
func (n *Node) pair() *KVPair {
	if n == nil {
		return nil
	}
	return &KVPair{Key: n.Key, Value: n.Value, LastIndex: n.Index}
}

// Delete implements Store as a compare-and-swap against what it recorded.
func (r *recorded) Delete(key string) error {
	var err error
	for range recordTries {
		before, readErr := r.node(context.Background(), key)
		switch {
		case readErr != nil:
			return r.blind(OpDelete, key, readErr, func() error { return r.store.Delete(key) })
		case before == nil:
			return &Error{Op: OpDelete, Key: key, Kind: ErrKeyNotFound}
		case before.Type == DirectoryNode: // it has no index to compare
			return r.one(OpDelete, Write{Key: before.Key, Before: before}, func() (uint64, error) { return 0, r.store.Delete(key) })
		}
		_, err = r.compareAndDelete(OpDelete, Write{Key: before.Key, Before: before}, before.pair())
		if !errors.Is(err, ErrKeyModified) {
			return asOp(OpDelete, err)
		}
	}
	return asOp(OpDelete, err)
}

// AtomicDelete implements Store.
func (r *recorded) AtomicDelete(key string, previous *KVPair) (bool, error) {
	if previous == nil {
		return r.store.AtomicDelete(key, nil) // its refusal
	}
	node, err := r.node(context.Background(), key)
	if err != nil && !errors.Is(err, ErrDenied) {
		return false, asOp(OpAtomicDelete, err)
	}
	return r.compareAndDelete(OpAtomicDelete, replacing(key, node, previous), previous)
}

// compareAndDelete records and sends an AtomicDelete.
func (r *recorded) compareAndDelete(op Op, w Write, previous *KVPair) (ok bool, err error) {
	err = r.one(op, w, func() (uint64, error) {
		var err error
		ok, err = r.store.AtomicDelete(w.Key, previous)
		return 0, err
	})
	return ok, err
}

// MakeDirectory implements DirectoryMaker. It is written like any other key, so that the record
// says under which name and at which index the store has it.
func (r *recorded) MakeDirectory(ctx context.Context, key string) error {
	if _, ok := As[DirectoryMaker](r.store); !ok {
		return lacking(OpMkdir, key)
	}
	node := r.directory(key)
	if missing := r.missingAbove(ctx, node.Key); len(missing) > 0 {
		_, err := r.createBelow(ctx, OpMkdir, node, missing)
		return err
	}
	w := Write{Key: node.Key, After: node}
	return r.one(OpMkdir, w, func() (uint64, error) {
		written := Written{Err: errUnwritten}
		err := WriteNodes(ctx, r.store, []Write{w}, func(_ int, e Written) { written = e })
		if written.Err != nil {
			return 0, asOp(OpMkdir, cmp.Or(err, written.Err))
		}
		return written.Index, nil
	})
}

// directory returns the node that an empty directory is.
func (r *recorded) directory(key string) *Node {
	n := &Node{Key: r.named(key), Value: []byte{}}
	switch nature := NatureOf(r.store); {
	case nature.BareFolders:
		n.Type = DirectoryNode
	case !nature.Paths: // a key that ends in a slash
		n.Key = Dir(r.store, key)
	}
	return n
}

// named returns a key as the store returns it, where it does not tell "a" and "a/" apart: by that
// name an undo finds it again.
func (r *recorded) named(key string) string {
	if NatureOf(r.store).Paths {
		return strings.TrimSuffix(Dir(r.store, key), "/")
	}
	return key
}

// missingAbove returns the directories above a key that a store will create with it, the highest
// first. One that may not be read is there.
func (r *recorded) missingAbove(ctx context.Context, key string) (missing []string) {
	if !NatureOf(r.store).Paths {
		return nil
	}
	for {
		if key = strings.TrimSuffix(parentDir(key), "/"); key == "" {
			break
		}
		if node, err := r.node(ctx, key); err != nil || node != nil {
			break
		}
		missing = append(missing, key)
	}
	slices.Reverse(missing)
	return missing
}

// createBelow creates a key with the directories above it that are missing. They are recorded as
// one plan, so that an undo takes all of them back.
func (r *recorded) createBelow(ctx context.Context, op Op, node *Node, missing []string) (index uint64, err error) {
	writes := make([]Write, 0, len(missing)+1)
	for _, key := range missing {
		writes = append(writes, Write{Key: key, After: r.directory(key)})
	}
	writes = append(writes, Write{Key: node.Key, After: node})
	plan, err := BeginWrites(r, "create "+node.Key, "", len(writes))
	if err != nil {
		return 0, asOp(op, err)
	}
	written := Written{Err: errUnwritten}
	err = plan.Write(ctx, writes, func(i int, e Written) {
		if i == len(missing) {
			written = e
		}
	})
	end := errors.Join(err, plan.End(ctx))
	switch {
	case errors.Is(written.Err, errUnwritten) && end != nil:
		return 0, asOp(op, end)
	case written.Err != nil:
		return 0, asOp(op, written.Err)
	}
	return written.Index, withEndError(nil, end)
}

// makeAbove creates missing directories above what is no part of their plan. One that somebody
// else made meanwhile is as good.
func (r *recorded) makeAbove(op Op, missing []string) error {
	if len(missing) == 0 {
		return nil
	}
	last := len(missing) - 1
	_, err := r.createBelow(context.Background(), op, r.directory(missing[last]), missing[:last])
	if errors.Is(err, ErrKeyExists) {
		return nil
	}
	return err
}

// CheckWrite implements WriteChecker: it asks the store behind.
func (r *recorded) CheckWrite(key string, value []byte) error {
	if l, ok := As[WriteChecker](r.store); ok {
		return l.CheckWrite(key, value)
	}
	return nil
}

// NewLock implements Store. What a lock writes ends with it, so that its
// record says only that it was taken; the directories above it stay, and are recorded.
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
	missing := l.layer.missingAbove(context.Background(), l.layer.named(l.key))
	if err := l.layer.makeAbove(OpLock, missing); err != nil {
		return nil, err
	}
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
	writes, err := r.breakWrites(ctx, plan, holder.ID)
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
	if err == nil {
		r.freed(ctx, writes, ended)
	}
	return withEndError(err, recording.End(ended))
}

// freed adds the index of each key that breaking a lock has freed, which only the
// store knows. A key that somebody else has written or locked since has none.
func (r *recorded) freed(ctx context.Context, writes []Write, ended []Written) {
	var keys []string
	places := map[string]int{}
	for i := range writes {
		if writes[i].After != nil {
			keys, places[writes[i].Key] = append(keys, writes[i].Key), i
		}
	}
	if len(keys) == 0 {
		return
	}
	_, _ = ReadNodes(ctx, r.store, keys, func(n *Node) { // without an index it is not undone
		if free := writes[places[n.Key]].After; n.Owner == "" && bytes.Equal(n.Value, free.Value) && n.Flags == free.Flags {
			ended[places[n.Key]].Index = n.Index
		}
	})
}

// breakWrites are what breaking a lock makes of the keys. A key that stays changes
// only where the holder's session is in it.
func (r *recorded) breakWrites(ctx context.Context, plan BreakPlan, holder string) ([]Write, error) {
	deleted := map[string]bool{}
	for _, key := range plan.Deleted {
		deleted[key] = true
	}
	var writes []Write
	_, err := ReadNodes(ctx, r.store, append(plan.Deleted, plan.Freed...), func(n *Node) {
		w := Write{Key: n.Key, Before: n}
		if !deleted[n.Key] {
			if n.Owner != holder || holder == "" {
				return
			}
			free := *n
			free.Owner, free.TTL, free.Left, free.Index = "", 0, 0, 0
			w.After = &free
		}
		writes = append(writes, w)
	})
	return writes, err
}
