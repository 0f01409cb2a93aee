package journal

import (
	"errors"
	"strings"

	"kvist/kv"
)

// Recorder records the writes of a store in a journal.
type Recorder struct {
	Journal *Journal
	// Hide reports whether the values of a key are left out; nil hides none.
	Hide func(key string) bool
}

var _ kv.Recorder = (*Recorder)(nil)

// HideBelow returns a Hide for everything that begins with one of prefixes.
func HideBelow(prefixes ...string) func(key string) bool {
	return func(key string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(key, p) {
				return true
			}
		}
		return false
	}
}

// Hides reports whether the values of a key are left out.
func (r *Recorder) Hides(key string) bool { return r.Hide != nil && r.Hide(key) }

// Begin implements kv.Recorder.
func (r *Recorder) Begin(op kv.Op, writes []kv.Write) (kv.Recording, error) {
	return r.begin("", op, writes, r.Journal.Begin)
}

// begin records the writes of a plan, or of none.
func (r *Recorder) begin(plan string, op kv.Op, writes []kv.Write, begin func([]Record) error) (kv.Recording, error) {
	records := make([]Record, len(writes))
	for i, w := range writes {
		records[i] = Record{
			Plan: plan, Op: string(op), Undoes: w.Undoes, Redo: w.Redoes, Key: w.Key, Before: w.Before, After: w.After, Other: w.Other,
			Hidden: w.Unread || r.Hides(w.Key),
		}
	}
	if err := begin(records); err != nil {
		return nil, err
	}
	for i := range records { // values may be large, and their plan may last
		records[i] = Record{ID: records[i].ID, Plan: plan}
	}
	return &recording{r.Journal, records}, nil
}

// recording is writes that are under way.
type recording struct {
	journal *Journal
	records []Record
}

// End implements kv.Recording.
func (r *recording) End(ended []kv.Written) error {
	ends := make([]End, len(ended))
	for i, w := range ended {
		ends[i] = endOf(w)
	}
	return r.journal.End(r.records, ends)
}

// endOf is how a write ended, as the journal says it.
func endOf(w kv.Written) End {
	var e *kv.Error
	switch {
	case w.Err == nil:
		return End{Outcome: Done, Index: w.Index}
	case errors.As(w.Err, &e) && e.Kind != nil:
		return End{Outcome: outcomeOfError(w.Err), Error: e.Kind.Error()}
	}
	return End{Outcome: outcomeOfError(w.Err), Error: w.Err.Error()}
}

func outcomeOfError(err error) Outcome {
	switch {
	case errors.Is(err, kv.ErrWrittenOver):
		return Done
	case errors.Is(err, kv.ErrOutcomeUnknown):
		return Unknown
	case errors.Is(err, kv.ErrKeyModified), errors.Is(err, kv.ErrKeyNotFound):
		return Conflict
	}
	return Refused
}

// BeginPlan implements kv.Recorder.
func (r *Recorder) BeginPlan(title, undoes string, writes int) (kv.PlanRecording, error) {
	return r.beginPlan(Plan{Title: title, Undoes: undoes, Records: writes})
}

// BeginRenewable implements kv.Renewer.
func (r *Recorder) BeginRenewable(title, of, request string, writes int) (kv.PlanRecording, error) {
	return r.beginPlan(Plan{Title: title, Continues: of, Request: request, Records: writes})
}

// BeginRest implements kv.Continuer.
func (r *Recorder) BeginRest(title, of, undoes string, writes int) (kv.PlanRecording, error) {
	return r.beginPlan(Plan{Title: title, Continues: of, Undoes: undoes, Records: writes})
}

func (r *Recorder) beginPlan(p Plan) (kv.PlanRecording, error) {
	if err := r.Journal.BeginPlan(&p); err != nil {
		return nil, err
	}
	return &planRecording{r, p}, nil
}

// planRecording is a plan that is under way.
type planRecording struct {
	recorder *Recorder
	plan     Plan
}

// Begin implements kv.PlanRecording.
func (p *planRecording) Begin(op kv.Op, writes []kv.Write) (kv.Recording, error) {
	return p.recorder.begin(p.plan.ID, op, writes, p.recorder.Journal.Begin)
}

// Note implements kv.PlanRecording.
func (p *planRecording) Note(op kv.Op, writes []kv.Write) (kv.Recording, error) {
	return p.recorder.begin(p.plan.ID, op, writes, p.recorder.Journal.Note)
}

// Sync implements kv.PlanRecording.
func (p *planRecording) Sync() error { return p.recorder.Journal.Sync() }

// End implements kv.PlanRecording.
func (p *planRecording) End(written int) error {
	p.plan.Written = written
	return p.recorder.Journal.EndPlan(&p.plan)
}
