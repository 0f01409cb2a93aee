package undo

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"kvist/internal/journal"
	"kvist/kv"
)

// Carried is what was carried out of the rest of a plan.
type Carried struct {
	Written int
	Kept    int // keys that are no longer what the plan says, or were refused
	Hidden  int // keys whose values the journal does not keep
	Left    int // keys that the plan had not recorded, or that were not tried
}

// CarryOn carries out what is left of a plan that was cut off, each key only if it
// is still what the plan says. Its writes are a plan of their own, which undoes what
// the first one does, or else is a part of it when that is undone. dir, which kv.Dir
// returned, is the opened prefix.
//
// Of an undo it is also what was not recorded yet, since the entry that is undone
// says it. progress is called with the number of keys of the plan done with so far.
func CarryOn(ctx context.Context, s kv.Store, j *journal.Journal, plan *journal.Plan, dir string, progress func(int)) (Carried, error) {
	if err := ctx.Err(); err != nil {
		return Carried{Left: plan.Records}, err
	}
	if plan.Undoes != "" {
		e, err := Find(j, plan.Undoes)
		if err == nil {
			return undoRest(ctx, &Undo{Store: s, Journal: j, Entry: e, Dir: dir, Progress: progress, rest: plan})
		}
		if !errors.Is(err, ErrNoEntry) {
			return Carried{}, err
		}
	}
	return carryOn(ctx, s, j, plan, progress)
}

// undoRest finishes an undo: what it has put back already is as it was.
func undoRest(ctx context.Context, u *Undo) (Carried, error) {
	sum, err := u.Preview(ctx)
	if err == nil && !sum.Nothing() {
		sum, err = u.Run(ctx)
	} else {
		sum.Restored, sum.Deleted = 0, 0
	}
	return Carried{
		Written: sum.Restored + sum.Deleted, Kept: len(sum.Conflicts) + len(sum.Failed),
		Hidden: sum.Hidden, Left: sum.Left,
	}, err
}

// rest carries out the records of a plan that was cut off.
type rest struct {
	ctx     context.Context
	store   kv.Store
	journal *journal.Journal
	plan    *journal.Plan
	writes  *kv.Writes // nil until something is written
	batch   []journal.Record
	seen    func(records int) // how many records are done with
	Carried
}

// carryOn carries out what a plan has recorded and not written.
func carryOn(ctx context.Context, s kv.Store, j *journal.Journal, plan *journal.Plan, progress func(int)) (Carried, error) {
	r := &rest{ctx: ctx, store: s, journal: j, plan: plan, seen: progress, Carried: Carried{Left: plan.Records}}
	var failed error
	err := j.Records(plan, func(record journal.Record) bool {
		r.Left--
		failed = r.add(record)
		progress(plan.Records - r.Left - len(r.batch))
		return failed == nil
	})
	if err == nil && failed == nil {
		failed = r.flush()
	}
	if r.writes != nil {
		failed = errors.Join(failed, r.writes.End(ctx)) // it counts too
	}
	return r.Carried, errors.Join(err, failed)
}

// begin begins the plan of the rest, with the first write: of a rest that is empty the
// journal has no entry.
func (r *rest) begin() (err error) {
	if r.writes != nil {
		return nil
	}
	title := strings.TrimPrefix(r.plan.Title, carriesOn)
	if !r.plan.Unsent {
		title = carriesOn + title
	}
	r.writes, err = beginRest(r.store, r.journal, title, r.plan, r.plan.Records-r.plan.Written)
	return err
}

// beginRest begins to write what is left of a plan that was cut off, as a part of it if
// anything of it was written; else it takes the place of the plan, which ends.
func beginRest(s kv.Store, j *journal.Journal, title string, plan *journal.Plan, many int) (*kv.Writes, error) {
	if plan.Unsent {
		w, err := kv.BeginWrites(s, title, plan.Undoes, many)
		return w, errors.Join(err, j.EndPlan(plan))
	}
	plan.Continued = plan.Continues == ""
	return kv.BeginRest(s, title, cmp.Or(plan.Continues, plan.ID), plan.Undoes, many)
}

// add takes a record that was not carried out.
func (r *rest) add(record journal.Record) error {
	switch {
	case record.Outcome == journal.Done, record.Ended.IsZero():
		return nil
	case record.Outcome != journal.Refused: // somebody else wrote there
		r.Kept++
		return nil
	}
	if record.Hidden && record.After != nil {
		r.Hidden++
		return nil
	}
	if r.batch = append(r.batch, record); len(r.batch) < chunk {
		return nil
	}
	return r.flush()
}

// flush writes what is not yet as the plan wants it: it may have been carried on
// with before.
func (r *rest) flush() error {
	if len(r.batch) == 0 {
		return nil
	}
	now, err := nodesNow(r.ctx, r.store, r.batch)
	if err != nil {
		return err
	}
	var writes []kv.Write
	for i := range r.batch {
		switch record := &r.batch[i]; {
		case now[record.Key].SameAs(record.After):
		case !same(record, now[record.Key]):
			r.Kept++
		default:
			writes = append(writes, kv.Write{Key: record.Key, Before: record.Before, After: record.After, Other: record.Other})
		}
	}
	r.batch = r.batch[:0]
	if len(writes) == 0 {
		return nil
	}
	if err := r.begin(); err != nil {
		return err
	}
	done := r.plan.Records - r.Left - len(writes)
	return r.writes.Write(r.ctx, writes, func(_ int, w kv.Written) {
		done++
		r.seen(done)
		if w.Err == nil {
			r.Written++
		} else {
			r.Kept++
		}
	})
}
