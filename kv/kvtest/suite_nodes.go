package kvtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kvist/kv"
)

var nodePromises = []promise{
	{"NodesAreReadWhole", testNodesRead},
	{"NodesAreWrittenAndGuarded", testNodesWritten},
	{"NodesAreCreatedWithWhatTheyNeed", testNodesCreated},
	{"NodesComeBackAfterDelete", testNodesComeBack},
	{"NodesOfManyKeysAreWritten", testNodesMany},
	{"NodesStopWhenCancelled", testNodesCancelled},
}

// nodes reads the nodes of keys, by key without the prefix.
func (g *ground) nodes(rests ...string) map[string]*kv.Node {
	g.Helper()
	keys := make([]string, len(rests))
	for i, rest := range rests {
		keys[i] = g.key(rest)
	}
	all := map[string]*kv.Node{}
	denied, err := kv.ReadNodes(g.Context(), g.s, keys, func(n *kv.Node) {
		all[strings.TrimPrefix(n.Key, g.prefix+"/")] = n
	})
	if err != nil || denied != 0 {
		g.Fatalf("reading nodes: %v, %d denied", err, denied)
	}
	return all
}

// write carries writes out and returns how each ended.
func (g *ground) write(writes ...kv.Write) []kv.Written {
	g.Helper()
	ended := make([]kv.Written, len(writes))
	calls := make([]int, len(writes))
	err := kv.WriteNodes(g.Context(), g.s, writes, func(i int, w kv.Written) { ended[i] = w; calls[i]++ })
	if err != nil {
		g.Fatalf("writing nodes: %v", err)
	}
	for i, n := range calls {
		if n != 1 {
			g.Errorf("the end of write %d of %s was reported %d times", i, writes[i].Key, n)
		}
	}
	return ended
}

// create is a write that makes a key.
func (g *ground) create(rest, value string) kv.Write {
	return kv.Write{Key: g.key(rest), After: &kv.Node{Key: g.key(rest), Value: []byte(value)}}
}

// change is a write that makes of a node, as it was read, one of another value.
func change(n *kv.Node, value string) kv.Write {
	after := *n
	after.Value = []byte(value)
	return kv.Write{Key: n.Key, Before: n, After: &after}
}

func testNodesRead(g *ground) {
	g.put("a/x", "1")
	g.put("a/empty", "")
	nodes := g.nodes("a/x", "a/empty", "a/none", "none/at/all")
	g.equal("read", slices.Sorted(maps.Keys(nodes)), []string{"a/empty", "a/x"})
	pair := g.get("a/x")
	if n := nodes["a/x"]; n.Key != pair.Key || n.Index != pair.LastIndex || string(n.Value) != "1" || n.Type != kv.PlainNode {
		g.Errorf("the node is %+v, the pair %+v", n, pair)
	}
	if n := nodes["a/empty"]; n.Value == nil || len(n.Value) != 0 {
		g.Errorf("an empty value is %#v", n.Value)
	}
}

func testNodesWritten(g *ground) {
	for _, rest := range []string{"w/changed", "w/raced", "w/deleted", "w/kept", "w/gone"} {
		g.put(rest, "old")
	}
	before := g.nodes("w/changed", "w/raced", "w/deleted", "w/kept", "w/gone")
	g.put("w/raced", "theirs")
	g.put("w/kept", "theirs")
	if err := g.s.Delete(g.key("w/gone")); err != nil {
		g.Fatal(err)
	}
	g.put("w/there", "theirs")
	ended := g.write(
		change(before["w/changed"], "new"),
		change(before["w/raced"], "new"),
		kv.Write{Key: g.key("w/deleted"), Before: before["w/deleted"]},
		kv.Write{Key: g.key("w/kept"), Before: before["w/kept"]},
		change(before["w/gone"], "new"),
		g.create("w/made", "new"),
		g.create("w/there", "new"),
	)
	for i, kind := range []error{nil, kv.ErrKeyModified, nil, kv.ErrKeyModified, kv.ErrKeyNotFound, nil, kv.ErrKeyExists} {
		if err := ended[i].Err; kind == nil && err != nil || kind != nil && !errors.Is(err, kind) && !(errors.Is(kind, kv.ErrKeyNotFound) && errors.Is(err, kv.ErrKeyModified)) {
			g.Errorf("write %d: %v, want %v", i, err, kind)
		}
	}
	for i, rest := range map[int]string{0: "w/changed", 5: "w/made"} {
		if pair := g.get(rest); pair.LastIndex != ended[i].Index {
			g.Errorf("%s is reported at %d and is at %d", rest, ended[i].Index, pair.LastIndex)
		}
	}
	g.equal("left", g.leaves("w"), []string{"w/changed=new", "w/kept=theirs", "w/made=new", "w/raced=theirs", "w/there=theirs"})
}

