package tui

import (
	"strings"
	"testing"

	"kvist/internal/journal"
	"kvist/kv"
)

// A holder without a lease is named by its key, and what the action names is not
// listed again.
func TestAHolderWithoutALeaseIsNamedByItsKey(t *testing.T) {
	claim := kv.Contender{ID: "no lease", Key: "jobs/nightly/694d", Left: -1, Note: "it has no lease, and does not end by itself"}
	r := breakPlanned{
		lock: kv.LockInfo{Key: "jobs/nightly", Holders: []kv.Contender{claim}}, claim: claim,
		plan: kv.BreakPlan{Action: "delete key " + claim.Key, Deleted: []string{claim.Key}},
	}
	want := "jobs/nightly/694d holds jobs/nightly: it has no lease, and does not end by itself. This will delete key jobs/nightly/694d. The old"
	if got := r.consequences(&Model{}); !strings.HasPrefix(got, want) {
		t.Errorf("it asks %q, not %q", got, want)
	}
	r.plan.Deleted = append(r.plan.Deleted, "jobs/other")
	if got := r.consequences(&Model{}); !strings.Contains(got, "Also deleted: jobs/other.") {
		t.Errorf("it asks %q", got)
	}
	m := &Model{opts: Options{Journal: func() *journal.Journal { return nil }}} // whose store records nothing
	if got := r.consequences(m); !strings.Contains(got, " 2 keys cannot be put back: the journal is off.") {
		t.Errorf("it asks %q", got)
	}
}
