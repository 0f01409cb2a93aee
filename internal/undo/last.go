package undo

import (
	"errors"
	"io"

	"kvist/internal/journal"
)

// Last returns the newest entry of the journal that is of a key in dir, which
// kv.Dir returned, was carried out and is not undone yet. Undoing and redoing are
// no entries of their own: an undo that was undone gives its entry back. Entries
// whose IDs are in passed are passed over; Summary.Nothing says of which it is no
// use to be shown them again.
func Last(j *journal.Journal, dir string, passed map[string]bool) (journal.Entry, error) {
	return last(j, dir, func(id string) bool { return passed[id] })
}

// Older is Last among the entries that are older than the one with an ID.
func Older(j *journal.Journal, dir, id string, passed map[string]bool) (journal.Entry, error) {
	return last(j, dir, after(id, func(id string) bool { return passed[id] }))
}

// LastOwn is Last without what another program wrote that still runs: a person has
// two of them open and means the one in front. OlderOwn is the same for Older.
func LastOwn(j *journal.Journal, dir string, passed map[string]bool) (journal.Entry, error) {
	return lastOwn(j, dir, passed, func(pass func(string) bool) func(string) bool { return pass })
}

// OlderOwn is LastOwn among the entries that are older than the one with an ID.
func OlderOwn(j *journal.Journal, dir, id string, passed map[string]bool) (journal.Entry, error) {
	return lastOwn(j, dir, passed, func(pass func(string) bool) func(string) bool { return after(id, pass) })
}

// lastOwn is LastOwn of what from makes of the entries that are passed over. It is
// ErrOthers when only what others wrote is left.
func lastOwn(j *journal.Journal, dir string, passed map[string]bool, from func(func(string) bool) func(string) bool) (journal.Entry, error) {
	others, err := j.Others()
	if err != nil {
		return journal.Entry{}, err
	}
	e, err := last(j, dir, from(func(id string) bool { return passed[id] || others(id) }))
	if !errors.Is(err, ErrNothing) {
		return e, err
	}
	var asked *AskedError
	switch _, more := last(j, dir, from(func(id string) bool { return passed[id] })); {
	case more == nil:
		return journal.Entry{}, ErrOthers
	case errors.As(more, &asked):
		return journal.Entry{}, more
	}
	return journal.Entry{}, err
}

// after passes over entries until the one with an ID, and it.
func after(id string, pass func(string) bool) func(string) bool {
	met := false
	return func(other string) bool {
		before := met
		met = met || other == id
		return !before || pass(other)
	}
}

// last is Last of the entries that pass says nothing against. It is asked once
// about each of them.
func last(j *journal.Journal, dir string, pass func(id string) bool) (journal.Entry, error) {
	r, err := j.Read()
	if err != nil {
		return journal.Entry{}, err
	}
	defer r.Close()
	seen := met{map[string]bool{}, map[string]bool{}}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return journal.Entry{}, ErrNothing
		}
		if err != nil {
			return journal.Entry{}, err
		}
		skip := pass(e.ID)
		counts, err := changed(j, &e)
		if err != nil {
			return journal.Entry{}, err
		}
		if !seen.next(&e, counts) || skip {
			continue
		}
		if e, err = firstOf(j, e); err != nil {
			return journal.Entry{}, err
		}
		touches, err := Touches(j, &e, dir)
		if err == nil && touches && e.Plan != nil && e.Plan.Asked {
			err = &AskedError{*e.Plan}
		}
		if err != nil || touches {
			return e, err
		}
	}
}

// firstOf returns the entry of the plan that an entry carries on with, if nobody has
// decided yet what is to become of that one: both are undone together.
func firstOf(j *journal.Journal, e journal.Entry) (journal.Entry, error) {
	if e.Plan == nil || e.Plan.Continues == "" {
		return e, nil
	}
	first, err := Find(j, e.Plan.Continues)
	if errors.Is(err, ErrNoEntry) || err == nil && (first.Plan == nil || !first.Plan.CutOff()) {
		return e, nil
	}
	return first, err
}

// AskedError says that the next plan to be undone was cut off, and that another program
// asks right now what is to become of it.
type AskedError struct{ Plan journal.Plan }

func (e *AskedError) Error() string {
	return "a plan was cut off, and another explorer asks about it: " + Deed(&e.Plan) +
		"; answer there, or undo with the ID " + e.Plan.ID
}

// met is what is known of entries from newer ones.
type met struct{ undone, ended map[string]bool }

// next notes an older entry and reports whether it can be undone, if it counts.
func (m *met) next(e *journal.Entry, counts bool) bool {
	m.ended[e.ID] = !e.Ended.IsZero()
	of := ""
	if e.Plan != nil {
		of = e.Plan.Continues
	}
	switch {
	case !counts, m.undone[e.ID], m.undone[of]:
		return false
	case e.Undoes != "":
		if e.Plan == nil || e.Plan.Written >= e.Plan.Records {
			m.undone[e.Undoes] = true // else something is left of it
		}
		return false
	}
	return !m.ended[of] // else it is undone with that one
}

// changed reports whether the entry is of something that was carried out, or may have
// been, and can be undone.
func changed(j *journal.Journal, e *journal.Entry) (bool, error) {
	switch {
	case e.Plan == nil:
		return (e.Outcome == journal.Done || unanswered(&e.Record)) && (e.Before != nil || e.After != nil), nil
	case e.Plan.Written > 0, e.Plan.Continued:
		return true, nil
	case e.Plan.CutOff():
		return begun(j, e.Plan)
	}
	return openIn(j, e)
}

// begun reports whether something of a plan that was cut off was carried out, or may
// have been.
func begun(j *journal.Journal, p *journal.Plan) (bool, error) {
	some := false
	err := j.Records(p, func(r journal.Record) bool {
		some = r.Outcome == journal.Done || r.Ended.IsZero()
		return !some
	})
	return some, err
}

// Restorable reports whether the journal keeps what undoing the entry needs, of a plan
// at least in part.
func Restorable(j *journal.Journal, e *journal.Entry) (bool, error) {
	if e.Plan == nil {
		return check(&e.Record) == nil, nil
	}
	some := false
	err := j.Records(e.Plan, func(r journal.Record) bool {
		some = check(&r) == nil
		return !some
	})
	return some, err
}

// Find returns the entry with an ID, as the journal has it now: its write may
// have ended since the entry was listed. It is ErrNoEntry when there is none. Of a plan
// that carried on with another one, it is the entry of that one, of which it is a part.
func Find(j *journal.Journal, id string) (journal.Entry, error) {
	r, err := j.Read()
	if err != nil {
		return journal.Entry{}, err
	}
	defer r.Close()
	continued := map[string]journal.Entry{}
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return journal.Entry{}, ErrNoEntry
		case err != nil:
			return journal.Entry{}, err
		case e.Plan != nil && e.Plan.Continued:
			continued[e.ID] = e
		}
		if e.ID != id {
			continue
		}
		if e.Plan != nil {
			if first, ok := continued[e.Plan.Continues]; ok {
				return first, nil
			}
		}
		return e, nil
	}
}
