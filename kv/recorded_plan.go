package kv

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
)

// recordChunk is how many writes of a plan are recorded at once.
const recordChunk = 5000

// DeletePlanned implements PlanDeleter: all keys of the plan are recorded, as
// they are when it begins, before the first of them is deleted. If it is cut off,
// nothing is recorded of how it ended: nobody can know that before the store is read.
func (r *recorded) DeletePlanned(ctx context.Context, plan *Plan, progress func(int)) (Report, error) {
	none := Report{Left: len(plan.Keys)}
	recording, err := r.recorder.BeginPlan("delete "+cmp.Or(plan.Title, plan.Prefix), "", len(plan.Keys))
	if err != nil {
		return none, unrecorded(OpDeletePlanned, plan.Prefix, err)
	}
	synced := inBackground(recording.Sync)
	chunks, err := r.recordDeletions(ctx, recording, plan, synced)
	err = errors.Join(err, synced.end())
	if err != nil && cutsOff(ctx, r.store, err) {
		return none, err
	}
	if err != nil {
		ended := unwritten(len(plan.Keys))
		return none, errors.Join(unrecorded(OpDeletePlanned, plan.Prefix, err), endAll(chunks, ended), recording.End(0))
	}
	report, err := plan.CarryOut(ctx, r.store, progress)
	if !report.whole() && cutsOff(ctx, r.store, err) {
		return report, err
	}
	end := errors.Join(endAll(chunks, r.deleted(ctx, plan, report)), recording.End(report.Deleted))
	return report, withEndError(err, end)
}

// readPlan implements planReader: what is read along is kept for the record.
func (r *recorded) readPlan(ctx context.Context, plan *Plan) error {
	plan.read.most = planNodesMost
	return r.readOnly.readPlan(ctx, plan)
}

// recordDeletions records that keys will be deleted, chunk by chunk. The next chunk is
// read while one is recorded, and the one before is brought to the disk.
func (r *recorded) recordDeletions(ctx context.Context, recording PlanRecording, plan *Plan, synced *background) (chunks []Recording, err error) {
	ctx, cancel := context.WithCancel(ctx)
	type lot struct {
		writes []Write
		err    error
	}
	lots := make(chan lot)
	parts := slices.Collect(slices.Chunk(plan.Keys, recordChunk))
	read := &plan.read
	if len(read.nodes) > 0 && !read.stands(ctx) {
		read = &planNodes{}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		defer close(lots)
		for _, part := range parts {
			var l lot
			l.err = recovered(func() (err error) {
				l.writes, err = r.deletions(ctx, part, read)
				return err
			})
			select {
			case lots <- l:
			case <-ctx.Done():
				return
			}
		}
	})
	for l := range lots {
		if l.err != nil {
			return chunks, l.err
		}
		chunk, err := recording.Note(OpDeletePlanned, l.writes)
		if err != nil {
			return chunks, err
		}
		chunks = append(chunks, chunk)
		synced.again()
	}
	return chunks, ctx.Err()
}

// background does the same thing again and again, beside what its owner does.
type background struct {
	do   func() error
	due  chan struct{}
	done chan []error
}

func inBackground(do func() error) *background {
	b := &background{do, make(chan struct{}, 1), make(chan []error, 1)}
	go func() {
		var all []error
		for range b.due {
			all = append(all, recovered(do))
		}
		b.done <- all
	}()
	return b
}

// again has it done once more, after the one that is under way.
func (b *background) again() {
	select {
	case b.due <- struct{}{}:
	default: // it is due already
	}
}

// end has it done a last time and returns what failed of all.
func (b *background) end() error {
	b.again()
	close(b.due)
	return errors.Join(<-b.done...)
}

// unwritten are the ends of n writes that were not sent.
func unwritten(n int) []Written {
	ended := make([]Written, n)
	for i := range ended {
		ended[i].Err = errUnwritten
	}
	return ended
}

// errUnwritten is the end of a write that was recorded and never sent.
var errUnwritten = errors.New("it was not sent")

// deletions are the writes that delete the keys, as they are now. What cannot
// be read, or is no longer as it was planned, will not be deleted: of it only
// the index is recorded.
func (r *recorded) deletions(ctx context.Context, keys []PlannedKey, read *planNodes) ([]Write, error) {
	nodes := make(map[string]*Node, len(keys))
	see := func(n *Node) { nodes[n.Key] = n }
	if names := read.of(keys, see); len(names) > 0 {
		if _, err := ReadNodes(ctx, r.store, names, see); err != nil {
			return nil, err
		}
	}
	writes := make([]Write, len(keys))
	for i, k := range keys {
		node := nodes[k.Key]
		unread := node == nil || node.Index != k.Index
		if unread {
			node = &Node{Key: k.Key, Index: k.Index}
		}
		writes[i] = Write{Key: k.Key, Before: node, Unread: unread}
	}
	return writes, nil
}

