package tui

import (
	"fmt"
	"strings"
	"testing"

	"kvist/internal/changes"
	"kvist/kv"
)

// records passes batches to the model and returns what was recorded, in short.
func records(m *Model, batches ...kv.Batch) []string {
	for _, b := range batches {
		give(m, pulled(m, b))
	}
	var lines []string
	for row := range changesOf(m).Rows() {
		c := changesOf(m).Get(changesOf(m).Number(row))
		switch {
		case c.Kind.Mark():
			word, _, _ := strings.Cut(changeMark(c), ":")
			lines = append(lines, word)
		default:
			found := ""
			if c.Found {
				found = " found"
			}
			lines = append(lines, fmt.Sprintf("%c %s %d>%d%s", "+~--"[c.Kind], c.Key, c.Was.Size, c.Now.Size, found))
		}
	}
	return lines
}

// quiet returns an explorer of three keys that has recorded nothing yet.
func quiet(t *testing.T) *Model {
	m := still(t, "", 100, 30)
	*changesOf(m) = *newChangesPane(changes.NewLog())
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
	compareRecords(t, got, "contact lost, reconnecting", "gap", "~ app/b 2>7 found", "- app/c 3>0 found", "reloaded", "~ app/a 1>1")
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
		"contact lost, reconnecting", "live again, nothing was missed", "compacted", "reloaded")
}

func TestAStoppedFeedIsMarked(t *testing.T) {
	m := quiet(t)
	records(m, kv.Batch{State: kv.Listing, Begin: true})
	strike(m, "esc") // stops the listing
	if !m.feed.paused {
		t.Fatal("the feed was not stopped")
	}
	compareRecords(t, records(m), "listing again; what a new listing finds changed follows", "stopped")
}

// storm returns a batch of n changes of one key, from an index on.
func storm(n, index int) kv.Batch {
	b := kv.Batch{State: kv.Live}
	for i := range n {
		b.Events = append(b.Events, kv.Event{Key: "app/a", Index: uint64(index + i), Size: i})
	}
	return b
}

// A pause keeps the list and, up to a bound, what comes meanwhile, and says how
// much of that was lost.
func TestAPauseLosesNothingUpToItsBound(t *testing.T) {
	m := quiet(t)
	strike(m, "w", "g")
	records(m, storm(changes.Max, 1_000))
	before := changesOf(m).Rows()
	strike(m, " ")
	records(m, storm(changes.Max, 100_000))
	if _, fresh, lost := changesOf(m).Paused(); changesOf(m).Rows() != before || fresh != changes.Max || lost != 0 {
		t.Errorf("%d shown, %d new, %d lost", changesOf(m).Rows(), fresh, lost)
	}
	records(m, storm(123, 200_000))
	if screen := m.View().Content; !strings.Contains(screen, "paused · 10 123 new · 123 lost") {
		t.Errorf("the screen does not say what was lost:\n%s", screen)
	}
	strike(m, " ", "g")
	first, rows := changesOf(m).Get(changesOf(m).Number(0)), changesOf(m).Rows()
	if !strings.HasPrefix(changeMark(first), "123 lines lost here") || rows != changes.Max+1 {
		t.Errorf("the list begins with %+v and has %d lines", first, rows)
	}
	if last := changesOf(m).Get(changesOf(m).Number(rows - 1)); last.Now.Index != 200_122 {
		t.Errorf("the list ends with %d", last.Now.Index)
	}
}

func TestTheCursorStaysOnItsChange(t *testing.T) {
	m := quiet(t)
	records(m, storm(changes.Max-50, 1_000))
	strike(m, "w", "g", "j", "j")
	m.View()
	on, _, _ := changesOf(m).current()
	index := on.Now.Index
	records(m, storm(40, 100_000))
	if c, _, _ := changesOf(m).current(); c.Now.Index != index || changesOf(m).row() != 2 {
		t.Errorf("the cursor is on row %d, index %d", changesOf(m).row(), c.Now.Index)
	}
	records(m, storm(5_000, 200_000)) // drops the older ones
	if changesOf(m).row() != 0 {
		t.Errorf("the cursor is on row %d when its change is gone", changesOf(m).row())
	}
	m.View()
	strike(m, "G")
	records(m, storm(10, 300_000))
	if c, _, _ := changesOf(m).current(); c.Now.Index != 300_009 {
		t.Errorf("the cursor did not stay with the newest: %d", c.Now.Index)
	}
}

