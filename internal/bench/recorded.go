package main

import (
	"errors"
	"fmt"
	"time"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
)

// undoTimes is the target of undoing a delete plan, times carrying it out.
const undoTimes = 2.0

// recorded is a store as the program opens it: with a journal.
type recorded struct {
	*bench
	kv.Store
	journal *journal.Journal
}

// openRecorded opens kvist's own store on a server.
func (b *bench) openRecorded(backend kv.Backend, addr string) (*recorded, error) {
	s, err := kv.NewStore(backend, []string{addr}, nil)
	if err != nil {
		return nil, err
	}
	j := journal.New(b.dir, journal.Store{Backend: string(backend), Addresses: []string{addr}}, journal.Options{Size: 4 << 30})
	return &recorded{b, kv.Recorded(s, &journal.Recorder{Journal: j}), j}, nil
}

// Close ends the store and its journal.
func (r *recorded) Close() {
	r.Store.Close()
	_ = r.journal.Close() // everything is on the disk
}

// carryOut makes the plan to delete n keys below a prefix and returns how long
// it takes to carry it out, which is what the dialog waits for.
func (r *recorded) carryOut(prefix string, n int) (time.Duration, error) {
	began := time.Now()
	plan, err := kv.MakePlan(r.ctx, r.Store, prefix)
	if err != nil {
		return 0, err
	}
	planned := time.Since(began)
	began = time.Now()
	report, err := plan.CarryOut(r.ctx, r.Store, nil)
	d := time.Since(began)
	if err != nil {
		return 0, err
	}
	if report.Deleted != n || len(report.Kept) > 0 || len(report.Appeared) > 0 {
		return 0, fmt.Errorf("%d of %d keys were deleted, %d kept, %d appeared", report.Deleted, n, len(report.Kept), len(report.Appeared))
	}
	r.say("planned %s keys in %s, carried out in %s", grouped(n), took(planned), took(d))
	return d, nil
}

// undo takes the last plan, of n keys, back, and returns how long that takes from
// the key u on, without the time in which a person reads the question.
func (r *recorded) undo(n int) (time.Duration, error) {
	began := time.Now()
	entry, err := undo.Last(r.journal, "", nil)
	if err != nil {
		return 0, err
	}
	u := &undo.Undo{Store: r.Store, Journal: r.journal, Entry: entry}
	will, err := u.Preview(r.ctx)
	if err != nil {
		return 0, err
	}
	asked := time.Since(began)
	if will.Restored != n {
		return 0, fmt.Errorf("%d of %d keys are to be put back", will.Restored, n)
	}
	began = time.Now()
	did, err := u.Run(r.ctx)
	d := time.Since(began)
	if err == nil && did.Restored != n {
		err = fmt.Errorf("%d of %d keys were put back", did.Restored, n)
	}
	if len(did.Failed) > 0 {
		err = errors.Join(err, did.Failed[0].Err)
	}
	r.say("the question after %s, put back %s keys in %s", took(asked), grouped(n), took(d))
	return asked + d, err
}

// deleted are the figures of plans that were carried out and undone, and of the
// native client.
type deleted struct {
	carriedOut, undone, native sample
	n                          int
}

// round carries out a plan and undoes it.
func (d *deleted) round(r *recorded, prefix string) error {
	out, err := r.carryOut(prefix, d.n)
	if err != nil {
		return err
	}
	back, err := r.undo(d.n)
	d.carriedOut, d.undone = append(d.carriedOut, out), append(d.undone, back)
	return err
}

// rows returns the rows of a delete plan. name is what the native client did.
func (d *deleted) rows(name string, goal float64) []row {
	ratio := quotient(d.carriedOut.median(), d.native.median())
	back := quotient(d.undone.median(), d.carriedOut.median())
	return []row{
		row{
			what: rowDelete, kvist: took(d.carriedOut.median()) + " for " + grouped(d.n) + " keys",
			reference: took(d.native.median()) + " " + name, ratio: times(ratio), goal: times(goal),
		}.judged(ratio <= goal),
		row{
			what: rowUndo, kvist: took(d.undone.median()) + " for " + grouped(d.n) + " keys",
			reference: took(d.carriedOut.median()) + " carrying it out", ratio: times(back), goal: times(undoTimes),
		}.judged(back <= undoTimes),
	}
}
