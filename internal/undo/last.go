package undo

import (
	"errors"
	"io"

	"kvist/internal/journal"
)

// Last returns the newest entry of the journal that was carried out and is not
// undone yet, and the indexes that newer writes made. Undoing and redoing are
// no entries of their own: an undo that was undone gives its entry back.
func Last(r *journal.Reader) (journal.Entry, Own, error) {
	undone, own := map[string]bool{}, Own{}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return journal.Entry{}, nil, ErrNothing
		}
		if err != nil {
			return journal.Entry{}, nil, err
		}
		if e.Plan == nil {
			own.add(&e.Record)
		}
		switch {
		case undone[e.ID] || !changed(&e):
		case e.Undoes != "":
			undone[e.Undoes] = true
		default:
			return e, own, nil
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
