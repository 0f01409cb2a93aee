package kvtest

import (
	"context"

	"kvist/kv"
)

// A feed with values reports what each change made of its key, exactly or read
// after the change; also through a guard.
var valuePromises = []promise{
	{"FeedTellsValues", func(g *ground) { testValues(g, kv.FollowValues) }},
	{"FeedTellsValuesThroughAGuard", func(g *ground) {
		testValues(g, func(s kv.Store, prefix string, options kv.FollowOptions) (kv.Feed, error) {
			return kv.FollowValues(kv.ReadOnly(s), prefix, options)
		})
	}},
}

func testValues(g *ground, open opener) {
	g.put("dir/there", "one")
	f := valueReader{g: g, feed: g.follow(open, "").feed}
	f.list()
	g.put("dir/there", "two")
	f.tells("a change", "dir/there", kv.PutEvent, "one > two")
	if err := g.s.Delete(g.key("dir/there")); err != nil {
		g.Fatal(err)
	}
	f.tells("a deletion", "dir/there", kv.DeleteEvent, "two > none")
	g.put("dir/there", "three")
	f.tells("a new creation", "dir/there", kv.PutEvent, "none > three")
	g.put("dir/empty", "")
	if v := f.find("an empty value", "dir/empty", kv.PutEvent); v == nil || v.After == nil || v.Before != nil {
		g.Errorf("an empty value: told %s", valuesInShort(v))
	}
}

// valueReader reads a feed for the values in it.
type valueReader struct {
	g    *ground
	feed kv.Feed
}

// next returns the feed's next batch.
func (f valueReader) next(what string) kv.Batch {
	f.g.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	b, err := f.feed.Next(ctx)
	if err != nil {
		f.g.Fatalf("%s: %v", what, err)
	}
	return b
}

// list reads the listing, which has no values.
func (f valueReader) list() {
	f.g.Helper()
	for synced := false; !synced; {
		b := f.next("the listing")
		synced = b.Synced
		for _, e := range b.Events {
			if e.Values != nil {
				f.g.Errorf("a listing told the values of %s", e.Key)
			}
		}
	}
}

// find returns the values of the next event of that kind of a key.
func (f valueReader) find(what, rest string, kind kv.EventKind) *kv.ValueChange {
	f.g.Helper()
	for {
		for _, e := range f.next(what).Events {
			if e.Key == f.g.key(rest) && e.Kind == kind {
				return e.Values
			}
		}
	}
}

// tells compares them with what they should be.
func (f valueReader) tells(what, rest string, kind kv.EventKind, want string) {
	f.g.Helper()
	if got := valuesInShort(f.find(what, rest, kind)); got != want {
		f.g.Errorf("%s: told %s, want %s", what, got, want)
	}
}

// valuesInShort writes values as "before > after".
func valuesInShort(v *kv.ValueChange) string {
	if v == nil {
		return "nothing"
	}
	side := func(value []byte) string {
		if value == nil {
			return "none"
		}
		return string(value)
	}
	before := side(v.Before)
	if !v.BeforeKnown {
		before = "not known"
	}
	return before + " > " + side(v.After)
}