// leaves lists the keys below rest that have a value.
func (g *ground) leaves(rest string) []string {
	g.Helper()
	return slices.DeleteFunc(g.list(rest), func(line string) bool { return g.h.Directories && strings.HasSuffix(line, "=") })
}

func testNodesCreated(g *ground) {
	ended := g.write(g.create("deep/er/est/key", "1"), g.create("deep/er/other", "2"))
	for i, w := range ended {
		if w.Err != nil {
			g.Errorf("write %d: %v", i, w.Err)
		}
	}
	g.equal("made", g.leaves("deep"), []string{"deep/er/est/key=1", "deep/er/other=2"})
}

func testNodesComeBack(g *ground) {
	var rests []string
	for i := range 300 {
		rest := fmt.Sprintf("c/%02d/%03d", i%7, i)
		g.put(rest, fmt.Sprint(i))
		rests = append(rests, rest)
	}
	before := g.nodes(rests...)
	lines := g.leaves("c")
	if err := g.s.DeleteTree(g.key("c")); err != nil {
		g.Fatal(err)
	}
	var writes []kv.Write
	for _, rest := range rests {
		writes = append(writes, kv.Write{Key: g.key(rest), After: before[rest]})
	}
	for i, w := range g.write(writes...) {
		if w.Err != nil {
			g.Fatalf("%s: %v", writes[i].Key, w.Err)
		}
	}
	g.equal("came back", g.leaves("c"), lines)
	for rest, n := range g.nodes(rests...) {
		if !n.SameAs(before[rest]) {
			g.Errorf("%s came back as %+v, it was %+v", rest, n, before[rest])
		}
	}
}

func testNodesMany(g *ground) {
	var writes []kv.Write
	for i := range 1000 {
		writes = append(writes, g.create(fmt.Sprintf("m/%04d", i), strings.Repeat("x", i%50+1)))
	}
	g.put("m/0500", "theirs")
	for i, w := range g.write(writes...) {
		if taken := i == 500; taken != errors.Is(w.Err, kv.ErrKeyExists) || !taken && w.Err != nil {
			g.Fatalf("%s: %v", writes[i].Key, w.Err)
		}
	}
	if n := len(g.leaves("m")); n != 1000 {
		g.Errorf("%d keys were made", n)
	}
	var deletes []kv.Write
	ctx, cancel := context.WithTimeout(g.Context(), patience)
	defer cancel()
	var keys []string
	for _, w := range writes {
		keys = append(keys, w.Key)
	}
	if _, err := kv.ReadNodes(ctx, g.s, keys, func(n *kv.Node) { deletes = append(deletes, kv.Write{Key: n.Key, Before: n}) }); err != nil {
		g.Fatal(err)
	}
	for i, w := range g.write(deletes...) {
		if w.Err != nil {
			g.Fatalf("%s: %v", deletes[i].Key, w.Err)
		}
	}
	if left := g.leavesOrNone("m"); len(left) != 0 {
		g.Errorf("left: %v", left)
	}
}

// leavesOrNone is leaves of what may not be there.
func (g *ground) leavesOrNone(rest string) []string {
	g.Helper()
	if _, err := g.s.List(g.key(rest)); errors.Is(err, kv.ErrKeyNotFound) {
		return nil
	}
	return g.leaves(rest)
}

func testNodesCancelled(g *ground) {
	ctx, cancel := context.WithCancel(g.Context())
	var writes []kv.Write
	for i := range 20_000 {
		writes = append(writes, g.create(fmt.Sprintf("s/%04d", i), "1"))
	}
	reported := 0
	err := kv.WriteNodes(ctx, g.s, writes, func(_ int, w kv.Written) {
		if w.Err != nil {
			g.Errorf("%v", w.Err)
		}
		reported++
		cancel()
	})
	if !errors.Is(err, context.Canceled) || reported == len(writes) {
		g.Errorf("stopped after %d of %d: %v", reported, len(writes), err)
	}
	if n := len(g.leaves("s")); n != reported {
		g.Errorf("%d writes were reported and %d keys are there", reported, n)
	}
}
