package cli

import (
	"testing"

	"kvist/internal/undo"
)

// What became of writes without an answer is said, and nothing of what did not happen.
func TestAnswersAreSaid(t *testing.T) {
	for want, a := range map[string]undo.Answer{
		"it was carried out":                {Written: 1},
		"it was not carried out":            {Unwritten: 1},
		"17 carried out, 3 not carried out": {Written: 17, Unwritten: 3},
		"1 carried out, 1 written over later by somebody, so that nobody knows": {Written: 1, Unknown: 1},
	} {
		if got := answeredWords(&a); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
