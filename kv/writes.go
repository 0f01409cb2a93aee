package kv

import (
	"context"
	"errors"
	"slices"
)

// Writes are guarded writes that belong together: on a store with a record
// they are one plan in it, and undone together. BeginWrites makes one. It is
// for one goroutine.
type Writes struct {
	store     Store         // without the record
	recording PlanRecording // nil for a store without one
	written   int
	late      []lateWrite
	ending    bool
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
	r, ok := s.(*recorded)
	if !ok {
		return &Writes{store: s}, nil
	}
	recording, err := r.recorder.BeginPlan(title, undoes, many)
	if err != nil {
		return nil, unrecorded(OpWriteNodes, title, err)
	}
	return &Writes{store: r.store, recording: recording}, nil
}

// Write carries out the next writes. It is NodeWriter's WriteNodes, but that
// all of them are recorded before the first is sent, and that a deletion of
// what has other keys below it is tried again at the end.
func (w *Writes) Write(ctx context.Context, writes []Write, done func(i int, w Written)) error {
	ended := unwritten(len(writes))
	recordings, err := w.record(writes)
	if err != nil {
		return errors.Join(unrecorded(OpWriteNodes, writes[0].Key, err), endAll(recordings, ended))
	}
	err = WriteNodes(ctx, w.store, writes, func(i int, e Written) {
		ended[i] = e
		if e.Err == nil {
			w.written++
		}
		if errors.Is(e.Err, ErrHasChildren) && !w.ending {
			w.late = append(w.late, lateWrite{writes[i], func(e Written) { done(i, e) }})
			return
		}
		done(i, e)
	})
	return withEndError(err, endAll(recordings, ended))
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
// of the writes follow.
func (w *Writes) End(ctx context.Context) error {
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
	if w.recording == nil {
		return err
	}
	return errors.Join(err, w.recording.End(w.written))
}
