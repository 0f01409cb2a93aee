package changes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv"
)

// noon is when the batches of these tests came.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// follow is a reader without a tree: it feeds a Log, and knows the keys as a
// table.
type follow struct {
	log   *Log
	table *Table
}

func newFollow() *follow { return &follow{NewLog(), NewTable(kv.RoomOf(nil))} }

// take takes batches in as a reader does.
func (f *follow) take(t testing.TB, batches ...kv.Batch) {
	t.Helper()
	for _, b := range batches {
		f.log.Begin(b, noon)
		if b.Begin {
			f.table.Begin()
		}
		for _, e := range b.Events {
			was, err := f.table.Take(e)
			if err != nil {
				t.Fatal(err)
			}
			f.log.Take(e, was)
		}
		if b.Synced {
			for _, s := range f.table.End() {
				f.log.Swept(s.Key, s.Was)
			}
		}
		f.log.End(b)
	}
}

// lines are the rows of a Log, in short.
func lines(l *Log) []string {
	words := map[Kind]string{
		Added: "+", Changed: "~", Removed: "-", FolderRemoved: "- folder", Relisting: "relisting", Coalesced: "coalesced",
		Reloaded: "reloaded", ContactLost: "contact lost", LiveAgain: "live again", Stopped: "stopped", LinesLost: "lost",
	}
	var lines []string
	for row := range l.Rows() {
		c := l.Get(l.Number(row))
		line := words[c.Kind]
		switch {
		case !c.Kind.Mark():
			line += fmt.Sprintf(" %s %d>%d", c.Key, c.Was.Size, c.Now.Size)
		case c.Lost > 0:
			line += fmt.Sprintf(" %d", c.Lost)
		case c.Missed != 0:
			line += " " + c.Missed.String()
		}
		if c.Found {
			line += " found"
		}
		lines = append(lines, line)
	}
	return lines
}

