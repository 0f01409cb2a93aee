package etcdv2

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// After random changes, a tree of names holds what a plain set holds.
func TestNamesAreASet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	name := func() string { return []string{"a", "a-", "a0", "b", "a.b"}[random.IntN(5)] }
	var names Names[int]
	set := map[string]int{}
	for i := range 20_000 {
		key := name()
		for range random.IntN(3) {
			key += "/" + name()
		}
		if random.IntN(3) > 0 {
			for dir := range Parents("/top", "/top/"+key) {
				below, _ := Below("/top", dir)
				if names.At(below) == nil {
					names.Put(below, i)
					set[below] = i
				}
			}
			names.Put(key, i)
			set[key] = i
			continue
		}
		before := len(set)
		maps.DeleteFunc(set, func(k string, _ int) bool { return k == key || strings.HasPrefix(k, key+"/") })
		var forgotten []string
		names.Remove(key, func(below string) { forgotten = append(forgotten, below) })
		kept := func(k string) bool { _, ok := set[k]; return ok }
		if len(forgotten) != before-len(set) || slices.ContainsFunc(forgotten, kept) {
			t.Fatalf("step %d: removing %s forgot %v, of %d there were %d left", i, key, forgotten, before, len(set))
		}
		for k, state := range set {
			if place := names.At(k); place == nil || place.State != state {
				t.Fatalf("step %d: %s is %v, want %d", i, k, place, state)
			}
		}
	}
	var left []string
	names.Remove("", func(below string) { left = append(left, below) })
	slices.Sort(left)
	if !slices.Equal(left, slices.Sorted(maps.Keys(set))) {
		t.Errorf("there was %v, want %v", left, set)
	}
}
