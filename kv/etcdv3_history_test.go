package kv_test

import (
	"errors"
	"strconv"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3Changes returns a function that returns the changes below a prefix, one by one.
func v3Changes(t *testing.T, s kv.Store, prefix string) func() kv.Event {
	t.Helper()
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { feed.Close() })
	var queue []kv.Event
	next := func() kv.Batch {
		b, err := feed.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for synced := false; !synced; {
		synced = next().Synced
	}
	return func() kv.Event {
		for len(queue) == 0 {
			queue = next().Events
		}
		e := queue[0]
		queue = queue[1:]
		return e
	}
}

// A change can be read later, with the value that it replaced, until it is compacted.
func TestEtcdV3ReadsWhatAChangeReplaced(t *testing.T) {
	server := kvtest.StartEtcd(t)
	s, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	reader, ok := kv.As[kv.ChangeReader](kv.ReadOnly(s))
	if !ok {
		t.Fatal("no changes can be read")
	}
	next := v3Changes(t, s, "history")
	put := func(value string) kv.Event {
		if err := s.Put("history/a", []byte(value), nil); err != nil {
			t.Fatal(err)
		}
		return next()
	}
	tell := func(what string, e kv.Event, before, after string) {
		t.Helper()
		v, err := reader.ReadChange(t.Context(), e)
		if err != nil || !v.BeforeKnown || v.Read || string(v.Before) != before || string(v.After) != after {
			t.Errorf("%s: %q > %q, %+v, %v", what, v.Before, v.After, v, err)
		}
	}
	created, changed := put("one"), put("two")
	if err := s.Delete("history/a"); err != nil {
		t.Fatal(err)
	}
	gone := next()
	again := put("three")
	tell("created", created, "", "one")
	tell("changed", changed, "one", "two")
	tell("gone", gone, "two", "")
	tell("again", again, "", "three")

	for what, e := range map[string]kv.Event{
		"no index":          {Key: "history/a"},
		"from the future":   {Key: "history/a", Index: again.Index + 100},
		"of another key":    {Key: "history/b", Index: again.Index},
		"a deletion":        {Key: "history/b", Index: again.Index, Kind: kv.DeleteEvent},
		"a put for its end": {Key: "history/a", Index: gone.Index},
	} {
		if v, err := reader.ReadChange(t.Context(), e); !errors.Is(err, kv.ErrKeyNotFound) {
			t.Errorf("%s: %+v, %v", what, v, err)
		}
	}

	v3Etcdctl(t, server, "compact", strconv.FormatUint(changed.Index, 10))
	if v, err := reader.ReadChange(t.Context(), changed); err != nil || v.BeforeKnown || string(v.After) != "two" {
		t.Errorf("a change at the compaction: %+v, %v", v, err)
	}
	if v, err := reader.ReadChange(t.Context(), created); !errors.Is(err, kv.ErrCompacted) {
		t.Errorf("a change before the compaction: %+v, %v", v, err)
	}
	tell("after the compaction", gone, "two", "")
	v3Etcdctl(t, server, "compact", strconv.FormatUint(gone.Index, 10))
	if v, err := reader.ReadChange(t.Context(), gone); !errors.Is(err, kv.ErrCompacted) {
		t.Errorf("a deletion at the compaction: %+v, %v", v, err)
	}
}
