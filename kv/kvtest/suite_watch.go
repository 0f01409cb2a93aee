package kvtest

import (
	"bytes"

	"kvist/kv"
)

var watchPromises = []promise{
	{"WatchSendsTheValueThenChanges", testWatch},
	{"WatchWaitsForAMissingKey", testWatchMissing},
	{"WatchGoesOnAfterADeletion", testWatchDeletion},
	{"WatchIsStoppedByItsChannel", testWatchStop},
	{"WatchIsStoppedByClose", testWatchClose},
}

func (g *ground) watch(rest string, stop <-chan struct{}) <-chan *kv.KVPair {
	g.Helper()
	c, err := g.s.Watch(g.key(rest), stop)
	if err != nil {
		g.Fatalf("watch %q: %v", rest, err)
	}
	return c
}

// hasValue accepts a pair with that value.
func hasValue(value string) func(*kv.KVPair) bool {
	return func(p *kv.KVPair) bool { return p != nil && p.Value != nil && string(p.Value) == value }
}

func isDeletion(p *kv.KVPair) bool { return p != nil && p.Value == nil }

func testWatch(g *ground) {
	g.put("a", "1")
	c := g.watch("a", nil)
	first := await(g, "the first value", c, func(*kv.KVPair) bool { return true })
	if now := g.get("a"); first.Key != now.Key || !bytes.Equal(first.Value, now.Value) || first.LastIndex != now.LastIndex {
		g.Errorf("first came %+v, there is %+v", first, now)
	}
	for _, value := range []string{"2", "", "3"} {
		g.put("a", value)
		pair := await(g, "a change", c, hasValue(value))
		if now := g.get("a"); pair.LastIndex != now.LastIndex || pair.Key != now.Key {
			g.Errorf("%+v came, there is %+v", pair, now)
		}
	}
}

func testWatchMissing(g *ground) {
	c := g.watch("not/there/yet", nil)
	g.put("not/there/before", "v") // a sibling, which must not be reported
	g.put("not/there/yet", "now")
	first := await(g, "the first value", c, func(*kv.KVPair) bool { return true })
	if !hasValue("now")(first) {
		g.Errorf("first came %+v", first)
	}
}

func testWatchDeletion(g *ground) {
	g.put("a", "1")
	c := g.watch("a", nil)
	await(g, "the first value", c, hasValue("1"))
	for _, value := range []string{"2", "3"} {
		g.delete("a")
		if pair := await(g, "the deletion", c, isDeletion); pair.Key != g.key("a") {
			g.Errorf("the deletion is of %q", pair.Key)
		}
		g.put("a", value)
		await(g, "the new value", c, hasValue(value))
	}
	if err := g.s.DeleteTree(g.prefix); err != nil {
		g.Fatal(err)
	}
	await(g, "the deletion with its tree", c, isDeletion)
}

func testWatchStop(g *ground) {
	g.put("a", "1")
	stop, other := make(chan struct{}), g.watch("a", nil)
	c := g.watch("a", stop)
	await(g, "the first value", c, hasValue("1"))
	close(stop)
	awaitClosed(g, "stopped", c)
	g.put("a", "2")
	await(g, "the other watch", other, hasValue("2"))
}

func testWatchClose(g *ground) {
	g.put("a", "1")
	read, unread, missing := g.watch("a", nil), g.watch("a", make(chan struct{})), g.watch("none", nil)
	await(g, "the first value", read, hasValue("1"))
	g.s.Close()
	awaitClosed(g, "read", read)
	awaitClosed(g, "unread", unread)
	awaitClosed(g, "missing", missing)
}