// Scrolling through the changes reads nothing until the cursor rests.
func TestScrollingReadsNoChange(t *testing.T) {
	m := quiet(t)
	records(m, storm(100, 1_000))
	strike(m, "w")
	for range 50 {
		strike(m, "k")
		give(m, diffDue{changesOf(m), changesOf(m).diff.of + 1}) // of the change before
	}
	if changesOf(m).diff.reading {
		t.Error("a change was read in passing")
	}
	give(m, diffDue{changesOf(m), changesOf(m).diff.of})
	if !changesOf(m).diff.reading {
		t.Error("the change under the cursor was not read")
	}
}

// Opening a folder reports what was in it before: those are no changes.
func TestWhatBecomesKnownIsNoChange(t *testing.T) {
	m := quiet(t)
	folder := func(key string) kv.Event { return kv.Event{Kind: kv.FolderEvent, Key: key, Size: -1} }
	live := func(events ...kv.Event) kv.Batch { return kv.Batch{State: kv.Live, Partial: true, Events: events} }
	opened := func(events ...kv.Event) kv.Batch {
		for i := range events {
			events[i].Old = true
		}
		return live(events...)
	}
	got := records(m,
		live(folder("app/dir"), folder("app/other")),
		opened(kv.Event{Key: "app/dir/x", Preview: true}, kv.Event{Key: "app/dir/y", Index: 7, Size: 7}, folder("app/dir/deep")),
		opened(kv.Event{Key: "app/dir/x", Index: 8, Size: 8}), // with index and size
		live(kv.Event{Key: "app/dir/x", Index: 9, Size: 9}, kv.Event{Key: "app/dir/z", Index: 10, Size: 1}),
		opened(kv.Event{Key: "app/dir/deep/k", Index: 3, Size: 3}),
		live(kv.Event{Key: "app/dir/deep/l", Index: 11, Size: 4}),
		live(kv.Event{Key: "app/dir/early", Size: -1, Preview: true}, kv.Event{Key: "app/dir/brief", Size: -1, Preview: true}), // new, still without size
		live(kv.Event{Key: "app/dir/early", Index: 12, Size: 5}, kv.Event{Kind: kv.DeleteEvent, Key: "app/dir/brief"}),
		live(kv.Event{Key: "app/dir/early", Index: 13, Size: 6}),
		live(kv.Event{Kind: kv.FolderGoneEvent, Key: "app/other", Size: -1}),
	)
	compareRecords(t, got, "~ app/dir/x 8>9", "+ app/dir/z 0>1", "+ app/dir/deep/l 0>4",
		"+ app/dir/early 0>5", "- app/dir/brief -1>0", "~ app/dir/early 5>6", "- app/other/ 0>0")
	strike(m, "w")
	if screen := m.View().Content; !strings.Contains(screen, "of open folders only") {
		t.Errorf("it is not said that a part is followed:\n%s", screen)
	}
}

// A size that did not change is shown once.
func TestAChangeSaysWhatIsNew(t *testing.T) {
	was := changes.Side{Index: 1, Size: 158}
	for want, c := range map[string]changes.Change{
		"158 B":          {Kind: changes.Changed, Was: was, Now: changes.Side{Index: 2, Size: 158}},
		"158 B → 12 B":   {Kind: changes.Changed, Was: was, Now: changes.Side{Index: 2, Size: 12}},
		"leased · 158 B": {Kind: changes.Changed, Was: was, Now: changes.Side{Index: 2, Size: 158, Flags: kv.Leased}},
		"locked":         {Kind: changes.Changed, Was: was, Now: changes.Side{Index: 1, Size: 158, Flags: kv.Locked}},
	} {
		if got := changeTail(&c); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
