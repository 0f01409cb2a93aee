package kvtest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"kvist/kv"
)

var listerPromises = slices.Concat(
	bothListings("ListKeysIsTheWholeSubtree", testListKeys),
	bothListings("ListKeysOfALevel", testListKeysLevel),
	bothListings("ListKeysEndsWithItsVisitor", testListKeysEnds),
	[]promise{
		{"ListKeysMarksEphemeralKeys", testListKeysFlags},
		{"ListKeysLeavesOutWhatListDoes", testListKeysHidden},
		{"ListKeysAtOnceIsTheSame", testListKeysAtOnce},
	},
)

// plainStore is a store without any ability.
type plainStore struct{ kv.Store }

// bothListings proves the store's own listing, through a guard, and the one
// that any store can have.
func bothListings(name string, test func(*ground, kv.Store)) []promise {
	return []promise{
		{name, func(g *ground) { test(g, kv.ReadOnly(g.s)) }},
		{name + "OfAnyStore", func(g *ground) { test(g, plainStore{g.s}) }},
	}
}

// entries returns what ListKeys visits, sorted by key.
func (g *ground) entries(s kv.Store, prefix string, options kv.ListOptions) []kv.Entry {
	g.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var entries []kv.Entry
	unseen, err := kv.ListKeys(ctx, s, prefix, options, func(e kv.Entry) error {
		entries = append(entries, e)
		return nil
	})
	if err != nil || unseen != nil {
		g.Fatalf("listing the keys of %q: %v, unseen: %v", prefix, err, unseen)
	}
	slices.SortFunc(entries, func(a, b kv.Entry) int { return cmp.Compare(a.Key, b.Key) })
	return entries
}

func testListKeys(g *ground, s kv.Store) {
	for _, rest := range []string{"dir/b/deep/er", "dir/a", "dir/c", "dir/b/x", "dirt", "di", "dir-a/b"} {
		g.put(rest, "value")
	}
	for _, prefix := range []string{g.key("dir"), g.key("dir") + "/", g.prefix} {
		pairs, err := g.s.List(prefix)
		if err != nil {
			g.Fatal(err)
		}
		entries := g.entries(s, prefix, kv.ListOptions{})
		if !slices.EqualFunc(entries, pairs, func(e kv.Entry, p *kv.KVPair) bool {
			return e.Key == p.Key && e.Index == p.LastIndex && !e.Folder && (e.Size == len(p.Value) || e.Size == -1)
		}) {
			g.Errorf("the keys of %q are %+v, List gives %q", prefix, entries, g.texts(pairs))
		}
	}
	if entries := g.entries(s, g.key("none/at/all"), kv.ListOptions{}); len(entries) > 0 {
		g.Errorf("below a missing prefix there is %+v", entries)
	}
	if entries := g.entries(s, g.key("di"), kv.ListOptions{}); len(entries) > 0 {
		g.Errorf("below a key there is %+v", entries)
	}
}

func testListKeysLevel(g *ground, s kv.Store) {
	for _, rest := range []string{"dir/a", "dir/b", "dir/b/x", "dir/c/x/y", "dir/c/z", "dirt"} {
		// Not every store can hold a key below one that has a value.
		if err := g.s.Put(g.key(rest), []byte("v"), nil); err != nil && !errors.Is(err, kv.ErrNotDirectory) {
			g.Fatal(err)
		}
	}
	below := func(e kv.Entry) string {
		name := strings.TrimPrefix(e.Key, g.key("dir")+"/")
		if e.Folder {
			name += "/"
		}
		return name
	}
	names := map[string]int{}
	for _, e := range g.entries(s, g.key("dir"), kv.ListOptions{Level: true}) {
		names[below(e)]++
	}
	for name, n := range names {
		if n > 1 || strings.Contains(strings.TrimSuffix(name, "/"), "/") {
			g.Errorf("%q came %d times", name, n)
		}
	}
	for _, name := range []string{"a", "c/"} {
		if names[name] == 0 {
			g.Errorf("%q is missing in %v", name, names)
		}
	}
	if names["a/"]+names["t"] > 0 {
		g.Errorf("what is not there came: %v", names)
	}
}

// testListKeysEnds has the visitor fail, and then the caller give up.
func testListKeysEnds(g *ground, s kv.Store) {
	for _, rest := range []string{"a", "b", "c/d"} {
		g.put(rest, "v")
	}
	enough, calls := errors.New("enough"), 0
	_, err := kv.ListKeys(context.Background(), s, g.prefix, kv.ListOptions{}, func(kv.Entry) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		g.Errorf("after %d calls: %v", calls, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = kv.ListKeys(ctx, s, g.prefix, kv.ListOptions{}, func(kv.Entry) error { return nil })
	if !errors.Is(err, context.Canceled) {
		g.Errorf("given up: %v", err)
	}
}

func testListKeysFlags(g *ground) {
	if err := g.s.Put(g.key("dir/e"), []byte("v"), g.renewed()); err != nil {
		g.Fatal(err)
	}
	g.put("dir/plain", "v")
	for _, e := range g.entries(g.s, g.key("dir"), kv.ListOptions{}) {
		if ends := e.Flags&(kv.Ephemeral|kv.Leased) != 0; ends != (e.Key == g.key("dir/e")) {
			g.Errorf("%+v", e)
		}
	}
	g.s.Close()
	_, err := kv.ListKeys(context.Background(), g.s, g.key("dir"), kv.ListOptions{}, func(kv.Entry) error { return nil })
	g.is("listing after Close", err, kv.ErrClosed)
}

// testListKeysHidden has a lock that is waited for; no listing shows its queue.
func testListKeysHidden(g *ground) {
	g.put("dir/a", "v")
	lock := g.lock(g.s, "held")
	g.take(lock)
	defer g.unlock(lock)
	pairs, err := g.s.List("")
	if err != nil {
		g.Fatal(err)
	}
	listed := map[string]bool{}
	for _, p := range pairs {
		listed[p.Key] = true
	}
	for _, e := range g.entries(g.s, g.prefix, kv.ListOptions{}) {
		if !listed[e.Key] {
			g.Errorf("%+v is in no listing", e)
		}
	}
}

// testListKeysAtOnce lists keys of which one is locked, and joins what came of it twice.
func testListKeysAtOnce(g *ground) {
	for _, rest := range []string{"a", "b/c", "z"} {
		g.put(rest, "v")
	}
	lock := g.lock(g.s, "held")
	g.take(lock)
	defer g.unlock(lock)
	var joined []kv.Entry
	for _, e := range g.entries(g.s, g.prefix, kv.ListOptions{AtOnce: true}) {
		last := len(joined) - 1
		if last < 0 || joined[last].Key != e.Key {
			joined = append(joined, e)
			continue
		}
		if e.Index == 0 {
			e, joined[last] = joined[last], e
		}
		e.Flags |= joined[last].Flags
		joined[last] = e
	}
	joined = slices.DeleteFunc(joined, func(e kv.Entry) bool { return e.Index == 0 })
	if want := g.entries(g.s, g.prefix, kv.ListOptions{}); !slices.Equal(joined, want) {
		g.Errorf("at once: %+v, else: %+v", joined, want)
	}
}
