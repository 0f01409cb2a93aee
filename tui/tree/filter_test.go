package tree

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kvist/tui/tree/match"
)

// filterAll filters the tree to the end.
func filterAll(t *testing.T, tree *Tree, query string) {
	t.Helper()
	p, err := match.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	tree.Filter(p.Pattern)
	searchAll(tree, 2)
}

// searchAll searches to the end, most keys at a time.
func searchAll(t *Tree, most int) {
	for done := false; !done; {
		done = t.Search(most)
	}
}

func TestFilter(t *testing.T) {
	tree := grown("p", "p/web/limits", "p/web/hosts", "p/db/limits/max", "p/db/user", "p/x/y/z")
	tree.JoinChains(true)
	tree.Open("p/db")
	before := picture(tree)
	for _, c := range []struct {
		query string
		rows  []string
	}{
		{"limits", []string{"db 1 open", ".limits 1 open", "..max", "web 1 open", ".limits"}},
		{"p/db", []string{"db 2 open", ".limits 1 open", "..max", ".user"}},
		{"!limits", []string{"db 1 open", ".user", "web 1 open", ".hosts", "x 1 open", ".y 1 open", "..z"}},
		{"~pxz", []string{"x 1 open", ".y 1 open", "..z"}},
		{"=s$", []string{"web 2 open", ".hosts", ".limits"}},
		{"LIMITS", nil},
		{"p/", []string{"db 2 open", ".limits 1 open", "..max", ".user", "web 2 open", ".hosts", ".limits", "x 1 open", ".y 1 open", "..z"}},
		{"!p/", nil},
	} {
		filterAll(t, tree, c.query)
		if got := picture(tree); !slices.Equal(got, c.rows) {
			t.Errorf("%s: rows %q, want %q", c.query, got, c.rows)
		}
		if tree.Searched() != 5 {
			t.Errorf("%s: %d keys were searched", c.query, tree.Searched())
		}
	}
	tree.Unfilter()
	expect(t, tree, before...)
	if tree.Hits() != 0 || !tree.Search(1) {
		t.Error("something is found without a filter")
	}
}

// A filter finds a letter with an accent in both forms that Unicode has for it.
func TestAFilterFindsBothFormsOfALetter(t *testing.T) {
	tree := grown("p", "p/caf\u00e9/x", "p/cafe\u0301/y", "p/cafe/z")
	for _, text := range []string{"\u00e9/", "e\u0301/"} {
		tree.Filter(match.Text(text))
		searchAll(tree, 2)
		if n := tree.Hits(); n != 2 {
			t.Errorf("%+q has %d hits", text, n)
		}
	}
}

func TestAFilterSeesWhatComesAndGoes(t *testing.T) {
	tree := grown("", "a/x1", "a/y", "b/x2")
	tree.Filter(match.Text("x"))
	tree.Put(Entry{Key: "c/x3"}, time.Unix(1, 0)) // before anything was compared
	expect(t, tree, "c 1 open", ".x3")
	searchAll(tree, 1)
	tree.Put(Entry{Key: "a/x0"}, time.Unix(2, 0))
	tree.Put(Entry{Key: "a/z"}, time.Unix(2, 0))
	tree.Delete("b/x2", time.Unix(2, 0))
	expect(t, tree, "a 2 open", ".x0", ".x1", "b 0 open ghost", ".x2 ghost", "c 1 open", ".x3")
	if tree.Hits() != 3 {
		t.Errorf("%d hits", tree.Hits())
	}
	tree.PutFolder("d/x", time.Unix(3, 0))
	tree.PutFolder("a", time.Unix(3, 0))
	tree.Expire(time.Unix(9, 0))
	expect(t, tree, "c 1 open", ".x3", "d 0 open", ".x 0")
	if rows := tree.Rows(0, 4); rows[0].Match || !rows[1].Match || rows[2].Match || !rows[3].Match {
		t.Errorf("the wrong rows match:\n%s", list(rows))
	}
}

// One more letter is looked for among the hits only.
func TestALetterMore(t *testing.T) {
	keys := make([]string, 500)
	for i := range keys {
		keys[i] = fmt.Sprintf("dir/%03d", i)
	}
	tree := grown("", keys...)
	filterAll(t, tree, "12")
	if tree.Hits() != 15 { // 012, 112 … 412 and 120 … 129
		t.Fatalf("%d hits", tree.Hits())
	}
	tree.Filter(match.Text("412"))
	if len(tree.filter.candidates) != 15 || tree.Searched() != 500 {
		t.Errorf("%d keys are looked at again, %d are searched", len(tree.filter.candidates), tree.Searched())
	}
	tree.Delete("dir/120", time.Time{})
	tree.Put(Entry{Key: "dir/x412"}, time.Time{})
	searchAll(tree, 4)
	expect(t, tree, "dir 2 open", ".412", ".x412")
	filterAll(t, tree, "3") // which is not narrower
	if tree.Hits() != 176 {
		t.Errorf("%d hits", tree.Hits())
	}
}

// A search may run beside updates.
func TestSearchBesideAWriter(t *testing.T) {
	tree := grown("", "a/b/c")
	stop := make(chan struct{})
	var searchers sync.WaitGroup
	searchers.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			tree.Filter(match.Text([]string{"1", "17", "a"}[i%3]))
			for range 20 {
				tree.Search(50)
				tree.Rows(0, 10)
				tree.NextHit("a/5/5", i%2 == 0)
			}
		}
	})
	for i := range 2_000 {
		key := fmt.Sprintf("a/%d/%d", i%61, i%53)
		if i%3 == 0 {
			tree.Delete(key, time.Now())
		} else {
			tree.Put(Entry{Key: key, Index: uint64(i)}, time.Now())
		}
	}
	close(stop)
	searchers.Wait()
	filterAll(t, tree, "17")
	want := 0
	for e := range tree.All() {
		if match.Text("17").Match(e.Key) {
			want++
		}
	}
	if tree.Hits() != want || want == 0 {
		t.Errorf("%d hits, want %d", tree.Hits(), want)
	}
}
