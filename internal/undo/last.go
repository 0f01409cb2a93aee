package undo

import (
	"errors"
	"io"

	"kvist/internal/journal"
)

// Last returns the newest entry of the journal that is of a key in dir, which
// kv.Dir returned, was carried out and is not undone yet. Undoing and redoing are
// no entries of their own: an undo that was undone gives its entry back.
func Last(j *journal.Journal, dir string) (journal.Entry, error) {
	r, err := j.Read()
	if err != nil {
		return journal.Entry{}, err
	}
	defer r.Close()
	undone := map[string]bool{}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return journal.Entry{}, ErrNothing
		}
		if err != nil {
			return journal.Entry{}, err
		}
		switch {
		case undone[e.ID] || !changed(&e):
		case e.Undoes != "":
			if e.Plan == nil || e.Plan.Written >= e.Plan.Records {
				undone[e.Undoes] = true // else something is left of it
			}
		default:
			if touches, err := Touches(j, &e, dir); err != nil || touches {
				return e, err
			}
		}
	}
}

// changed reports whether the entry is of something that was carried out and
// can be undone.
func changed(e *journal.Entry) bool {
	if e.Plan != nil {
		return e.Plan.Written > 0
	}
	return e.Outcome == journal.Done && (e.Before != nil || e.After != nil)
}

// Find returns the entry with an ID, as the journal has it now: its write may
// have ended since the entry was listed. It is ErrNoEntry when there is none.
func Find(j *journal.Journal, id string) (journal.Entry, error) {
	r, err := j.Read()
	if err != nil {
		return journal.Entry{}, err
	}
	defer r.Close()
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return journal.Entry{}, ErrNoEntry
		case err != nil:
			return journal.Entry{}, err
		case e.ID == id:
			return e, nil
		}
	}
}
