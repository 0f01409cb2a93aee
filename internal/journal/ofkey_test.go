package journal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The records of a key are found wherever they are: single writes and those of
// plans, the newest first, each with how it ended.
func TestRecordsOfAKey(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	first := write(t, j, Record{Op: "put", Key: "plan/000000", After: node("plan/000000", "1", 0)}, End{Outcome: Done, Index: 7})
	write(t, j, Record{Op: "put", Key: "other", After: node("other", "1", 0)}, End{Outcome: Done, Index: 8})
	_, planned := plan(t, j, "delete all", 3, 2)
	last := write(t, j, Record{Op: "put", Key: "plan/000000", After: node("plan/000000", "2", 0)}, End{Outcome: Conflict})
	var ids []string
	var outcomes []Outcome
	foreign, err := j.OfKey(t.Context(), "plan/000000", func(r Record) bool {
		ids, outcomes = append(ids, r.ID), append(outcomes, r.Outcome)
		return true
	})
	require.NoError(t, err)
	require.Zero(t, foreign)
	require.Equal(t, []string{last.ID, planned[0].ID, first.ID}, ids)
	require.Equal(t, []Outcome{Conflict, Done, Done}, outcomes)

	calls := 0
	_, err = j.OfKey(t.Context(), "plan/000000", func(Record) bool { calls++; return false })
	require.NoError(t, err)
	require.Equal(t, 1, calls)
}
