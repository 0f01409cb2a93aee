package kvtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kvist/kv"
)

var searchPromises = []promise{
	{"ASearchLooksIntoTheGivenKeysAndNoOthers", testSearchKeys},
	{"ASearchKeepsItsBounds", testSearchBounds},
	{"ASearchStopsWithItsContext", testSearchCancel},
	{"ASearchEndsWithTheContact", testSearchContact},
	{"AReadOnlyStoreIsSearched", testSearchReadOnly},
}

// search is a search of the test's store, with what it has found.
type search struct {
	kv.Search
	hits []string // "rest=value"
}

// searching returns a search for values that hold a text.
func (g *ground) searching(s kv.Store, text string, limits kv.SearchLimits) *search {
	search := &search{Search: kv.Search{Store: s, Limits: limits}}
	search.Match = func(pair *kv.KVPair) bool {
		hit := strings.Contains(string(pair.Value), text)
		if hit {
			search.hits = append(search.hits, strings.TrimPrefix(pair.Key, g.prefix+"/")+"="+string(pair.Value))
		}
		return hit
	}
	return search
}

// filled puts n keys in a few folders and returns them in the order of a tree,
// which is not that of their bytes.
func (g *ground) filled(n int) []string {
	g.Helper()
	var texts, keys []string
	for i := range n {
		texts = append(texts, fmt.Sprintf("%s/%04d=value %d", [...]string{"a", "a-b", "a.c", "b"}[i%4], i, i))
	}
	g.writeAll(texts)
	slices.SortFunc(texts, func(a, b string) int {
		return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
	})
	for _, text := range texts {
		rest, _, _ := strings.Cut(text, "=")
		keys = append(keys, g.key(rest))
	}
	return keys
}

func testSearchKeys(g *ground) {
	keys := g.filled(800)
	var asked, want []string
	gone := 0
	for i, key := range keys {
		switch rest := strings.TrimPrefix(key, g.prefix+"/"); {
		case i%5 == 0: // not asked for
		case i%50 == 1:
			gone++
			g.delete(rest)
			asked = append(asked, key)
		default:
			asked = append(asked, key)
			want = append(want, rest+"="+string(g.get(rest).Value))
		}
	}
	all := g.searching(g.s, "value", kv.SearchLimits{})
	done, err := all.Look(g.Context(), asked)
	if err != nil || done != len(asked) || all.Keys != len(asked) || all.Gone != gone || all.Hits != len(want) || all.Denied != 0 || all.Cut != 0 {
		g.Errorf("%d done, %+v, %v; want %d and %d gone", done, all.Searched, err, len(asked), gone)
	}
	slices.Sort(want)
	slices.Sort(all.hits)
	g.equal("hits", all.hits, want)

	g.put("cut", "0123456789")
	cut := g.searching(g.s, "4", kv.SearchLimits{Value: 4})
	if _, err := cut.Look(g.Context(), []string{g.key("cut")}); err != nil || cut.Hits != 0 || cut.Cut != 1 || cut.Bytes != 10 {
		g.Errorf("beyond the bytes that are looked into: %+v, %v", cut.Searched, err)
	}
}

func testSearchBounds(g *ground) {
	keys := g.filled(600)
	const step = 256 // what one read may bring beyond a bound
	for _, c := range []struct {
		limits kv.SearchLimits
		bound  kv.Bound
		within func(kv.Searched) bool
	}{
		{kv.SearchLimits{Keys: 100}, kv.KeysBound, func(s kv.Searched) bool { return s.Keys == 100 }},
		{kv.SearchLimits{Bytes: 500}, kv.BytesBound, func(s kv.Searched) bool { return s.Bytes >= 500 && s.Keys <= 100+step }},
		{kv.SearchLimits{Hits: 50}, kv.HitsBound, func(s kv.Searched) bool { return s.Hits >= 50 && s.Hits <= 50+step }},
	} {
		search := g.searching(g.s, "value", c.limits)
		done, err := search.Look(g.Context(), keys)
		if err != nil || search.Bound() != c.bound || done != search.Keys || !c.within(search.Searched) {
			g.Errorf("%+v: %d done, %+v, bound %d, %v", c.limits, done, search.Searched, search.Bound(), err)
		}
		for done < len(keys) {
			search.Extend()
			n, err := search.Look(g.Context(), keys[done:])
			if err != nil || n == 0 {
				g.Fatalf("%+v, extended: %d done, %v", c.limits, n, err)
			}
			done += n
		}
		slices.Sort(search.hits)
		if search.Hits != len(keys) || len(slices.Compact(search.hits)) != len(keys) {
			g.Errorf("%+v, extended to the end: %+v", c.limits, search.Searched)
		}
	}
}

func testSearchCancel(g *ground) {
	keys := g.filled(600)
	ctx, cancel := context.WithCancel(g.Context())
	search := g.searching(g.s, "value", kv.SearchLimits{})
	match := search.Match
	search.Match = func(pair *kv.KVPair) bool { cancel(); return match(pair) }
	done, err := search.Look(ctx, keys)
	if !errors.Is(err, context.Canceled) || done >= len(keys) {
		g.Errorf("%d done, %v", done, err)
	}
	if done, err = search.Look(ctx, keys); !errors.Is(err, context.Canceled) || done != 0 {
		g.Errorf("again: %d done, %v", done, err)
	}
}

func testSearchContact(g *ground) {
	keys := g.filled(100)
	search := g.searching(g.s, "value", kv.SearchLimits{})
	if _, err := search.Look(g.Context(), keys[:50]); err != nil || search.Hits != 50 {
		g.Fatalf("%+v, %v", search.Searched, err)
	}
	g.s.Close()
	_, err := search.Look(g.Context(), keys[50:])
	g.is("after Close", err, kv.ErrClosed)
	g.ownServer()
	g.put("a", "value")
	s, err := g.openWith(&kv.Config{ConnectionTimeout: shortTimeout})
	if err != nil {
		g.Fatal(err)
	}
	defer s.Close()
	search = g.searching(s, "value", kv.SearchLimits{})
	g.server.Kill()
	_, err = search.Look(g.Context(), []string{g.key("a"), g.key("b")})
	g.is("without a server", err, kv.ErrNotReachable)
	if search.Keys != 0 {
		g.Errorf("searched without a server: %+v", search.Searched)
	}
}

func testSearchReadOnly(g *ground) {
	keys := g.filled(100)
	search := g.searching(kv.ReadOnly(g.s), "value 7", kv.SearchLimits{})
	done, err := search.Look(g.Context(), keys)
	if err != nil || done != len(keys) || search.Hits != 11 { // 7 and 70 to 79
		g.Errorf("%d done, %+v, %v", done, search.Searched, err)
	}
}
