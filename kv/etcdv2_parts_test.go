package kv

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	client "go.etcd.io/etcd/client/v2"
)

func TestEtcdConcerns(t *testing.T) {
	for _, c := range []struct {
		path, action, key string
		want              bool
	}{
		{"/a/b", "set", "/a/b", true},
		{"/a/b", "set", "/a/b/c", true},
		{"/a/b", "set", "/a/bc", false},
		{"/a/b", "set", "/a", false},
		{"/a/b", "delete", "/a", true},
		{"/a/b", "expire", "/a", true},
		{"/ab/c", "delete", "/a", false}, // it only shares text
		{"/a", "set", "/a/_hidden/x", false},
		{"/a", "set", "/a/x/_hidden", false},
		{"/_a", "set", "/_a/x", true},
		{"/", "set", "/x", true},
		{"/", "set", "/_x", false},
		{"/", "delete", "/x/y", true},
	} {
		f := etcdFollow{path: c.path}
		change := &client.Response{Action: c.action, Node: &client.Node{Key: c.key}}
		if got := f.concerns(change); got != c.want {
			t.Errorf("%s of %s concerns %s: %v", c.action, c.key, c.path, got)
		}
	}
}

// modelOf is a subtree as a plain set of keys.
type modelOf map[string]bool

// remove removes a key and all below it.
func (m modelOf) remove(key string) {
	maps.DeleteFunc(m, func(k string, _ bool) bool { return k == key || strings.HasPrefix(k, key+"/") })
}

// TestEtcdSnapshotAndKnown compares both pictures of a subtree with a set, on
// random changes.
func TestEtcdSnapshotAndKnown(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	name := func() string { return []string{"a", "a-", "a0", "b", "a.b"}[random.IntN(5)] }
	model, snap, known := modelOf{}, snapshot{}, etcdKnown{}
	for i := range 20_000 {
		key := name()
		for range random.IntN(3) {
			key += "/" + name()
		}
		if random.IntN(3) == 0 {
			before := len(model)
			model.remove(key)
			old := fmt.Sprint(keysIn(snap))
			kept := snap
			snap = snap.without(key)
			if fmt.Sprint(keysIn(kept)) != old {
				t.Fatal("a snapshot that was told has changed")
			}
			var forgotten []string
			known.remove(key, func(below string) { forgotten = append(forgotten, below) })
			if len(forgotten) != before-len(model) || slices.ContainsFunc(forgotten, func(k string) bool { return model[k] }) {
				t.Fatalf("step %d: removing %s forgot %v, of %d there were %d left", i, key, forgotten, before, len(model))
			}
		} else {
			for dir := range etcdParents("/top", "/top/"+key) {
				below, _ := etcdBelow("/top", dir)
				model[below] = true
				snap = snap.withNew(&KVPair{Key: below})
				if !known.has(below) {
					known.put(below, 1, 0, 0)
				}
			}
			model[key] = true
			snap = snap.with(&KVPair{Key: key, LastIndex: uint64(i)})
			known.put(key, uint64(i), 0, 0)
		}
		if got, want := keysIn(snap), slices.Sorted(maps.Keys(model)); !slices.Equal(got, want) {
			t.Fatalf("step %d: the snapshot has %v, want %v", i, got, want)
		}
	}
	var left []string
	known.remove("", func(below string) { left = append(left, below) })
	slices.Sort(left)
	if !slices.Equal(left, slices.Sorted(maps.Keys(model))) {
		t.Errorf("known had %v, want %v", left, model)
	}
}

func keysIn(s snapshot) []string {
	keys := []string{}
	for _, pair := range s {
		keys = append(keys, pair.Key)
	}
	return keys
}

func TestEtcdURL(t *testing.T) {
	for _, c := range []struct {
		addr   string
		secure bool
		want   string
	}{
		{"127.0.0.1:4001", false, "http://127.0.0.1:4001"},
		{"localhost", false, "http://localhost:2379"},
		{"[::1]:2379", true, "https://[::1]:2379"},
		{"https://host:1", false, "https://host:1"},
		{"http://host:1", true, "https://host:1"},
		{"ftp://host", false, ""},
		{"http://user:secret@host", false, ""},
		{"http://%zz", false, ""},
		{"", false, ""},
	} {
		u, err := etcdURL(c.addr, c.secure)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%q is taken for %v", c.addr, u)
		case c.want == "" && strings.Contains(err.Error(), "secret"):
			t.Errorf("%q: the error shows the password: %v", c.addr, err)
		case c.want != "" && (err != nil || u.String() != c.want):
			t.Errorf("%q is %v, %v; want %v", c.addr, u, err, c.want)
		}
	}
}