// deleted returns how the deletion of each planned key ended. A report does
// not name the keys that were not tried: they are those that are still there
// as they were or, if contact is lost, all that it does not name and that are not
// known to be gone.
func (r *recorded) deleted(ctx context.Context, plan *Plan, report Report) []Written {
	ended := make([]Written, len(plan.Keys))
	kept := make(map[string]error, len(report.Kept))
	for _, k := range report.Kept {
		kept[k.Key] = k.Err
	}
	there := map[string]uint64{}
	var gone map[string]bool // if it is known of all that were deleted
	if report.Left > 0 {
		if err := r.indexes(context.WithoutCancel(ctx), plan, there); err != nil {
			there, gone = nil, plan.allGone(report.Deleted)
		}
	}
	for i, k := range plan.Keys {
		switch index, still := there[k.Key]; {
		case kept[k.Key] != nil:
			ended[i].Err = kept[k.Key]
		case gone[k.Key]:
		case gone != nil:
			ended[i].Err = errUnwritten
		case report.Left > 0 && there == nil:
			ended[i].Err = ErrOutcomeUnknown
		case still && index == k.Index:
			ended[i].Err = errUnwritten
		}
	}
	return ended
}

// allGone returns the keys that the plan's run has deleted, or nil if it does not know
// all of that many.
func (p *Plan) allGone(deleted int) map[string]bool {
	gone := make(map[string]bool, deleted)
	for _, part := range append(slices.Clip(p.parts), p) {
		for _, key := range part.gone {
			gone[key] = true
		}
	}
	if len(gone) != deleted {
		return nil
	}
	return gone
}

