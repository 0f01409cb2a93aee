package changes

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kvist/kv"
)

// The table says what was known of a key, and that nothing was.
func TestTableSaysWhatWasKnown(t *testing.T) {
	table := NewTable(kv.RoomOf(nil))
	table.Begin()
	for _, c := range []struct {
		event kv.Event
		want  Known
	}{
		{put("a", 1), Known{Side: Side{Size: -1}}},
		{put("a", 2), Known{Side: Side{Index: 1, Size: 1}, There: true}},
		{preview("a"), Known{Side: Side{Index: 2, Size: 2}, There: true}},
		{gone("a"), Known{Side: Side{Size: -1}, There: true, Preview: true}},
		{gone("a"), Known{Side: Side{Size: -1}}},
	} {
		if was, err := table.Take(c.event); err != nil || was != c.want {
			t.Errorf("before %+v it was %+v (%v)", c.event, was, err)
		}
	}
}

// Keys that take more room than there is end the watch with an ErrTooMany, and
// keys that go give theirs back.
func TestTableTakesRoom(t *testing.T) {
	table := NewTable(kv.RoomOf(nil))
	const size = kv.DefaultMemory / 16
	huge := strings.Repeat("k", size) // its ends are keys that share its memory
	for range 3 {
		for i := range 15 {
			if _, err := table.Take(put(huge[i:], 1)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 15 {
			if _, err := table.Take(gone(huge[i:])); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 15 {
		_, _ = table.Take(put(huge[i:], 1))
	}
	if _, err := table.Take(put(huge[15:], 1)); !errors.Is(err, kv.ErrTooMany) {
		t.Errorf("the error is %v", err)
	}
}

// A Recorder that reads a table notes every difference between two listings, and
// nothing else.
func TestTwoListingsDifferByTheirChanges(t *testing.T) {
	listed := rapid.MapOfN(rapid.StringMatching("[a-c](/[a-c])?"), rapid.IntRange(1, 3), 0, 8)
	rapid.Check(t, func(t *rapid.T) {
		before, after := listed.Draw(t, "before"), listed.Draw(t, "after")
		var r Recorder
		table := NewTable(kv.RoomOf(nil))
		got := map[string]Kind{}
		for _, keys := range []map[string]int{before, after} {
			b := kv.Batch{Begin: true, Synced: true, State: kv.Live}
			r.Begin(b)
			table.Begin()
			for key, index := range keys {
				e := put(key, index)
				was, err := table.Take(e)
				if err != nil {
					t.Fatal(err)
				}
				if c, ok := r.Take(e, was); ok {
					got[c.Key] = c.Kind
				}
			}
			for _, s := range table.End() {
				if c, ok := r.Swept(s.Key, s.Was); ok {
					got[c.Key] = c.Kind
				}
			}
			r.End(b)
		}
		want := map[string]Kind{}
		for key, index := range before {
			switch now, there := after[key]; {
			case !there:
				want[key] = Removed
			case now != index:
				want[key] = Changed
			}
		}
		for key := range after {
			if _, there := before[key]; !there {
				want[key] = Added
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || table.Len() != len(after) {
			t.Fatalf("noted %v, want %v, of %d keys", got, want, table.Len())
		}
	})
}