func compare(t *testing.T, l *Log, want ...string) {
	t.Helper()
	if got := lines(l); !slices.Equal(got, want) {
		t.Errorf("recorded\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// put is an event that puts a key, with a value as long as its index.
func put(key string, index int) kv.Event {
	return kv.Event{Key: key, Index: uint64(index), Size: index}
}

func preview(key string) kv.Event { return kv.Event{Key: key, Size: -1, Preview: true} }

func old(e kv.Event) kv.Event {
	e.Old = true
	return e
}

func gone(key string) kv.Event { return kv.Event{Kind: kv.DeleteEvent, Key: key, Index: 99, Size: -1} }

func live(events ...kv.Event) kv.Batch { return kv.Batch{State: kv.Live, Events: events} }

func listing(missed kv.Missed, events ...kv.Event) kv.Batch {
	return kv.Batch{Begin: true, Synced: true, State: kv.Live, Missed: missed, Events: events}
}

// followed is a reader of three keys that has recorded nothing yet.
func followed(t testing.TB) *follow {
	f := newFollow()
	f.take(t, listing(0, put("a", 1), put("b", 2), put("c", 3)))
	return f
}

// A change says what was there before; a state that is known is no change.
func TestChangesSayWhatWasBefore(t *testing.T) {
	f := followed(t)
	marked := put("c", 3)
	marked.Flags = kv.Locked
	f.take(t, live(put("a", 10), put("new", 5), put("b", 2), gone("b"), marked))
	compare(t, f.log, "~ a 1>10", "+ new 0>5", "- b 2>0", "~ c 3>3")
	if total, since, ok := f.log.Total(); total != 4 || since != noon || !ok {
		t.Errorf("%d changes since %v (%v)", total, since, ok)
	}
}

// What a listing finds happened at some time before, and is marked so.
func TestWhatAListingFindsIsMarked(t *testing.T) {
	f := followed(t)
	f.take(t,
		kv.Batch{State: kv.Reconnecting, Err: kv.ErrNotReachable},
		kv.Batch{State: kv.Listing, Begin: true, Missed: kv.Gap, Events: []kv.Event{put("a", 1), put("b", 9)}},
		kv.Batch{State: kv.Live, Synced: true},
		live(put("a", 10)),
	)
	compare(t, f.log, "contact lost", "relisting gap", "~ b 2>9 found", "- c 3>0 found", "reloaded", "~ a 1>10")
}

// A mark says what the changes around it are worth, and a storm of merged
// changes has one in a second.
func TestMarks(t *testing.T) {
	f := followed(t)
	merged := live(put("a", 4))
	merged.Missed, merged.At = kv.Coalesced, noon
	later := live(put("a", 5))
	later.Missed, later.At = kv.Coalesced, noon.Add(coalescedFor/2)
	last := live(put("a", 6))
	last.Missed, last.At = kv.Coalesced, noon.Add(coalescedFor*2)
	missed := live()
	missed.Missed = kv.Gap
	f.take(t, merged, later, last,
		kv.Batch{State: kv.Denied}, live(), kv.Batch{State: kv.Reconnecting}, missed,
		listing(kv.Compacted, put("a", 6), put("b", 2), put("c", 3)))
	f.log.Stop(noon)
	compare(t, f.log, "coalesced coalesced", "~ a 1>4", "~ a 4>5", "coalesced coalesced", "~ a 5>6",
		"contact lost", "live again", "contact lost", "live again gap", "relisting compacted", "reloaded", "stopped")
}

// Before the first listing has ended nothing is a change, and nothing marked.
func TestNothingIsRecordedBeforeTheFirstListingEnds(t *testing.T) {
	f := newFollow()
	f.log.Stop(noon)
	f.take(t,
		kv.Batch{State: kv.Listing, Begin: true, Events: []kv.Event{put("a", 1), put("b", 1)}},
		kv.Batch{State: kv.Reconnecting, Missed: kv.Gap},
		kv.Batch{State: kv.Listing, Begin: true, Events: []kv.Event{put("a", 2), gone("c")}},
		kv.Batch{State: kv.Live, Synced: true},
	)
	compare(t, f.log)
	if _, _, ok := f.log.Total(); !ok || f.table.Len() != 1 {
		t.Errorf("ready is %v, with %d keys", ok, f.table.Len())
	}
}

// What becomes known is no change: a folder that is opened, or a preview that is
// completed. A key that is new is one, once it is known in full.
func TestWhatBecomesKnownIsNoChange(t *testing.T) {
	f := followed(t)
	folder := func(key string) kv.Event { return kv.Event{Kind: kv.FolderEvent, Key: key, Size: -1} }
	f.take(t,
		live(old(folder("dir")), folder("other")),
		live(old(preview("dir/x")), old(put("dir/y", 7))),
		live(old(put("dir/x", 8))),
		live(put("dir/x", 9), put("dir/z", 10)),
		live(preview("dir/early"), preview("dir/brief")),
		live(put("dir/early", 12), gone("dir/brief")),
		live(put("dir/early", 13)),
		live(kv.Event{Kind: kv.FolderGoneEvent, Key: "other"}),
		live(preview("dir/late")),
		live(old(folder("dir"))), // it is closed: what was awaited there is not
		live(old(preview("dir/late"))),
		live(old(put("dir/late", 5))),
	)
	compare(t, f.log, "~ dir/x 8>9", "+ dir/z 0>10", "+ dir/early 0>12", "- dir/brief -1>0", "~ dir/early 12>13", "- folder other/ 0>0")
}

// A new key of which only a preview came is new also when a gap comes between.
func TestAPreviewIsCompletedBehindAGap(t *testing.T) {
	f := followed(t)
	f.take(t, live(preview("new"), preview("brief")), listing(kv.Gap, put("a", 1), put("b", 2), put("c", 3), put("new", 4)))
	compare(t, f.log, "relisting gap", "+ new 0>4 found", "- brief -1>0 found", "reloaded")
	f.take(t, live(put("brief", 6)))
	if got := lines(f.log); got[len(got)-1] != "+ brief 0>6" {
		t.Errorf("a key that came back is %q", got[len(got)-1])
	}
}

// The keys awaited are bounded: beyond, a new key becomes known without a line.
func TestAwaitedKeysAreBounded(t *testing.T) {
	f := followed(t)
	var previews []kv.Event
	for i := range awaitedMax + 10 {
		previews = append(previews, preview(fmt.Sprint("k", i)))
	}
	f.take(t, live(previews...))
	if n := len(f.log.recorder.awaited); n != awaitedMax {
		t.Errorf("%d keys are awaited", n)
	}
}

// A ring is bounded in number and in bytes, and always keeps the newest change.
func TestTheRingIsBounded(t *testing.T) {
	r := ring{max: 100}
	for i := range 250 {
		r.push(Change{Key: fmt.Sprint(i)})
	}
	if r.len() != 100 || r.get(r.first).Key != "150" || r.get(r.next-1).Key != "249" {
		t.Errorf("the ring holds %d, from %s to %s", r.len(), r.get(r.first).Key, r.get(r.next-1).Key)
	}
	long := strings.Repeat("k", maxBytes/4)
	for range 6 {
		r.push(Change{Key: long})
	}
	if r.len() != 4 || r.bytes > maxBytes {
		t.Errorf("the ring holds %d keys of %d bytes", r.len(), r.bytes)
	}
	r.push(Change{Key: strings.Repeat("k", 2*maxBytes)})
	if r.len() != 1 {
		t.Errorf("there are %d others beside a key beyond the bound", r.len()-1)
	}
}

// storm is a batch of n changes of one key, the first of that index.
func storm(n, index int) kv.Batch {
	var events []kv.Event
	for i := range n {
		events = append(events, put("a", index+i))
	}
	return live(events...)
}

// A pause keeps what is looked at, and what comes meanwhile up to Max lines.
func TestAPauseLosesNothingUpToItsBound(t *testing.T) {
	f := followed(t)
	f.take(t, storm(Max, 1_000))
	f.log.Pause()
	f.take(t, storm(Max, 100_000))
	if paused, fresh, lost := f.log.Paused(); !paused || fresh != Max || lost != 0 || f.log.Rows() != Max {
		t.Errorf("%d rows, %d new, %d lost", f.log.Rows(), fresh, lost)
	}
	f.take(t, storm(123, 200_000))
	f.log.Resume()
	if _, fresh, lost := f.log.Paused(); fresh != 0 || lost != 0 {
		t.Errorf("after the pause %d are new and %d lost", fresh, lost)
	}
	all := lines(f.log)
	if len(all) != Max+1 || all[0] != "lost 123" || all[Max] != "~ a 200121>200122" {
		t.Errorf("%d lines, from %q to %q", len(all), all[0], all[len(all)-1])
	}
	if kept, dropped := f.log.Kept(); kept != Max+1 || !dropped || f.log.Get(0) != nil || f.log.Get(1<<40) != nil {
		t.Errorf("%d lines are kept", kept)
	}
}

// A filter that grows with the changes shows what one of all changes shows, and
// all marks.
func TestAFilteredListIsWhatAFilterOfAllGives(t *testing.T) {
	f := followed(t)
	f.log.Filter(func(key string) bool { return strings.Contains(key, "3") })
	for i := range 3 * Max / 100 {
		var events []kv.Event
		for j := range 100 {
			events = append(events, put(fmt.Sprintf("k%d", 100*i+j), 1_000+100*i+j))
		}
		f.take(t, live(events...))
	}
	f.take(t, kv.Batch{State: kv.Reconnecting})
	var grown []uint64
	for row := range f.log.Rows() {
		n := f.log.Number(row)
		if f.log.Row(n) != row {
			t.Fatalf("change %d is in row %d, not in %d", n, row, f.log.Row(n))
		}
		grown = append(grown, n)
	}
	l := &f.log.shown
	l.filter(l.fits)
	if len(grown) == 0 || !slices.Equal(grown, l.matches) || f.log.Get(grown[len(grown)-1]).Kind != ContactLost {
		t.Errorf("%d lines grew, %d match", len(grown), len(l.matches))
	}
	f.log.Filter(nil)
	if f.log.Rows() != Max+1 {
		t.Errorf("without a filter there are %d rows", f.log.Rows())
	}
}

// Without any change there is no row, and none is nearest.
func TestAnEmptyLog(t *testing.T) {
	l := NewLog()
	if l.Rows() != 0 || l.Row(0) != -1 || l.Get(0) != nil {
		t.Errorf("%d rows, the nearest is %d", l.Rows(), l.Row(0))
	}
}

// BenchmarkRecordChange is what one change costs, with a filter and without.
func BenchmarkRecordChange(b *testing.B) {
	for name, fits := range map[string]func(string) bool{"all": nil, "filtered": func(key string) bool { return strings.Contains(key, "k7") }} {
		b.Run(name, func(b *testing.B) {
			l := NewLog()
			l.recorder.ready = true
			l.Filter(fits)
			keys := make([]string, Max)
			for i := range keys {
				keys[i] = fmt.Sprintf("app/services/k%d/address", i)
			}
			b.ReportAllocs()
			for i := range b.N {
				l.Take(kv.Event{Key: keys[i%len(keys)], Index: uint64(i + 1), Size: 64}, Known{})
			}
		})
	}
}

// What happened to one key is found whatever the filter shows, also during a
// pause, with the marks after which something may be missing.
func TestChangesOfAKey(t *testing.T) {
	f := newFollow()
	f.take(t, kv.Batch{State: kv.Live, Begin: true, Synced: true, Events: []kv.Event{put("dir/a", 1), put("b", 1)}})
	f.log.Filter(func(string) bool { return false })
	f.take(t, kv.Batch{State: kv.Live, Events: []kv.Event{put("dir/a", 2), put("b", 2)}})
	f.log.Pause()
	f.take(t,
		kv.Batch{State: kv.Live, Missed: kv.Coalesced, Events: []kv.Event{put("dir/a", 4)}},
		kv.Batch{State: kv.Live, Events: []kv.Event{{Kind: kv.FolderGoneEvent, Key: "dir"}}})
	f.log.Stop(noon)
	var got []string
	for _, c := range f.log.Of("dir/a") {
		got = append(got, fmt.Sprint(c.Kind, " ", c.Key, " ", c.Now.Index, " ", c.Missed))
	}
	want := []string{"1 dir/a 2 ", "1 dir/a 4 coalesced", "3 dir/ 0 ", "9  0 "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What changed below a folder is found without its siblings, each key once, also
// during a pause, and so is when each child changed.
func TestBelowAFolder(t *testing.T) {
	f := newFollow()
	put := func(key string, index uint64) kv.Event { return kv.Event{Key: key, Index: index} }
	f.take(t, kv.Batch{Begin: true, Synced: true, State: kv.Live, Events: []kv.Event{put("a/x", 1), put("a/d/y", 1), put("ab", 1)}})
	if newest, at := f.log.Below("a", 9); len(newest) != 0 || len(at) != 0 {
		t.Errorf("after the listing: %v, %v", newest, at)
	}
	f.take(t, kv.Batch{State: kv.Live, Events: []kv.Event{put("a/x", 2), put("a/d/y", 3), put("ab", 4), put("a/x", 5), put("a", 6)}})
	before := f.log.Version()
	f.log.Pause()
	f.take(t, kv.Batch{State: kv.Live, Events: []kv.Event{put("a/d/z/w", 7)}})
	if f.log.Version() == before {
		t.Error("the version stays")
	}
	for range 2 {
		newest, at := f.log.Below("a", 2)
		var keys []string
		for _, c := range newest {
			keys = append(keys, c.Key)
		}
		if !slices.Equal(keys, []string{"a/d/z/w", "a/x"}) || newest[1].Now.Index != 5 {
			t.Errorf("the newest are %+v", newest)
		}
		if len(at) != 2 || !at["x"].Equal(noon) || !at["d"].Equal(noon) {
			t.Errorf("the children changed at %v", at)
		}
		f.log.Resume()
	}
}