// indexes notes the index of each key that a plan may have deleted, and perhaps of
// others.
func (r *recorded) indexes(ctx context.Context, plan *Plan, into map[string]uint64) error {
	if plan.alone {
		for chunk := range slices.Chunk(plan.Keys, recordChunk) {
			keys := make([]string, len(chunk))
			for i, k := range chunk {
				keys[i] = k.Key
			}
			if _, err := ReadNodes(ctx, r.store, keys, func(n *Node) { into[n.Key] = n.Index }); err != nil {
				return err
			}
		}
		return nil
	}
	if plan.parts != nil {
		var errs []error
		for _, part := range plan.parts {
			errs = append(errs, r.indexes(ctx, part, into))
		}
		return errors.Join(errs...)
	}
	prefix := plan.Prefix
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

// WriteNodes implements NodeWriter: several writes are recorded as a plan, all
// of them before the first is sent.
func (r *recorded) WriteNodes(ctx context.Context, writes []Write, done func(int, Written)) error {
	if len(writes) == 1 {
		return r.writeOne(ctx, writes, done)
	}
	plan, err := BeginWrites(r, "write", "", len(writes))
	if err != nil {
		return err
	}
	err = plan.Write(ctx, writes, done)
	return withEndError(err, plan.End(ctx))
}

// writeOne records a single write as such.
func (r *recorded) writeOne(ctx context.Context, writes []Write, done func(int, Written)) error {
	recording, err := r.recorder.Begin(OpWriteNodes, writes)
	if err != nil {
		return unrecorded(OpWriteNodes, writes[0].Key, err)
	}
	ended := unwritten(1)
	err = WriteNodes(ctx, r.store, writes, func(_ int, w Written) { ended[0] = w })
	end := recording.End(ended)
	if err == nil {
		done(0, ended[0])
	}
	return withEndError(err, end)
}

// Unkept implements NodeWriter.
func (r *recorded) Unkept(ctx context.Context, nodes []*Node) ([][]string, error) {
	return Unkept(ctx, r.store, nodes)
}

// CheckNodes implements NodeChecker: nothing is written, so that there is no
// record.
func (r *recorded) CheckNodes(ctx context.Context, nodes []*Node) ([]error, error) {
	return CheckNodes(ctx, r.store, nodes)
}

// Writes are guarded writes that belong together: on a store with a record
// they are one plan in it, and undone together. BeginWrites makes one. Its
// methods are for one goroutine, but that Record may be called beside Send.
type Writes struct {
	store     Store         // without the record
	recording PlanRecording // nil for a store without one
	many      int           // that were announced
	tried     int
	written   int
	late      []lateWrite
	ending    bool
	cut       bool // it was cut off, so that it has no end in the record
}

// lateWrite is the deletion of a key that had others below it: they may belong
// to the same plan, and go later.
type lateWrite struct {
	Write
	done func(Written)
}

// BeginWrites begins writes to s. title says in words what they do; undoes is
// the ID of the plan in the record that they take back, or ""; many is how
// many they will be.
func BeginWrites(s Store, title, undoes string, many int) (*Writes, error) {
	return beginWrites(s, title, many, func(r Recorder) (PlanRecording, error) { return r.BeginPlan(title, undoes, many) })
}

// Renewer is a Recorder that keeps what a plan was made of, so that it can be made
// again if it is cut off.
type Renewer interface {
	BeginRenewable(title, of, request string, writes int) (PlanRecording, error)
}

// BeginRenewable is BeginWrites for a plan that can be made again from a request,
// which the record keeps if it can. of is the ID of a plan in the record that was cut off and
// that this one carries on with, or "".
func BeginRenewable(s Store, title, of, request string, many int) (*Writes, error) {
	return beginWrites(s, title, many, func(r Recorder) (PlanRecording, error) {
		if renewer, ok := r.(Renewer); ok && request != "" {
			return renewer.BeginRenewable(title, of, request, many)
		}
		return r.BeginPlan(title, "", many)
	})
}

// Continuer is a Recorder that keeps which plan another one carries on with.
type Continuer interface {
	BeginRest(title, of, undoes string, writes int) (PlanRecording, error)
}

// BeginRest is BeginWrites for what is left of a plan that was cut off; of is its ID in
// the record.
func BeginRest(s Store, title, of, undoes string, many int) (*Writes, error) {
	return beginWrites(s, title, many, func(r Recorder) (PlanRecording, error) {
		if c, ok := r.(Continuer); ok {
			return c.BeginRest(title, of, undoes, many)
		}
		return r.BeginPlan(title, undoes, many)
	})
}

// beginWrites begins writes with a record, if s keeps one.
func beginWrites(s Store, title string, many int, begin func(Recorder) (PlanRecording, error)) (*Writes, error) {
	r, ok := s.(*recorded)
	if !ok {
		return &Writes{store: s}, nil
	}
	recording, err := begin(r.recorder)
	if err != nil {
		return nil, unrecorded(OpWriteNodes, title, err)
	}
	return &Writes{store: r.store, recording: recording, many: many}, nil
}

// Write carries out the next writes. It is NodeWriter's WriteNodes, but that
// all of them are recorded before the first is sent, and that a deletion of
// what has other keys below it is tried again at the end.
func (w *Writes) Write(ctx context.Context, writes []Write, done func(i int, w Written)) error {
	lot, err := w.Record(writes)
	if err != nil {
		return err
	}
	return lot.Send(ctx, done)
}

// Lot is some of the writes, which are recorded. It must be sent or left.
type Lot struct {
	of         *Writes
	writes     []Write
	recordings []Recording
}

// Record records the next writes. It may be called while another Lot is sent.
func (w *Writes) Record(writes []Write) (*Lot, error) {
	recordings, err := w.record(writes)
	l := &Lot{w, writes, recordings}
	if err != nil {
		return nil, errors.Join(unrecorded(OpWriteNodes, writes[0].Key, err), l.Leave())
	}
	return l, nil
}

// Leave records that nothing of the lot was sent.
func (l *Lot) Leave() error { return endAll(l.recordings, unwritten(len(l.writes))) }

// Send carries out the writes of the lot, like Write. Only one lot may be sent at a
// time. If it is cut off, nothing is recorded of how its writes ended.
func (l *Lot) Send(ctx context.Context, done func(i int, w Written)) error {
	w, ended := l.of, unwritten(len(l.writes))
	err := WriteNodes(ctx, w.store, l.writes, func(i int, e Written) {
		ended[i] = e
		w.tried++
		if e.Err == nil {
			w.written++
		}
		if errors.Is(e.Err, ErrHasChildren) && !w.ending {
			w.late = append(w.late, lateWrite{l.writes[i], func(e Written) { done(i, e) }})
			return
		}
		done(i, e)
	})
	open := slices.ContainsFunc(ended, func(e Written) bool { return isOpen(e.Err) })
	if open && w.recording != nil && cutsOff(ctx, w.store, err) {
		w.cut = true
		return err
	}
	return withEndError(err, endAll(l.recordings, ended))
}

// record records writes by chunks.
func (w *Writes) record(writes []Write) (chunks []Recording, err error) {
	if w.recording == nil {
		return nil, nil
	}
	for chunk := range slices.Chunk(writes, recordChunk) {
		recording, err := w.recording.Begin(OpWriteNodes, chunk)
		if err != nil {
			return chunks, err
		}
		chunks = append(chunks, recording)
	}
	return chunks, nil
}

// endAll records how the writes of chunks ended.
func endAll(chunks []Recording, ended []Written) error {
	var errs []error
	for i, chunk := range chunks {
		from := i * recordChunk
		errs = append(errs, chunk.End(ended[from:min(from+recordChunk, len(ended))]))
	}
	return errors.Join(errs...)
}

// End tries again what had to wait, the deepest first, and records that no more
// of the writes follow, unless they were cut off.
func (w *Writes) End(ctx context.Context) error {
	if w.isCut(ctx) {
		return nil
	}
	w.ending = true
	slices.Reverse(w.late)
	writes := make([]Write, len(w.late))
	for i := range w.late {
		writes[i] = w.late[i].Write
	}
	var err error
	if len(writes) > 0 {
		err = w.Write(ctx, writes, func(i int, e Written) { w.late[i].done(e) })
	}
	if w.recording == nil || w.cut {
		return err
	}
	return errors.Join(err, w.recording.End(w.written))
}

// isCut reports whether the writes were cut off before all of them were tried.
func (w *Writes) isCut(ctx context.Context) bool {
	rest := len(w.late) > 0 || w.tried < w.many
	return w.cut || w.recording != nil && rest && cutsOff(ctx, w.store, nil)
}
