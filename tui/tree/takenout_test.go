package tree

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

// A key that was taken out of a marked folder stays out when it is deleted and written
// again; what is new beside it belongs to the folder.
func TestTakenOutStaysOut(t *testing.T) {
	tr, marks := marked("a/1", "a/2", "a/3/x", "b")
	tr.Mark("a", true)
	if !tr.Mark("a/2", false) || tr.Mark("a/2", false) {
		t.Fatal("it cannot be taken out, or twice")
	}
	tr.Delete("a/2", time.Time{})
	tr.Put(Entry{Key: "a/2", Index: 2}, time.Time{})
	tr.Put(Entry{Key: "a/4", Index: 3}, time.Time{})
	if keys, n, _ := tr.CountMarks(); keys != 3 || n != 1 {
		t.Errorf("%d keys, %d marks", keys, n)
	}
	if got, want := marks(), []string{"a/1", "a/3/", "a/4"}; !slices.Equal(got, want) {
		t.Errorf("marks %q", got)
	}
	tr.Mark("a", true)
	if got := marks(); !slices.Equal(got, []string{"a/"}) {
		t.Errorf("marks %q after the folder was marked again", got)
	}
}

// A folder that has to be forgotten is taken out as a whole if something in it was, or
// loses its own mark: nothing that was taken out gets a mark unseen.
func TestTakenOutOfForgottenFolders(t *testing.T) {
	tr, marks := marked("a/1", "a/2/x", "a/2/y", "b/1", "b/2")
	tr.Mark("a", true)
	tr.Mark("a/2/x", false)
	tr.Mark("b", true)
	tr.Mark("b/1", false)
	tr.PutFolder("a/2", time.Time{})
	tr.PutFolder("b", time.Time{})
	if n := tr.TakeDropped(); n != 2 {
		t.Errorf("TakeDropped = %d", n)
	}
	for _, key := range []string{"a/2/x", "a/2/y", "b/1", "b/2"} {
		tr.Put(Entry{Key: key, Index: 2}, time.Time{})
	}
	if got := marks(); !slices.Equal(got, []string{"a/1"}) {
		t.Errorf("marks %q", got)
	}
	if keys, _, _ := tr.CountMarks(); keys != 1 {
		t.Errorf("%d keys", keys)
	}
}

// No more is taken out than can be counted while keys are pressed; what belongs to
// folders that are not marked any more does not count.
func TestTakenOutHasABound(t *testing.T) {
	tr, _ := marked("b/1")
	for i := range takenOutMost + 1 {
		tr.Put(Entry{Key: "a/" + strconv.Itoa(i), Index: 1}, time.Time{})
	}
	tr.Mark("a", true)
	tr.Mark("b", true)
	for i := range takenOutMost {
		if !tr.Mark("a/"+strconv.Itoa(i), false) {
			t.Fatalf("%d cannot be taken out", i)
		}
	}
	last := "a/" + strconv.Itoa(takenOutMost)
	if tr.Mark(last, false) {
		t.Error("there is no bound")
	}
	if keys, _, _ := tr.CountMarks(); keys != 2 {
		t.Errorf("%d keys", keys)
	}
	for i := range takenOutMost + 1 {
		tr.Delete("a/"+strconv.Itoa(i), time.Time{})
	}
	if !tr.Mark("b/1", false) {
		t.Error("what is gone counts")
	}
}

// Below a prefix, and with empty names in a key, the same is taken out.
func TestTakenOutBelowAPrefix(t *testing.T) {
	tr := New("p")
	for _, key := range []string{"p//x", "p//y", "p/a/1", "p/a/2", "p/a//z", "p/a/"} {
		tr.Put(Entry{Key: key, Index: 1}, time.Time{})
	}
	tr.Mark("p/", true)
	tr.Mark("p/a", true)
	tr.Mark("p//x", false)
	tr.Mark("p/a/", false)
	var names []string
	for m := range tr.Marks() {
		names = append(names, m.Around+": "+m.Key)
	}
	if want := []string{"p/: p//y", "p/a: p/a/1", "p/a: p/a/2"}; !slices.Equal(names, want) {
		t.Errorf("marks %q, want %q", names, want)
	}
	if keys, n, _ := tr.CountMarks(); keys != 3 || n != 2 {
		t.Errorf("%d keys, %d marks", keys, n)
	}
	if out, is := tr.TakenOut("p/a//z"); out != "p/a/" || !is {
		t.Errorf("TakenOut = %q, %v", out, is)
	}
}
