package undo

import (
	"context"
	"errors"
	"io"

	"kvist/internal/journal"
	"kvist/kv"
)

// Answer is what the store shows of an entry to which it had never answered.
type Answer struct {
	Entry journal.Entry
	// Written, Unwritten and Unknown count its writes: those that were carried out,
	// those that were not, and those over which somebody else wrote since.
	Written, Unwritten, Unknown int
}

// Answered returns the entry that find finds. If the server never answered a write of
// it, the store is read, and what became of it is recorded in the journal and passed to
// told. find is called again then: what was not carried out is no entry to undo.
func Answered(ctx context.Context, s kv.Store, j *journal.Journal, find func() (journal.Entry, error), told func(Answer)) (journal.Entry, error) {
	asked := ""
	for {
		e, err := find()
		if err != nil || e.ID == asked {
			return e, err
		}
		if e.Plan != nil && e.Plan.CutOff() {
			done, _, err := ResolvePlan(ctx, s, j, e.Plan)
			if done > 0 || err != nil && !errors.Is(err, kv.ErrDenied) {
				return e, err
			}
			asked = e.ID // of a plan that never began the next one is found
			continue
		}
		open, err := openIn(j, &e)
		if err != nil || !open {
			return e, err
		}
		a, err := ask(ctx, s, j, e)
		if errors.Is(err, kv.ErrDenied) {
			return e, nil // it says so when it is undone
		}
		if err != nil {
			return e, err
		}
		told(a)
		asked = e.ID
	}
}

// openIn reports whether the server never answered a write of the entry.
func openIn(j *journal.Journal, e *journal.Entry) (bool, error) {
	if e.Plan == nil {
		return unanswered(&e.Record) && (e.Before != nil || e.After != nil), nil
	}
	if e.Plan.Written >= e.Plan.Records || e.Ended.IsZero() {
		return false, nil
	}
	open := false
	err := j.Records(e.Plan, func(r journal.Record) bool {
		open = unanswered(&r)
		return !open
	})
	if errors.Is(err, journal.ErrNoPlan) { // its beginning was pruned
		return false, nil
	}
	return open, err
}

// ask reads the store to find out what became of an entry, and records it.
func ask(ctx context.Context, s kv.Store, j *journal.Journal, e journal.Entry) (Answer, error) {
	a := Answer{Entry: e}
	if e.Plan == nil {
		ends, err := Resolve(ctx, s, j, []journal.Record{e.Record})
		a.count(ends)
		return a, err
	}
	var batch []journal.Record
	flush := func() error {
		ends, err := Resolve(ctx, s, j, batch)
		a.count(ends)
		batch = batch[:0]
		return err
	}
	var failed error
	known := 0 // Plan.Written may count some of those that are asked about now
	err := j.Records(e.Plan, func(r journal.Record) bool {
		if r.Outcome == journal.Done {
			known++
		}
		if unanswered(&r) {
			batch = append(batch, r)
		}
		if len(batch) == chunk {
			failed = flush()
		}
		return failed == nil
	})
	if err == nil && failed == nil {
		failed = flush()
	}
	if err = errors.Join(err, failed); err != nil {
		return a, err
	}
	plan := *e.Plan
	plan.Written = known + a.Written
	return a, j.EndPlan(&plan)
}

func (a *Answer) count(ends []journal.End) {
	for _, e := range ends {
		switch e.Outcome {
		case journal.Done:
			a.Written++
		case journal.Refused:
			a.Unwritten++
		case journal.Unknown, journal.Conflict:
			a.Unknown++
		}
	}
}

// recentEntries is how many entries AskRecent looks at.
const recentEntries = 200

// AskRecent reads the store to find out what became of the newest writes of this
// program to which the server never answered, and records it.
func AskRecent(ctx context.Context, s kv.Store, j *journal.Journal) ([]Answer, error) {
	r, err := j.Read()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var answers []Answer
	for range recentEntries {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return answers, err
		}
		if !j.Owns(e.ID) {
			continue
		}
		switch open, err := openIn(j, &e); {
		case err != nil:
			return answers, err
		case !open:
			continue
		}
		a, err := ask(ctx, s, j, e)
		if err != nil {
			return answers, err
		}
		answers = append(answers, a)
	}
	return answers, nil
}
