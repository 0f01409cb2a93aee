package kv

import (
	"context"
	"errors"
	"slices"
)

// recordChunk is how many writes of a plan are recorded at once.
const recordChunk = 5000

// planned is the record of a plan's writes: chunk after chunk, recorded before
// any of them is sent.
type planned struct {
	recording PlanRecording
	op        Op
	chunks    []Recording
	sizes     []int
}

// add records the next writes.
func (p *planned) add(writes []Write) error {
	recording, err := p.recording.Begin(p.op, writes)
	if err != nil {
		return err
	}
	p.chunks, p.sizes = append(p.chunks, recording), append(p.sizes, len(writes))
	return nil
}

// end records how all of them ended.
func (p *planned) end(ended []Written) error {
	var errs []error
	written, at := 0, 0
	for i, chunk := range p.chunks {
		errs = append(errs, chunk.End(ended[at:at+p.sizes[i]]))
		at += p.sizes[i]
	}
	for _, w := range ended {
		if w.Err == nil {
			written++
		}
	}
	return errors.Join(append(errs, p.recording.End(written))...)
}

// DeletePlanned implements PlanDeleter: all keys of the plan are recorded, as
// they are when it begins, before the first of them is deleted.
func (r *recorded) DeletePlanned(ctx context.Context, plan *Plan, progress func(int)) (Report, error) {
	recording, err := r.recorder.BeginPlan("delete "+plan.Prefix, "", len(plan.Keys))
	if err != nil {
		return Report{Left: len(plan.Keys)}, unrecorded(OpDeletePlanned, plan.Prefix, err)
	}
	p := planned{recording: recording, op: OpDeletePlanned}
	for keys := range slices.Chunk(plan.Keys, recordChunk) {
		writes, err := r.deletions(ctx, keys)
		if err == nil {
			err = p.add(writes)
		}
		if err != nil {
			return Report{Left: len(plan.Keys)}, errors.Join(unrecorded(OpDeletePlanned, plan.Prefix, err), p.abandon())
		}
	}
	report, err := plan.CarryOut(ctx, r.store, progress)
	return report, withEndError(err, p.end(r.deleted(ctx, plan, report)))
}

// abandon records that nothing of the plan was sent.
func (p *planned) abandon() error {
	n := 0
	for _, size := range p.sizes {
		n += size
	}
	ended := make([]Written, n)
	for i := range ended {
		ended[i].Err = errUnwritten
	}
	return p.end(ended)
}

// errUnwritten is the end of a write that was recorded and never sent.
var errUnwritten = errors.New("it was not sent")

// deletions are the writes that delete the keys, as they are now. What cannot
// be read, or is no longer as it was planned, will not be deleted: of it only
// the index is recorded.
func (r *recorded) deletions(ctx context.Context, keys []PlannedKey) ([]Write, error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Key
	}
	nodes := make(map[string]*Node, len(keys))
	if _, err := ReadNodes(ctx, r.store, names, func(n *Node) { nodes[n.Key] = n }); err != nil {
		return nil, err
	}
	writes := make([]Write, len(keys))
	for i, k := range keys {
		node := nodes[k.Key]
		if node == nil || node.Index != k.Index {
			node = &Node{Key: k.Key, Index: k.Index}
		}
		writes[i] = Write{Key: k.Key, Before: node}
	}
	return writes, nil
}

// deleted returns how the deletion of each planned key ended. A report does
// not name the keys that were not tried: they are those that are still there
// as they were.
func (r *recorded) deleted(ctx context.Context, plan *Plan, report Report) []Written {
	ended := make([]Written, len(plan.Keys))
	kept := make(map[string]error, len(report.Kept))
	for _, k := range report.Kept {
		kept[k.Key] = k.Err
	}
	there := map[string]uint64{}
	if report.Left > 0 {
		if err := r.indexes(context.WithoutCancel(ctx), plan.Prefix, there); err != nil {
			there = nil
		}
	}
	for i, k := range plan.Keys {
		switch index, still := there[k.Key]; {
		case kept[k.Key] != nil:
			ended[i].Err = kept[k.Key]
		case report.Left > 0 && there == nil:
			ended[i].Err = ErrOutcomeUnknown
		case still && index == k.Index:
			ended[i].Err = errUnwritten
		}
	}
	return ended
}

// indexes notes the index of each key below prefix, and of the key itself.
func (r *recorded) indexes(ctx context.Context, prefix string, into map[string]uint64) error {
	if pair, err := r.store.Get(prefix); err == nil {
		into[pair.Key] = pair.LastIndex
	}
	unseen, err := ListKeys(ctx, r.store, prefix, ListOptions{}, func(e Entry) error {
		into[e.Key] = e.Index
		return nil
	})
	return errors.Join(unseen, err)
}

// DeleteTree implements Store by plans, until nothing is left.
func (r *recorded) DeleteTree(prefix string) error {
	ctx := context.Background()
	deleted := false
	for range recordTries {
		plan, err := MakePlan(ctx, r.store, prefix)
		switch {
		case errors.Is(err, ErrKeyNotFound) && deleted:
			return nil
		case err != nil:
			return asOp(OpDeleteTree, err)
		}
		report, err := r.DeletePlanned(ctx, plan, nil)
		if err != nil {
			return asOp(OpDeleteTree, err)
		}
		deleted = deleted || report.Deleted > 0
		for _, k := range report.Kept {
			if !isAnyOf(k.Err, ErrKeyModified, ErrKeyNotFound, ErrHasChildren) {
				return asOp(OpDeleteTree, k.Err)
			}
		}
	}
	return &Error{Op: OpDeleteTree, Key: prefix, Kind: ErrKeyModified, Err: errors.New("others keep writing to it")}
}

// WriteNodes implements NodeWriter: all writes are recorded before the first
// of them is sent.
func (r *recorded) WriteNodes(ctx context.Context, writes []Write, done func(int, Written)) error {
	return r.WritePlan(ctx, "write", "", writes, done)
}

// Unkept implements NodeWriter.
func (r *recorded) Unkept(ctx context.Context, nodes []*Node) ([][]string, error) {
	return Unkept(ctx, r.store, nodes)
}

// WritePlan is WriteNodes with words that say what for; undoes is the ID of
// the plan that is taken back, or "".
func (r *recorded) WritePlan(ctx context.Context, title, undoes string, writes []Write, done func(int, Written)) error {
	recording, err := r.recorder.BeginPlan(title, undoes, len(writes))
	if err != nil {
		return unrecorded(OpWriteNodes, title, err)
	}
	p := planned{recording: recording, op: OpWriteNodes}
	for chunk := range slices.Chunk(writes, recordChunk) {
		if err := p.add(chunk); err != nil {
			return errors.Join(unrecorded(OpWriteNodes, title, err), p.abandon())
		}
	}
	ended := make([]Written, len(writes))
	for i := range ended {
		ended[i].Err = errUnwritten
	}
	err = WriteNodes(ctx, r.store, writes, func(i int, w Written) {
		ended[i] = w
		done(i, w)
	})
	return withEndError(err, p.end(ended))
}
