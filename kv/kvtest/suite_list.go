package kvtest

import (
	"slices"
	"strings"

	"kvist/kv"
)

var listPromises = []promise{
	{"ListIsRecursiveAndSorted", testListRecursive},
	{"ListLeavesSiblingsOut", testListSiblings},
	{"ListOfAMissingPrefix", testListMissing},
	{"ListOfALeaf", testListLeaf},
	{"ListIndexesAreEachKeysOwn", testListIndexes},
	{"ListOfTheWholeStore", testListWhole},
	{"WhatIsInNoListingIsSaid", testListHidden},
	{"DeleteTree", testDeleteTree},
	{"DeleteTreeOfTheWholeStoreIsRefused", testDeleteWhole},
}

func testListRecursive(g *ground) {
	for _, rest := range []string{"dir/b/deep/er", "dir/a", "dir/c", "dir/b/x", "other"} {
		g.put(rest, "v")
	}
	want := []string{"dir/a=v", "dir/b/deep/er=v", "dir/b/x=v", "dir/c=v"}
	g.equal("list", g.list("dir"), want)
	g.equal("list of the parent", g.list(""), append(want, "other=v"))
	pairs, err := g.s.List(g.key("dir") + "/")
	if err != nil {
		g.Fatal(err)
	}
	g.equal("list with a trailing slash", g.texts(pairs), want)
	keys := make([]string, len(pairs))
	for i, p := range pairs {
		keys[i] = p.Key
	}
	if !slices.IsSorted(keys) {
		g.Errorf("not sorted: %q", keys)
	}
	if slices.Contains(keys, g.key("dir")) || slices.Contains(keys, g.key("dir/")) {
		g.Errorf("the directory itself is listed: %q", keys)
	}
}

func testListSiblings(g *ground) {
	for _, rest := range []string{"a/x", "ab", "abc/x", "a-x", "a.x/y", "a0"} {
		g.put(rest, "v")
	}
	g.equal("list", g.list("a"), []string{"a/x=v"})
}

func testListMissing(g *ground) {
	for _, prefix := range []string{g.key("none"), g.key("none/at/all")} {
		_, err := g.s.List(prefix)
		g.is("list "+prefix, err, kv.ErrKeyNotFound)
	}
	g.put("text", "v")
	_, err := g.s.List(g.key("te"))
	g.is("list of the start of a name", err, kv.ErrKeyNotFound)
}

func testListLeaf(g *ground) {
	g.put("leaf", "v")
	pairs, err := g.s.List(g.key("leaf"))
	if err != nil || len(pairs) != 0 {
		g.Errorf("list of a leaf: %v, %v", g.texts(pairs), err)
	}
}

func testListIndexes(g *ground) {
	for _, rest := range []string{"a", "b/c", "d"} {
		g.put(rest, "v")
	}
	pairs, err := g.s.List(g.prefix)
	if err != nil {
		g.Fatal(err)
	}
	seen := map[uint64]string{}
	for _, p := range pairs {
		if len(p.Value) == 0 {
			continue // a directory
		}
		if own, err := g.s.Get(p.Key); err != nil || own.LastIndex != p.LastIndex {
			g.Errorf("%s is listed with %d, get gives %+v, %v", p.Key, p.LastIndex, own, err)
		}
		if other, ok := seen[p.LastIndex]; ok {
			g.Errorf("%s and %s share an index", other, p.Key)
		}
		seen[p.LastIndex] = p.Key
	}
}

func testListWhole(g *ground) {
	g.put("a", "v")
	pairs, err := g.s.List("")
	if err != nil {
		g.Fatal(err)
	}
	if !slices.ContainsFunc(pairs, func(p *kv.KVPair) bool { return p.Key == g.key("a") }) {
		g.Errorf("%d pairs, not with %s", len(pairs), g.key("a"))
	}
}

func testDeleteTree(g *ground) {
	g.is("of nothing", g.s.DeleteTree(g.key("a")), kv.ErrKeyNotFound)
	for _, rest := range []string{"a/x", "a/b/c/d", "a/b/e", "ab", "a-b/x"} {
		g.put(rest, "v")
	}
	if err := g.s.DeleteTree(g.key("a")); err != nil {
		g.Fatal(err)
	}
	g.equal("after", g.list(""), []string{"a-b/x=v", "ab=v"})
	g.is("once more", g.s.DeleteTree(g.key("a")), kv.ErrKeyNotFound)
	if err := g.s.DeleteTree(g.key("ab")); err != nil {
		g.Errorf("of a leaf: %v", err)
	}
	g.equal("after the leaf", g.list(""), []string{"a-b/x=v"})
}

func testDeleteWhole(g *ground) {
	g.put("a", "v")
	g.is("delete tree", g.s.DeleteTree(""), kv.ErrInvalidKey)
	g.equal("after", g.list(""), []string{"a=v"})
}

// Listings and feeds leave out exactly what Hidden names, and it can be read by
// its name.
func testListHidden(g *ground) {
	const ownQueue = ".kvist-lock"
	names := []string{
		"plain", "dir/_name", "_dir/name", "x_", "__", "l" + ownQueue, "l" + ownQueue + "/1234abcd", "l" + ownQueue + "/not a lease", ownQueue,
	}
	var listed, inDir, hidden []string
	for _, rest := range names {
		if g.h.Directories && rest == "l"+ownQueue {
			continue // it is a directory here
		}
		g.put(rest, "v")
		why := kv.WhyHidden(g.s, g.prefix, g.key(rest))
		if why == "" {
			listed = append(listed, rest)
		} else {
			hidden = append(hidden, g.key(rest))
		}
		if strings.HasPrefix(rest, "_dir/") && kv.WhyHidden(g.s, g.key("_dir"), g.key(rest)) == "" {
			inDir = append(inDir, rest+"=v")
		}
		if kv.WhyHidden(kv.ReadOnly(g.s), g.prefix, g.key(rest)) != why {
			g.Errorf("%s: a guard says otherwise", rest)
		}
		if got := string(g.get(rest).Value); got != "v" {
			g.Errorf("%s by its name: %q", rest, got)
		}
	}
	slices.Sort(listed)
	var texts []string
	for _, rest := range listed {
		texts = append(texts, rest+"=v")
	}
	g.equal("list", g.list(""), texts)
	g.equal("list of _dir", g.list("_dir"), inDir)
	f := g.follow(kv.Follow, "")
	f.until("all that is listed", func() bool {
		return f.synced > 0 && !slices.ContainsFunc(listed, func(rest string) bool {
			_, there := f.keys[g.key(rest)]
			return !there
		})
	})
	for _, key := range hidden {
		if _, there := f.keys[key]; there {
			g.Errorf("the feed tells %s", key)
		}
	}
}
