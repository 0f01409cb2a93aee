package kv_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// told is what an event of FollowValues says of a key: "before -> after",
// where "-" is no key and "?" is not known.
func told(e kv.Event) string {
	v := e.Values
	if v == nil {
		return "no values"
	}
	before := "?"
	if v.BeforeKnown {
		before = shown(v.Before)
	}
	return before + " -> " + shown(v.After)
}

func shown(value []byte) string {
	if value == nil {
		return "-"
	}
	return strconv.Quote(string(value))
}

// followValues opens a feed with values, and reads its listing.
func followValues(t *testing.T, s *kv.EtcdV3, prefix string) kv.Feed {
	t.Helper()
	feed, err := s.FollowValues(prefix, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { feed.Close() })
	tree := map[string]kv.Event{}
	feedUntil(t, feed, tree, synced)
	for key, e := range tree {
		if e.Values != nil {
			t.Errorf("%s was listed with values", key)
		}
	}
	return feed
}

// nextEvents reads a feed until it told so many events.
func nextEvents(t *testing.T, feed kv.Feed, n int) []kv.Event {
	t.Helper()
	var events []kv.Event
	feedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool {
		events = append(events, b.Events...)
		return len(events) >= n
	})
	return events
}

func TestEtcdV3ValuesOfChanges(t *testing.T) {
	eachEtcdV3(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		mustPut(t, s, "values/old")
		feed := followValues(t, s, "values")
		for _, step := range []struct {
			do   func() error
			want string
		}{
			{func() error { return s.Put("values/new", []byte("1"), nil) }, `- -> "1"`},
			{func() error { return s.Put("values/new", nil, nil) }, `"1" -> ""`},
			{func() error { return s.Put("values/new", []byte("2"), nil) }, `"" -> "2"`},
			{func() error { return s.Delete("values/new") }, `"2" -> -`},
			{func() error { return s.Put("values/new", []byte("3"), nil) }, `- -> "3"`},
			{func() error { return s.Delete("values/old") }, `"x" -> -`},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if got := told(nextEvents(t, feed, 1)[0]); got != step.want {
				t.Errorf("told %s, want %s", got, step.want)
			}
		}
		if err := s.DeleteTree("values"); err != nil {
			t.Fatal(err)
		}
	})
}

// A reader that looks away is told of each key what it was and what it is.
func TestEtcdV3ValuesCoalesced(t *testing.T) {
	eachEtcdV3(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		mustPut(t, s, "coalesced/old")
		feed := followValues(t, s, "coalesced")
		for i := range 5 {
			for _, name := range []string{"old", "new"} {
				if err := s.Put("coalesced/"+name, []byte(strconv.Itoa(i)), nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Delete("coalesced/old"); err != nil {
			t.Fatal(err)
		}
		mustPut(t, s, "coalesced/last") // in order: when it is told, all is
		// The values of one key link up, however its changes are parted.
		links := map[string]string{}
		feedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool {
			last := false
			for _, e := range b.Events {
				before, after, _ := strings.Cut(told(e), " -> ")
				if link, ok := links[e.Key]; ok && link != before {
					t.Errorf("%s was %s, and then had been %s", e.Key, link, before)
				} else if !ok && before != map[bool]string{true: `"x"`, false: "-"}[e.Key == "coalesced/old"] {
					t.Errorf("%s began as %s", e.Key, before)
				}
				links[e.Key] = after
				last = last || e.Key == "coalesced/last"
			}
			return last
		})
		want := map[string]string{"coalesced/old": "-", "coalesced/new": `"4"`, "coalesced/last": `"x"`}
		if !reflect.DeepEqual(links, want) {
			t.Errorf("ended as %v, want %v", links, want)
		}
		if err := s.DeleteTree("coalesced"); err != nil {
			t.Fatal(err)
		}
	})
}

// What was compacted before it could be told is not claimed to be known.
func TestEtcdV3ValuesCompacted(t *testing.T) {
	eachEtcdV3(t, func(t *testing.T, server *kvtest.Server, direct *kv.EtcdV3) {
		l, s := openLinked(t, server)
		prefix := "compacted-" + strconv.FormatUint(revision(t, direct), 10)
		mustPut(t, direct, prefix+"/a")
		feed := followValues(t, s, prefix)
		l.Cut()
		feedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool { return b.State == kv.Reconnecting })
		// The last revision stays readable, so that the change itself is told;
		// what it replaced is older.
		if err := direct.Put(prefix+"/a", []byte("y"), nil); err != nil {
			t.Fatal(err)
		}
		etcdctl(t, server, "compact", "--physical", fmt.Sprint(indexOf(t, direct, prefix+"/a")))
		l.Mend()
		if got := told(nextEvents(t, feed, 1)[0]); got != `? -> "y"` {
			t.Errorf("told %s", got)
		}
	})
}

func indexOf(t *testing.T, s kv.Store, key string) uint64 {
	t.Helper()
	pair, err := s.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair.LastIndex
}
