package cli

import (
	"testing"

	"kvist/kv"
	"kvist/tui/tree"
)

// exploredKeys returns the keys that the explorer's tree has of a target.
func exploredKeys(t *testing.T, at *target) []string {
	t.Helper()
	s, err := at.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at.place(s)
	dir := kv.Dir(s, at.key)
	keys := tree.New(dir)
	feed, err := kv.Follow(s, dir, kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	for {
		b, err := feed.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range b.Events {
			if e.Kind == kv.PutEvent && e.Flags&kv.Directory == 0 || e.Size > 0 {
				keys.Put(tree.Entry{Key: e.Key, Index: e.Index}, b.At)
			}
		}
		if b.Synced {
			break
		}
	}
	var names []string
	for e := range keys.After("") {
		if len(e.Key) > 4 && e.Key[len(e.Key)-4:] == "/two" {
			continue
		}
		names = append(names, e.Key)
	}
	return names
}
