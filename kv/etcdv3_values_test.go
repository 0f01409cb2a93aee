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

// v3Told returns the values in an event of FollowValues as "before -> after", where "-" is no key
// and "?" is not known.
func v3Told(e kv.Event) string {
	v := e.Values
	if v == nil {
		return "no values"
	}
	before := "?"
	if v.BeforeKnown {
		before = v3ShownValue(v.Before)
	}
	return before + " -> " + v3ShownValue(v.After)
}

func v3ShownValue(value []byte) string {
	if value == nil {
		return "-"
	}
	return strconv.Quote(string(value))
}

// v3FollowValues opens a feed with values and reads its listing.
func v3FollowValues(t *testing.T, s *kv.EtcdV3, prefix string) kv.Feed {
	t.Helper()
	feed, err := s.FollowValues(prefix, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { feed.Close() })
	tree := map[string]kv.Event{}
	v3FeedUntil(t, feed, tree, v3Synced)
	for key, e := range tree {
		if e.Values != nil {
			t.Errorf("%s was listed with values", key)
		}
	}
	return feed
}

// v3NextEvents reads a feed until it has brought so many events.
func v3NextEvents(t *testing.T, feed kv.Feed, n int) []kv.Event {
	t.Helper()
	var events []kv.Event
	v3FeedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool {
		events = append(events, b.Events...)
		return len(events) >= n
	})
	return events
}

// The changes of a feed of values have the values before and after.
func TestEtcdV3ValuesOfChanges(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		v3MustPut(t, s, "values/old")
		feed := v3FollowValues(t, s, "values")
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
			if got := v3Told(v3NextEvents(t, feed, 1)[0]); got != step.want {
				t.Errorf("told %s, want %s", got, step.want)
			}
		}
		if err := s.DeleteTree("values"); err != nil {
			t.Fatal(err)
		}
	})
}

// A slow reader gets for each key what it was and what it is.
func TestEtcdV3ValuesCoalesced(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		v3MustPut(t, s, "coalesced/old")
		feed := v3FollowValues(t, s, "coalesced")
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
		v3MustPut(t, s, "coalesced/last") // changes come in order, so this is the last
		// The values of one key link up, however its changes are merged.
		links := map[string]string{}
		v3FeedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool {
			last := false
			for _, e := range b.Events {
				before, after, _ := strings.Cut(v3Told(e), " -> ")
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

// A value that was compacted before the feed could read it is not known.
func TestEtcdV3ValuesCompacted(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, direct *kv.EtcdV3) {
		l, s := v3OpenLinked(t, server)
		prefix := "compacted-" + strconv.FormatUint(v3Revision(t, direct), 10)
		v3MustPut(t, direct, prefix+"/a")
		feed := v3FollowValues(t, s, prefix)
		l.Cut()
		v3FeedUntil(t, feed, map[string]kv.Event{}, func(b kv.Batch) bool { return b.State == kv.Reconnecting })
		// The last revision stays readable, so that the change comes. What it replaced is older.
		if err := direct.Put(prefix+"/a", []byte("y"), nil); err != nil {
			t.Fatal(err)
		}
		v3Etcdctl(t, server, "compact", "--physical", fmt.Sprint(v3IndexOf(t, direct, prefix+"/a")))
		l.Mend()
		if got := v3Told(v3NextEvents(t, feed, 1)[0]); got != `? -> "y"` {
			t.Errorf("told %s", got)
		}
	})
}

func v3IndexOf(t *testing.T, s kv.Store, key string) uint64 {
	t.Helper()
	pair, err := s.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair.LastIndex
}
