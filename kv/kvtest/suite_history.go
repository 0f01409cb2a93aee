package kvtest

import (
	"errors"
	"fmt"

	"kvist/kv"
)

var historyPromises = []promise{
	{"ThePastIsTheStoreAsItWas", testPast},
	{"ThePastIsReadOnly", testPastReadOnly},
	{"ThePastHasBounds", testPastBounds},
	{"VersionsAreTheStatesOfAKey", testVersions},
	{"ChangesAreFoundInBothDirections", testChanges},
}

// historian returns the store's history, through a guard, and skips the test of a
// store that keeps none.
func (g *ground) historian() kv.Historian {
	g.Helper()
	h, ok := kv.As[kv.Historian](kv.ReadOnly(g.s))
	if !ok {
		g.Skip("the store keeps no history")
	}
	return h
}

// revision returns the newest revision.
func (g *ground) revision(h kv.Historian) uint64 {
	g.Helper()
	revision, err := h.Revision(g.Context())
	if err != nil {
		g.Fatal(err)
	}
	return revision
}

// past opens the store at a revision.
func (g *ground) past(h kv.Historian, revision uint64) kv.Store {
	g.Helper()
	past, err := h.At(g.Context(), revision)
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(past.Close)
	return past
}

func testPast(g *ground) {
	h := g.historian()
	g.put("a/one", "1")
	g.put("a/two", "2")
	then := g.revision(h)
	g.put("a/one", "changed")
	g.delete("a/two")
	g.put("a/three", "3")
	past := g.past(h, then)
	pairs, err := past.List(g.key("a"))
	if err != nil {
		g.Fatal(err)
	}
	g.equal("the past", g.texts(pairs), []string{"a/one=1", "a/two=2"})
	g.equal("the present", g.list("a"), []string{"a/one=changed", "a/three=3"})
	feed, err := kv.Follow(past, g.key("a"), kv.FollowOptions{})
	if err != nil {
		g.Fatal(err)
	}
	defer feed.Close()
	listed := map[string]int{}
	for synced := false; !synced; {
		b, err := feed.Next(g.Context())
		if err != nil || b.Err != nil {
			g.Fatal(b.Err, err)
		}
		for _, e := range b.Events {
			listed[e.Key] = e.Size
		}
		if synced = b.Synced; synced && b.State != kv.Live {
			g.Errorf("the feed is %v", b.State)
		}
	}
	if fmt.Sprint(listed) != fmt.Sprint(map[string]int{g.key("a/one"): 1, g.key("a/two"): 1}) {
		g.Errorf("the feed lists %v", listed)
	}
	if there, err := past.Exists(g.key("a/three")); there || err != nil {
		g.Errorf("a later key is there: %v, %v", there, err)
	}
}

func testPastReadOnly(g *ground) {
	h := g.historian()
	g.put("key", "1")
	then := g.revision(h)
	past := g.past(h, then)
	pair := g.get("key")
	_, _, atomicPut := past.AtomicPut(g.key("key"), nil, pair, nil)
	_, atomicDelete := past.AtomicDelete(g.key("key"), pair)
	_, lock := past.NewLock(g.key("key"), nil)
	for what, err := range map[string]error{
		"put": past.Put(g.key("key"), nil, nil), "delete": past.Delete(g.key("key")), "delete all": past.DeleteTree(g.prefix),
		"atomic put": atomicPut, "atomic delete": atomicDelete, "lock": lock,
	} {
		if !errors.Is(err, kv.ErrReadOnly) {
			g.Errorf("%s: %v", what, err)
		}
	}
	past.Close()
	if _, err := past.Get(g.key("key")); !errors.Is(err, kv.ErrClosed) {
		g.Errorf("closed, but: %v", err)
	}
	if got := g.get("key"); string(got.Value) != "1" || got.LastIndex != pair.LastIndex {
		g.Errorf("the live store has %+v", got)
	}
}

func testPastBounds(g *ground) {
	h := g.historian()
	g.put("key", "1")
	if _, err := h.At(g.Context(), 0); err == nil {
		g.Error("there is a revision 0")
	}
	for _, revision := range []uint64{g.revision(h) + 1<<40, ^uint64(0)} {
		if _, err := h.At(g.Context(), revision); !errors.Is(err, kv.ErrFuture) {
			g.Errorf("%d: %v", revision, err)
		}
	}
}

func testVersions(g *ground) {
	h := g.historian()
	g.put("key", "one")
	g.put("key", "two")
	g.put("beside", "x")
	g.delete("key")
	g.put("key", "three")
	said := []string{}
	for before, more := uint64(0), true; more; {
		v, err := h.Versions(g.Context(), g.key("key"), kv.VersionsOptions{Before: before, Limit: 3, Deep: true})
		if err != nil {
			g.Fatal(err)
		}
		for _, version := range v.Versions {
			if before != 0 && version.Index >= before {
				g.Errorf("%d is not before %d", version.Index, before)
			}
			before = version.Index
			said = append(said, fmt.Sprintf("%s %v %d", version.Value, version.Deleted, version.Version))
		}
		more = v.More
	}
	g.equal("versions", said, []string{"three false 1", " true 0", "two false 2", "one false 1"})
	v, err := h.Versions(g.Context(), g.key("never"), kv.VersionsOptions{})
	if err != nil || len(v.Versions) != 0 {
		g.Errorf("a key that never was: %+v, %v", v, err)
	}
}

func testChanges(g *ground) {
	h := g.historian()
	g.put("a/key", "1")
	first := g.get("a/key").LastIndex
	g.delete("a/key")
	g.put("b", "2")
	second, err := h.NextChange(g.Context(), g.key("a"), first)
	if err != nil || second <= first { // others write beside, so that it need not be the next revision
		g.Fatalf("the next change: %d, %v; want one after %d", second, err, first)
	}
	for revision, want := range map[uint64]bool{second - 1: true, second: false} {
		if there, err := g.past(h, revision).Exists(g.key("a/key")); there != want || err != nil {
			g.Errorf("at %d the key is there: %v, %v", revision, there, err)
		}
	}
	for what, c := range map[string]struct {
		find       func(uint64) (uint64, error)
		from, want uint64
	}{
		"no next change":             {func(at uint64) (uint64, error) { return h.NextChange(g.Context(), g.key("a"), at) }, second, 0},
		"the previous change":        {func(at uint64) (uint64, error) { return h.PreviousChange(g.Context(), g.key("a"), at) }, second, first},
		"a deletion before":          {func(at uint64) (uint64, error) { return h.PreviousChange(g.Context(), g.key("a"), at) }, 1 << 60, second},
		"the previous change of one": {func(at uint64) (uint64, error) { return h.PreviousChange(g.Context(), g.key("a/key"), at) }, second, first},
	} {
		if got, err := c.find(c.from); err != nil || got != c.want {
			g.Errorf("%s: %d, %v; want %d", what, got, err, c.want)
		}
	}
}
