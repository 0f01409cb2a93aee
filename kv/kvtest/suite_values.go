package kvtest

import (
	"context"
	"fmt"

	"kvist/kv"
)

// A feed with values tells what each change made of its key, whether the store
// tells it or it is read behind; also through a guard.
var valuePromises = []promise{
	{"FeedTellsValues", func(g *ground) { testValues(g, kv.FollowValues) }},
	{"FeedTellsValuesThroughAGuard", func(g *ground) {
		testValues(g, func(s kv.Store, prefix string) (kv.Feed, error) { return kv.FollowValues(kv.ReadOnly(s), prefix) })
	}},
}

func testValues(g *ground, open opener) {
	g.put("dir/there", "one")
	f := g.follow(open, "")
	live := false
	next := func(what string, fits func(kv.Event) bool) kv.Event {
		g.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for {
			b, err := f.feed.Next(ctx)
			if err != nil {
				g.Fatalf("%s: %v", what, err)
			}
			for _, e := range b.Events {
				if !live && e.Values != nil {
					g.Errorf("a listing told the values of %s", e.Key)
				}
				if live && fits(e) {
					return e
				}
			}
			if live = live || b.Synced; live && fits(kv.Event{}) {
				return kv.Event{}
			}
		}
	}
	next("the listing", func(e kv.Event) bool { return e.Key == "" })
	told := func(what, rest string, kind kv.EventKind, want string) {
		g.Helper()
		e := next(what, func(e kv.Event) bool { return e.Key == g.key(rest) && e.Kind == kind })
		if got := valuesInShort(e.Values); got != want {
			g.Errorf("%s: told %s, want %s", what, got, want)
		}
	}
	g.put("dir/there", "two")
	told("a change", "dir/there", kv.PutEvent, "one > two")
	if err := g.s.Delete(g.key("dir/there")); err != nil {
		g.Fatal(err)
	}
	told("a deletion", "dir/there", kv.DeleteEvent, "two > none")
	g.put("dir/there", "three")
	told("a new creation", "dir/there", kv.PutEvent, "none > three")
	g.put("dir/empty", "")
	e := next("an empty value", func(e kv.Event) bool { return e.Key == g.key("dir/empty") })
	if e.Values == nil || e.Values.After == nil || e.Values.Before != nil {
		g.Errorf("an empty value: told %s", valuesInShort(e.Values))
	}
}

// valuesInShort writes values as "before > after".
func valuesInShort(v *kv.Values) string {
	if v == nil {
		return "nothing"
	}
	side := func(value []byte) string {
		if value == nil {
			return "none"
		}
		return fmt.Sprintf("%s", value)
	}
	before := side(v.Before)
	if !v.BeforeKnown {
		before = "not known"
	}
	return before + " > " + side(v.After)
}
