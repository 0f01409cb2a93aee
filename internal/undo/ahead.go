package undo

import (
	"context"
	"errors"
	"slices"
	"sync"

	"kvist/internal/journal"
	"kvist/kv"
)

// ahead carries out the writes of a plan, lot by lot. While one is sent, the next
// one is recorded, and what is there of the one after it is read: a server answers a
// reading only after the writes before it.
type ahead struct {
	undo *Undo
	plan *kv.Writes

	mu       sync.Mutex // of sum
	sum      *Summary
	underWay []*ownLot // at most lotsAtOnce
}

// lotsAtOnce is how many lots are recorded or sent at a time.
const lotsAtOnce = 2

// ownLot is a lot that is recorded or sent.
type ownLot struct {
	keys            map[string]struct{}
	recorded, ended chan struct{} // closed then
	failed          bool          // once ended, if this one or one before failed
	err             error         // of this one
}

// write begins to record and to carry out steps, after the lots before.
func (a *ahead) write(ctx context.Context, steps []Step) error {
	err := a.undo.lose(ctx, steps)
	a.mu.Lock()
	writes, of := a.sum.toWrite(steps)
	a.mu.Unlock()
	if err != nil || len(writes) == 0 {
		return err
	}
	l := &ownLot{keys: make(map[string]struct{}, len(writes)), recorded: make(chan struct{}), ended: make(chan struct{})}
	for i := range writes {
		l.keys[writes[i].Key] = struct{}{}
	}
	if len(a.underWay) == lotsAtOnce {
		first := a.underWay[0]
		a.underWay = a.underWay[1:]
		<-first.ended
		if first.failed {
			return first.err
		}
	}
	var before *ownLot
	if n := len(a.underWay); n > 0 {
		before = a.underWay[n-1]
	}
	a.underWay = append(a.underWay, l)
	go a.carryOut(ctx, l, before, writes, func(i int, w kv.Written) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.sum.ended(of[i], w)
		a.undo.bound.ended(of[i], w)
		if a.undo.Progress != nil {
			a.undo.Progress(a.sum.done())
		}
	})
	return nil
}

// carryOut records a lot and sends it, each after the lot before, which may be nil.
func (a *ahead) carryOut(ctx context.Context, l, before *ownLot, writes []kv.Write, done func(int, kv.Written)) {
	defer close(l.ended)
	l.failed, l.err = true, errors.New("a bug in the store ended it")
	if before != nil {
		<-before.recorded
	}
	lot, err := a.plan.Record(writes)
	close(l.recorded)
	if before != nil {
		<-before.ended
	}
	switch {
	case err != nil:
	case before != nil && before.failed:
		l.err = lot.Leave()
		return
	default:
		err = lot.Send(ctx, done)
	}
	l.failed, l.err = err != nil, err
}

// wait waits for the lots under way.
func (a *ahead) wait() error {
	var errs []error
	for _, l := range a.underWay {
		<-l.ended
		errs = append(errs, l.err)
	}
	a.underWay = nil
	return errors.Join(errs...)
}

// settle waits for the lots under way if they write one of the records' keys.
func (a *ahead) settle(records []journal.Record) error {
	for i := range records {
		if slices.ContainsFunc(a.underWay, func(l *ownLot) bool { _, ok := l.keys[records[i].Key]; return ok }) {
			return a.wait()
		}
	}
	return nil
}
