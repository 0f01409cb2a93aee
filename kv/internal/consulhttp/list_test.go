package consulhttp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// listing answers for keys with an index and a text, and notes the queries.
type listing struct {
	queries []string
	index   func(query string) string
	text    string
}

func (l *listing) answer(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, kvPath) {
		return false
	}
	l.queries = append(l.queries, strings.TrimPrefix(r.URL.Path, kvPath)+"?"+r.URL.RawQuery)
	w.Header().Set("X-Consul-Index", l.index(r.URL.RawQuery))
	_, _ = io.WriteString(w, l.text)
	return true
}

// newListing returns a client of an agent that answers as a listing says.
func newListing(t *testing.T, text string, index func(query string) string) (*Client, *listing) {
	t.Helper()
	l := &listing{text: text, index: index}
	c, _ := newClient(t, Config{Endpoints: []string{startAgent(t, l.answer).addr}, Datacenter: "dc7"})
	return c, l
}

// A query asks for what was wanted: consistently where it does not wait, and for all names where no
// URL can name the directory.
func TestListQueries(t *testing.T) {
	c, l := newListing(t, "[]", func(string) string { return "9" })
	for _, query := range []List{
		{Dir: "a/"},
		{Dir: "a/", What: Names},
		{Dir: "a/", What: Level, Index: 8},
		{Dir: "a//b/", What: Level, Index: 8, Wait: time.Minute},
	} {
		answer, err := c.List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		answer.Close()
	}
	want := []string{
		"a/?consistent=&dc=dc7&recurse=",
		"a/?consistent=&dc=dc7&keys=",
		"a/?dc=dc7&index=8&keys=&separator=%2F&wait=15000ms",
		"a/?dc=dc7&index=8&keys=&wait=60000ms",
	}
	if !slices.Equal(l.queries, want) {
		t.Errorf("asked %q", l.queries)
	}
}

// The three ways to read an answer see the same keys.
func TestAnswers(t *testing.T) {
	c, l := newListing(t, `[{"Key":"a","Value":"YWJj","ModifyIndex":3,"Session":"s"},{"Key":"b","Value":null,"ModifyIndex":4}]`,
		func(string) string { return "9" })
	var pairs, entries, names []string
	answer, err := c.List(t.Context(), List{})
	if err == nil {
		err = answer.Pairs(func(p *api.KVPair) error {
			pairs = append(pairs, fmt.Sprint(p.Key, len(p.Value), p.ModifyIndex, p.Session))
			return nil
		})
	}
	if err != nil || answer.Index != 9 || answer.Back || answer.Filtered || answer.IsOld() {
		t.Fatalf("%+v, %v", answer, err)
	}
	answer.Close()
	if answer, err = c.List(t.Context(), List{}); err == nil {
		err = answer.Entries(func(e *Entry) error {
			entries = append(entries, fmt.Sprint(string(e.Key), e.Size, e.Index, string(e.Session)))
			return nil
		})
		answer.Close()
	}
	if err != nil || !slices.Equal(pairs, entries) || len(pairs) != 2 {
		t.Errorf("pairs %q, entries %q, %v", pairs, entries, err)
	}
	l.text = `["a","b/"]`
	if answer, err = c.List(t.Context(), List{What: Level}); err == nil {
		err = answer.Names(func(name []byte) error { names = append(names, string(name)); return nil })
		answer.Close()
	}
	if err != nil || !slices.Equal(names, []string{"a", "b/"}) {
		t.Errorf("names %q, %v", names, err)
	}
}

// An answer older than the query is asked for again, consistently, before it counts: it may come
// from a leader that has yet to replay its log.
func TestOldAnswersAreAskedForAgain(t *testing.T) {
	behind, truth := "5", "12"
	c, l := newListing(t, "[]", func(query string) string {
		if strings.Contains(query, "consistent") {
			return truth
		}
		return behind
	})
	answer, err := c.List(t.Context(), List{Index: 8})
	if err != nil || answer.Index != 12 || answer.Back || len(l.queries) != 2 {
		t.Errorf("%+v, %v after %q", answer, err, l.queries)
	}
	truth = "6"
	if answer, err = c.List(t.Context(), List{Index: 8}); err != nil || answer.Index != 6 || !answer.Back {
		t.Errorf("a store set back: %+v, %v", answer, err)
	}
	behind = "8"
	if answer, err = c.List(t.Context(), List{Index: 8}); err != nil || !answer.IsOld() {
		t.Errorf("nothing new: %+v, %v", answer, err)
	}
	behind = ""
	if _, err = c.List(t.Context(), List{Index: 8}); err == nil {
		t.Error("no index is no error")
	}
	if got := []uint64{NextIndex(0, 0), NextIndex(8, 7), NextIndex(8, 8), NextIndex(8, 9)}; !slices.Equal(got, []uint64{1, 0, 8, 9}) {
		t.Errorf("the next indexes are %v", got)
	}
}

// A listing may take any time as long as bytes keep coming, and ends with ErrStalled when they
// stop.
func TestListingsThatStall(t *testing.T) {
	t.Parallel()
	stall := false
	a := startAgent(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, kvPath) {
			return false
		}
		flush := http.NewResponseController(w)
		for i, part := range []string{"[", `"a"`, `,"b"`, `,"c"`, "]"} {
			if stall && i == 3 {
				<-r.Context().Done()
				return true
			}
			_, _ = io.WriteString(w, part)
			_ = flush.Flush()
			time.Sleep(500 * time.Millisecond)
		}
		return true
	})
	c, _ := newClient(t, Config{Endpoints: []string{a.addr}, Timeout: 2 * time.Second})
	read := func() (int, error) {
		answer, err := c.List(t.Context(), List{What: Names})
		if err != nil {
			return 0, err
		}
		defer answer.Close()
		n := 0
		return n, answer.Names(func([]byte) error { n++; return nil })
	}
	if _, err := read(); err != nil {
		t.Errorf("a slow one: %v", err)
	}
	stall = true
	if _, err := read(); !errors.Is(err, ErrStalled) {
		t.Errorf("one that stalls: %v", err)
	}
}

// An element beyond its bound is an error, however long the list is.
func TestElementsAreBounded(t *testing.T) {
	long := `["` + strings.Repeat("x", 1000) + `"]`
	err := decodeList(strings.NewReader(long), 100, func(string) error { return nil })
	var bad BadAnswer
	if !errors.As(err, &bad) {
		t.Errorf("a long element: %v", err)
	}
	n := 0
	many := "[" + strings.Repeat(`"x",`, 1000) + `"x"]`
	if err := decodeList(strings.NewReader(many), 4096, func(string) error { n++; return nil }); err != nil || n != 1001 {
		t.Errorf("%d elements, %v", n, err)
	}
	if err := decodeList(strings.NewReader(""), 100, func(string) error { return nil }); err != nil {
		t.Errorf("no text: %v", err)
	}
}
