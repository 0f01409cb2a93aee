package kv

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// After random changes, a snapshot of WatchTree has the keys of a plain set, sorted, and a snapshot
// that was sent before has not changed.
func TestEtcdV2Snapshot(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	name := func() string { return []string{"a", "a-", "a0", "b", "a.b"}[random.IntN(5)] }
	set, snap := map[string]bool{}, v2Snapshot{}
	for i := range 20_000 {
		key := name()
		for range random.IntN(3) {
			key += "/" + name()
		}
		sent, before := snap, v2KeysIn(snap)
		if random.IntN(3) == 0 {
			maps.DeleteFunc(set, func(k string, _ bool) bool { return k == key || strings.HasPrefix(k, key+"/") })
			snap = snap.without(key)
		} else {
			for at, c := range key {
				if c == '/' {
					set[key[:at]] = true
					snap = snap.withNew(&KVPair{Key: key[:at]})
				}
			}
			set[key] = true
			snap = snap.with(&KVPair{Key: key, LastIndex: uint64(i)})
		}
		if !slices.Equal(v2KeysIn(sent), before) {
			t.Fatal("a snapshot that was sent has changed")
		}
		if got, want := v2KeysIn(snap), slices.Sorted(maps.Keys(set)); !slices.Equal(got, want) {
			t.Fatalf("step %d: the snapshot has %v, want %v", i, got, want)
		}
	}
}

func v2KeysIn(s v2Snapshot) []string {
	keys := []string{}
	for _, pair := range s {
		keys = append(keys, pair.Key)
	}
	return keys
}
