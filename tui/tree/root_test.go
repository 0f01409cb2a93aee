package tree

import (
	"slices"
	"testing"
	"time"

	"kvist/tui/tree/match"
)

// A tree that is rooted at the directory around a key keeps nothing but its filter
// and the running listing.
func TestRoot(t *testing.T) {
	now := time.Now()
	tr := grown("app/one", "app/one/a", "app/one/a-name-of-more-than-twenty-bytes")
	tr.Delete("app/one/a", now) // a ghost
	tr.Filter(match.Text("one"))
	tr.BeginListing()
	tr.Root(Entry{Key: "app/one", Index: 7})
	if want := []string{"one"}; !slices.Equal(picture(tr), want) || tr.Hits() != 1 || tr.Keys() != 1 || tr.Lit() != 0 {
		t.Errorf("rows %q, %d hits, %d keys and %d lit", picture(tr), tr.Hits(), tr.Keys(), tr.Lit())
	}
	if gone := swept(tr, now); gone != 0 {
		t.Errorf("%d keys swept that were put", gone)
	}
	tr.Unfilter()
	tr.Put(Entry{Key: "app/one/x", Index: 8}, time.Time{})
	if want := []string{"one 1 open", ".x"}; !slices.Equal(picture(tr), want) {
		t.Errorf("rows %q, want %q", picture(tr), want)
	}
	tr.BeginListing()
	tr.Put(Entry{Key: "app/one", Index: 7}, time.Time{})
	if gone := swept(tr, time.Time{}); gone != 1 || tr.Keys() != 1 {
		t.Errorf("%d swept, %d left", gone, tr.Keys())
	}
}

// A key whose name ends in a slash has a row.
func TestRootAtAKeyWithASlash(t *testing.T) {
	tr := New("app")
	tr.Root(Entry{Key: "app/"})
	if rows := tr.Rows(0, 2); len(rows) != 1 || rows[0].Key != "app/" || rows[0].Name != "" {
		t.Errorf("rows %+v", rows)
	}
}
