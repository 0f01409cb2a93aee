package tui

import (
	"fmt"
	"strings"
	"testing"

	"kvist/kv"
)

// records feeds the model batches and gives what was written down, in short.
func records(m *Model, batches ...kv.Batch) []string {
	for _, b := range batches {
		give(m, batchPulled{m.feed.gen, b, nil})
	}
	var lines []string
	for n := m.changes.shown.first; n < m.changes.shown.next; n++ {
		c := m.changes.shown.get(n)
		switch {
		case c.kind == markChange:
			word, _, _ := strings.Cut(c.key, ":")
			lines = append(lines, word)
		default:
			found := ""
			if c.found {
				found = " found"
			}
			lines = append(lines, fmt.Sprintf("%c %s %d>%d%s", "+~-"[c.kind], c.key, c.was.size, c.now.size, found))
		}
	}
	return lines
}

// quiet is an explorer of three keys that has recorded nothing yet.
func quiet(t *testing.T) *Model {
	m := still(t, "", 100, 30)
	m.changes = newChangesPane()
	m.tree.tree.OnSweep(m.changes.swept)
	records(m, kv.Batch{Begin: true, Synced: true, State: kv.Live, Events: []kv.Event{
		{Key: "app/a", Index: 1, Size: 1}, {Key: "app/b", Index: 2, Size: 2}, {Key: "app/c", Index: 3, Size: 3},
	}})
	return m
}

func compareRecords(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("recorded\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestChangesAreRecordedWithWhatWasBefore(t *testing.T) {
	m := quiet(t)
	got := records(m, kv.Batch{State: kv.Live, Events: []kv.Event{
		{Key: "app/a", Index: 4, Size: 10},
		{Key: "app/new", Index: 5, Size: 5},
		{Kind: kv.DeleteEvent, Key: "app/b", Index: 6},
		{Kind: kv.DeleteEvent, Key: "app/nobody", Index: 6},
	}})
	compareRecords(t, got, "~ app/a 1>10", "+ app/new 0>5", "- app/b 2>0")
}

func TestWhatAListingFindsIsMarked(t *testing.T) {
	m := quiet(t)
	got := records(m,
		kv.Batch{State: kv.Reconnecting, Err: kv.ErrNotReachable},
		kv.Batch{State: kv.Listing, Begin: true, Missed: kv.Gap, Events: []kv.Event{
			{Key: "app/a", Index: 1, Size: 1}, {Key: "app/b", Index: 9, Size: 7},
		}},
		kv.Batch{State: kv.Live, Synced: true},
		kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "app/a", Index: 10, Size: 1}}},
	)
	compareRecords(t, got, "contact lost, reconnecting", "gap", "~ app/b 2>7 found", "- app/c 3>0 found", "resynced", "~ app/a 1>1")
}

func TestMarksSayWhatWasMissed(t *testing.T) {
	m := quiet(t)
	got := records(m,
		kv.Batch{State: kv.Live, Missed: kv.Coalesced, Events: []kv.Event{{Key: "app/a", Index: 4, Size: 4}}},
		kv.Batch{State: kv.Live, Missed: kv.Coalesced, Events: []kv.Event{{Key: "app/a", Index: 5, Size: 5}}},
		kv.Batch{State: kv.Reconnecting},
		kv.Batch{State: kv.Live},
		kv.Batch{State: kv.Live, Begin: true, Synced: true, Missed: kv.Compacted, Events: []kv.Event{
			{Key: "app/a", Index: 5, Size: 5}, {Key: "app/b", Index: 2, Size: 2}, {Key: "app/c", Index: 3, Size: 3},
		}},
	)
	compareRecords(t, got, "coalesced", "~ app/a 1>4", "~ app/a 4>5",
		"contact lost, reconnecting", "live again, nothing was missed", "compacted", "resynced")
}

func TestTheRingIsBounded(t *testing.T) {
	r := ring{max: 100}
	for i := range 250 {
		r.push(change{key: fmt.Sprint(i)})
	}
	if r.len() != 100 || r.get(r.first).key != "150" || r.get(r.next-1).key != "249" {
		t.Errorf("the ring holds %d, from %s to %s", r.len(), r.get(r.first).key, r.get(r.next-1).key)
	}
	long := strings.Repeat("k", changesBytes/4)
	for range 6 {
		r.push(change{key: long})
	}
	if r.len() != 4 || r.bytes > changesBytes {
		t.Errorf("the ring holds %d keys of %d bytes", r.len(), r.bytes)
	}
	r.push(change{key: strings.Repeat("k", 2*changesBytes)})
	if r.len() != 1 {
		t.Errorf("beside a key beyond the bound stand %d others", r.len()-1)
	}
}
