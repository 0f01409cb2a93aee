package undo

import (
	"errors"
	"io"

	"kvist/internal/journal"
)

// Last returns the newest entry of the journal that was carried out and is not
// undone yet. Undoing and redoing are no entries of their own: an undo that was
// undone gives its entry back.
func Last(r *journal.Reader) (journal.Entry, error) {
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
			undone[e.Undoes] = true
		default:
			return e, nil
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
