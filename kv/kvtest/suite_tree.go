package kvtest

import (
	"slices"

	"kvist/kv"
)

var treePromises = []promise{
	{"WatchTreeSendsTheTreeThenChanges", testTree},
	{"WatchTreeOfAMissingPrefix", testTreeMissing},
	{"WatchTreeLeavesSiblingsOut", testTreeSiblings},
	{"WatchTreeIsStoppedByItsChannel", testTreeStop},
	{"WatchTreeIsStoppedByClose", testTreeClose},
}

func (g *ground) watchTree(rest string, stop <-chan struct{}) <-chan []*kv.KVPair {
	g.Helper()
	c, err := g.s.WatchTree(g.key(rest), stop)
	if err != nil {
		g.Fatalf("watch tree %q: %v", rest, err)
	}
	return c
}

// isTree accepts a snapshot of exactly these "rest=value" texts.
func (g *ground) isTree(texts ...string) func([]*kv.KVPair) bool {
	return func(pairs []*kv.KVPair) bool { return slices.Equal(g.texts(pairs), texts) }
}

func testTree(g *ground) {
	g.put("dir/b", "1")
	g.put("dir/sub/c", "2")
	c := g.watchTree("dir", nil)
	first := await(g, "the first snapshot", c, func([]*kv.KVPair) bool { return true })
	g.equal("the first snapshot", g.texts(first), []string{"dir/b=1", "dir/sub/c=2"})

	g.put("dir/a", "3")
	await(g, "a new key", c, g.isTree("dir/a=3", "dir/b=1", "dir/sub/c=2"))
	g.put("dir/sub/c", "4")
	now := await(g, "a change", c, g.isTree("dir/a=3", "dir/b=1", "dir/sub/c=4"))
	for _, p := range now {
		if own, err := g.s.Get(p.Key); err == nil && own.LastIndex != p.LastIndex {
			g.Errorf("%s came with index %d, it has %d", p.Key, p.LastIndex, own.LastIndex)
		}
	}
	g.delete("dir/b")
	await(g, "a deletion", c, g.isTree("dir/a=3", "dir/sub/c=4"))
	if err := g.s.DeleteTree(g.key("dir/sub")); err != nil {
		g.Fatal(err)
	}
	await(g, "a branch's deletion", c, g.isTree("dir/a=3"))
	if err := g.s.DeleteTree(g.key("dir")); err != nil {
		g.Fatal(err)
	}
	await(g, "its own deletion", c, g.isTree())
	g.put("dir/x/y", "5")
	await(g, "its return", c, g.isTree("dir/x/y=5"))
	g.equal("the first snapshot, later", g.texts(first), []string{"dir/b=1", "dir/sub/c=2"})
}

func testTreeMissing(g *ground) {
	c := g.watchTree("not/there", nil)
	first := await(g, "the first snapshot", c, func([]*kv.KVPair) bool { return true })
	if len(first) != 0 {
		g.Errorf("first came %q", g.texts(first))
	}
	g.put("not/there/a", "1")
	await(g, "the first key", c, g.isTree("not/there/a=1"))
}

func testTreeSiblings(g *ground) {
	g.put("a/x", "1")
	g.put("ab", "1")
	c := g.watchTree("a", nil)
	await(g, "the first snapshot", c, g.isTree("a/x=1"))
	g.put("a-b", "2")
	g.put("a.b/c", "2")
	g.put("a/y", "3")
	await(g, "a change", c, func(pairs []*kv.KVPair) bool {
		for _, p := range pairs {
			if p.Key != g.key("a/x") && p.Key != g.key("a/y") {
				g.Fatalf("it has %q", p.Key)
			}
		}
		return g.isTree("a/x=1", "a/y=3")(pairs)
	})
}

func testTreeStop(g *ground) {
	g.put("dir/a", "1")
	stop, other := make(chan struct{}), g.watchTree("dir", nil)
	c := g.watchTree("dir", stop)
	await(g, "the first snapshot", c, g.isTree("dir/a=1"))
	close(stop)
	awaitClosed(g, "stopped", c)
	g.put("dir/a", "2")
	await(g, "the other watch", other, g.isTree("dir/a=2"))
}

func testTreeClose(g *ground) {
	g.put("dir/a", "1")
	read, unread, missing := g.watchTree("dir", nil), g.watchTree("dir", nil), g.watchTree("none", nil)
	await(g, "the first snapshot", read, g.isTree("dir/a=1"))
	g.s.Close()
	awaitClosed(g, "read", read)
	awaitClosed(g, "unread", unread)
	awaitClosed(g, "missing", missing)
}
