package undo

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"kvist/internal/journal"
	"kvist/kv"
)

// errGone is the end of a record of which the store no longer shows how its
// write ended, since somebody else wrote after it.
var errGone = errors.New("the program ended before the answer came, and the key was written since")

// errGoneSince is errGone of a write to which the server never answered.
var errGoneSince = errors.New("the server never answered, and the key was written since")

// errUnsent is the end of a record whose write cannot have been sent.
var errUnsent = errors.New("the program ended before it was sent")

// errNotCarriedOut is errUnsent of a write that was sent.
var errNotCarriedOut = errors.New("the server never answered, and the key is as it was before")

// Resolve reads the store to find out how the records of a program that was
// killed ended, and records that. A plan's records are those of which nobody
// knows the end; the others are left out.
func Resolve(ctx context.Context, s kv.Store, j *journal.Journal, records []journal.Record) ([]journal.End, error) {
	if len(records) == 0 {
		return nil, nil
	}
	now, err := nodesNow(ctx, s, records)
	if err != nil {
		return nil, err
	}
	ends := make([]journal.End, len(records))
	for i := range records {
		ends[i] = endOf(&records[i], now[records[i].Key])
	}
	return ends, j.End(records, ends)
}

// endOf returns how a write must have ended, by what is there now.
func endOf(r *journal.Record, now *kv.Node) journal.End {
	gone, untouched := errGone, errUnsent
	if unanswered(r) {
		gone, untouched = errGoneSince, errNotCarriedOut
	}
	switch {
	case r.Before == nil && r.After == nil:
		return journal.End{Error: gone.Error()}
	case same(r, now):
		return journal.End{Outcome: journal.Refused, Error: untouched.Error()}
	case now == nil && r.After == nil:
		return journal.End{Outcome: journal.Done}
	case now != nil && r.After != nil && holds(r, now):
		return journal.End{Outcome: journal.Done, Index: now.Index}
	}
	return journal.End{Error: gone.Error()}
}

// holds reports whether a key has the value that the record wrote.
func holds(r *journal.Record, now *kv.Node) bool {
	if r.Hidden {
		return r.AfterSum == journal.Sum(now.Value)
	}
	return bytes.Equal(now.Value, r.After.Value)
}

// same reports whether the key is still what it was before the write.
func same(r *journal.Record, now *kv.Node) bool {
	if r.Before == nil || now == nil {
		return r.Before == nil && now == nil
	}
	return r.Before.Index == now.Index && (r.Hidden || bytes.Equal(r.Before.Value, now.Value))
}

// ResolvePlan is Resolve for a plan that was cut off. It returns how many of
// the plan's writes were carried out, and how many were not.
func ResolvePlan(ctx context.Context, s kv.Store, j *journal.Journal, plan *journal.Plan) (done, open int, err error) {
	plan.Hidden = 0
	var batch []journal.Record
	flush := func() error {
		ends, err := Resolve(ctx, s, j, batch)
		for i, e := range ends {
			if e.Outcome == journal.Done {
				done++
				plan.Hidden += hiddenOf(&batch[i])
			} else {
				open++
			}
		}
		batch = batch[:0]
		return err
	}
	var failed error
	err = j.Records(plan, func(r journal.Record) bool {
		if !r.Ended.IsZero() {
			if r.Outcome == journal.Done {
				done++
				plan.Hidden += hiddenOf(&r)
			}
			return true
		}
		batch = append(batch, r)
		if len(batch) == chunk {
			failed = flush()
		}
		return failed == nil
	})
	if err == nil && failed == nil && len(batch) > 0 {
		failed = flush()
	}
	plan.Written = done
	return done, open, errors.Join(err, failed)
}

// hiddenOf counts a record whose value cannot be put back, since it was not kept. What a
// move took away may still be where it went.
func hiddenOf(r *journal.Record) int {
	if r.Hidden && r.Before != nil && r.Other == "" {
		return 1
	}
	return 0
}

// unanswered reports whether contact was lost after the write was sent: it may have been
// carried out, by a program that went on.
func unanswered(r *journal.Record) bool {
	return r.Outcome == journal.Unknown && r.Error == kv.ErrOutcomeUnknown.Error()
}

// leftAlone reports whether the record is of a deletion that was not carried out. What it
// names may be gone all the same: ZooKeeper itself removes a container that has become
// empty.
func leftAlone(r *journal.Record) bool {
	return r.Outcome == journal.Refused && r.Before != nil && r.After == nil && !r.Hidden
}

// holdsNext reports whether a key is gone that something is put back below, by the next
// steps. It comes back with that anyhow, and so it does as it was.
func holdsNext(s *Step, next []Step) bool {
	for i := range next {
		if s.Now != nil || !strings.HasPrefix(next[i].Record.Key, s.Record.Key+"/") {
			return false
		}
		if next[i].writes() && next[i].Write.After != nil && !leftAlone(&next[i].Record) {
			return true
		}
	}
	return false
}

// carriedOut returns the steps without those of writes that were not carried out, by what
// is there now. Where somebody else wrote since over one that was not answered, nobody can
// know, and the step is a conflict.
func carriedOut(steps []Step) []Step {
	kept := steps[:0]
	for i, s := range steps {
		if leftAlone(&s.Record) {
			if !holdsNext(&s, steps[i+1:]) {
				continue
			}
			s.Record.Outcome = journal.Done
			s = stepOf(s.Record, s.Now)
		}
		if unanswered(&s.Record) {
			switch end := endOf(&s.Record, s.Now); end.Outcome {
			case journal.Done:
				s.Record.Outcome, s.Record.Index = journal.Done, end.Index
				s = stepOf(s.Record, s.Now)
			case journal.Refused:
				continue
			case journal.Unknown, journal.Conflict:
				s.Conflict = !s.Done && !s.Ended
			}
		}
		kept = append(kept, s)
	}
	return kept
}
