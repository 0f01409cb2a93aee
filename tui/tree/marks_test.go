package tree

import (
	"slices"
	"testing"
	"time"
)

// marked returns a tree of keys, and the keys that are marked in it as text.
func marked(keys ...string) (*Tree, func() []string) {
	t := New("")
	t.BeginListing()
	for _, key := range keys {
		t.Put(Entry{Key: key, Index: 1}, time.Time{})
	}
	t.EndListing(time.Time{})
	return t, func() []string {
		var names []string
		for m := range t.Marks() {
			name := m.Key
			if m.Folder {
				name += "/"
			}
			names = append(names, name)
		}
		return names
	}
}

// Marks that were taken off do not come back with the next mark.
func TestUnmarkedStaysUnmarked(t *testing.T) {
	tr, marks := marked("a/1", "a/2", "b/1", "b/2", "c")
	for _, key := range []string{"a/1", "b", "c"} {
		tr.Mark(key, true)
	}
	if got := marks(); !slices.Equal(got, []string{"a/1", "b/", "c"}) {
		t.Fatalf("marks %q", got)
	}
	tr.Unmark()
	tr.Mark("a/2", true)
	tr.Put(Entry{Key: "b/3", Index: 2}, time.Time{})
	tr.Delete("a/1", time.Time{})
	tr.Put(Entry{Key: "a/1", Index: 3}, time.Time{})
	if got := marks(); !slices.Equal(got, []string{"a/2"}) {
		t.Fatalf("after Unmark: %q", got)
	}
	if keys, n, _ := tr.CountMarks(); keys != 1 || n != 1 {
		t.Fatalf("%d keys, %d marks", keys, n)
	}
	tr.Mark("a", true)
	tr.Mark("a", false)
	if got := marks(); got != nil {
		t.Fatalf("a folder took its mark off, and %q stay", got)
	}
}

// A deleted key loses its mark; what is new in a marked folder belongs to it.
func TestMarksFollowTheStore(t *testing.T) {
	tr, marks := marked("a/1", "a/2", "b")
	tr.Mark("a", true)
	tr.Mark("b", true)
	tr.Put(Entry{Key: "a/3/x", Index: 2}, time.Time{})
	tr.Delete("b", time.Time{})
	tr.Put(Entry{Key: "b", Index: 3}, time.Time{})
	if keys, n, _ := tr.CountMarks(); keys != 3 || n != 1 {
		t.Fatalf("%d keys, %d marks", keys, n)
	}
	if folder, ok := tr.MarkedFolder("a/3/x"); folder != "a" || !ok {
		t.Fatalf("MarkedFolder = %q, %v", folder, ok)
	}
	for _, key := range []string{"a/1", "a/2", "a/3/x"} {
		tr.Delete(key, time.Time{})
	}
	if got := marks(); got != nil {
		t.Fatalf("marks %q of what is gone", got)
	}
}

// A folder that has to be forgotten, though its keys are there, says how many marks
// went with it.
func TestDroppedMarksAreCounted(t *testing.T) {
	tr, _ := marked("a/1", "a/2", "b/1")
	tr.Mark("a/1", true)
	tr.Mark("a/2", true)
	tr.Mark("b", true)
	tr.PutFolder("a", time.Time{})
	tr.PutFolder("b", time.Time{})
	if n, again := tr.TakeDropped(), tr.TakeDropped(); n != 2 || again != 0 {
		t.Fatalf("TakeDropped = %d, %d", n, again)
	}
	if _, n, more := tr.CountMarks(); n != 1 || !more {
		t.Fatalf("%d marks, more %v", n, more)
	}
}

// Marks of few keys among many take little memory, and none once they are off.
func TestMarksTakeMemoryWhereTheyAre(t *testing.T) {
	var keys []string
	for i := range 50_000 {
		keys = append(keys, "f/"+string(rune('a'+i%26))+"/"+time.Duration(i).String())
	}
	tr, _ := marked(keys...)
	tr.Mark(keys[7], true)
	used := 0
	for _, chunk := range tr.marks.chunks {
		if chunk != nil {
			used++
		}
	}
	if used == 0 || used > 20 {
		t.Errorf("%d chunks of sums for one mark", used)
	}
	if tr.Unmark(); !tr.marks.none() {
		t.Error("sums are left")
	}
}
