package tui

import (
	"errors"

	"kvist/internal/explain"
	"kvist/kv"
)

// unsavedError is a save that had not succeeded when the program ended.
type unsavedError struct {
	edit *edit
	err  error // nil if no answer came at all
}

func (e *unsavedError) Unwrap() error { return e.err }

func (e *unsavedError) Error() string { return e.Said() }

// Said implements explain.Sayer: beside what failed, it says what became of the text.
func (e *unsavedError) Said() string {
	said := cleanName(e.edit.key) + " was not saved"
	if e.err == nil || errors.Is(e.err, kv.ErrOutcomeUnknown) {
		said = "it is not known whether " + cleanName(e.edit.key) + " was saved"
	}
	if said += e.edit.kept(); e.err != nil {
		said += ". " + explain.Error(e.err)
	}
	return said
}
