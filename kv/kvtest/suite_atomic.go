package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"

	"kvist/kv"
)

var atomicPromises = []promise{
	{"AtomicPutCreates", testAtomicCreate},
	{"AtomicPutReplaces", testAtomicReplace},
	{"AtomicPutOfAMissingKey", testAtomicMissing},
	{"AtomicDelete", testAtomicDelete},
	{"IndexesAreNeverReused", testIndexesNeverReused},
	{"NoIndexMeansUnconditional", testNoUnconditional},
	{"EightWritersOneWinsEachRound", testOneWins},
	{"EightWritersLoseNoUpdate", testNoLostUpdate},
	{"EditsKeepWhatWasNotTouched", testEditsKeepMetadata},
	{"MetaTellsTheKey", testMeta},
}

func testAtomicCreate(g *ground) {
	ok, pair, err := g.s.AtomicPut(g.key("dir/a"), []byte("1"), nil, nil)
	if !ok || err != nil {
		g.Fatal(ok, err)
	}
	if got := g.get("dir/a"); pair.Key != got.Key || pair.LastIndex != got.LastIndex || string(pair.Value) != "1" {
		g.Errorf("it returned %+v, there is %+v", pair, got)
	}
	ok, _, err = g.s.AtomicPut(g.key("dir/a"), []byte("2"), nil, nil)
	if ok {
		g.Error("created twice")
	}
	g.is("create again", err, kv.ErrKeyExists)
	g.is("create again", err, kv.ErrKeyModified)
	if v := g.get("dir/a").Value; string(v) != "1" {
		g.Errorf("the value became %q", v)
	}
}

func testAtomicReplace(g *ground) {
	g.put("a", "1")
	base := g.get("a")
	ok, mine, err := g.s.AtomicPut(g.key("a"), []byte("2"), base, nil)
	if !ok || err != nil {
		g.Fatal(ok, err)
	}
	if mine.LastIndex == base.LastIndex || string(mine.Value) != "2" || mine.Key != base.Key {
		g.Errorf("it returned %+v for %+v", mine, base)
	}
	ok, theirs, err := g.s.AtomicPut(g.key("a"), []byte("3"), base, nil)
	if ok {
		g.Error("a stale index was accepted")
	}
	g.is("stale", err, kv.ErrKeyModified)
	if errors.Is(err, kv.ErrKeyExists) {
		g.Error("a stale index is told as a failed creation")
	}
	if theirs != nil && (string(theirs.Value) != "2" || theirs.LastIndex != mine.LastIndex) {
		g.Errorf("the pair that came along is %+v, there is %+v", theirs, mine)
	}
	// A returned pair is good for the next edit, without reading again.
	if ok, _, err = g.s.AtomicPut(g.key("a"), []byte("4"), mine, nil); !ok || err != nil {
		g.Errorf("with the returned pair: %v, %v", ok, err)
	}
	if v := g.get("a").Value; string(v) != "4" {
		g.Errorf("the value is %q", v)
	}
}

func testAtomicMissing(g *ground) {
	g.put("a", "1")
	base := g.get("a")
	g.delete("a")
	ok, _, err := g.s.AtomicPut(g.key("a"), []byte("2"), base, nil)
	if ok {
		g.Error("a missing key was replaced")
	}
	g.is("put", err, kv.ErrKeyNotFound)
	if errors.Is(err, kv.ErrKeyModified) {
		g.Error("missing is told as modified too")
	}
	_, err = g.s.Get(g.key("a"))
	g.is("get", err, kv.ErrKeyNotFound)
}

func testAtomicDelete(g *ground) {
	ok, err := g.s.AtomicDelete(g.key("a"), nil)
	if ok {
		g.Error("deleted without a previous pair")
	}
	g.is("without a previous pair", err, kv.ErrPreviousNotSpecified)
	g.put("a", "1")
	base := g.get("a")
	g.put("a", "2")
	if ok, err = g.s.AtomicDelete(g.key("a"), base); ok {
		g.Error("a stale index was accepted")
	}
	g.is("stale", err, kv.ErrKeyModified)
	if ok, err = g.s.AtomicDelete(g.key("a"), g.get("a")); !ok || err != nil {
		g.Errorf("delete: %v, %v", ok, err)
	}
	if ok, err = g.s.AtomicDelete(g.key("a"), base); ok {
		g.Error("a missing key was deleted")
	}
	g.is("missing", err, kv.ErrKeyNotFound)
}

// testIndexesNeverReused deletes a key and creates it again with the same
// value: a client that read it before must not take the new key for the old
// one.
func testIndexesNeverReused(g *ground) {
	seen := map[uint64]bool{}
	for range 3 {
		g.put("a", "same")
		base := g.get("a")
		if seen[base.LastIndex] {
			g.Fatalf("index %d came again", base.LastIndex)
		}
		seen[base.LastIndex] = true
		g.delete("a")
		g.put("a", "same")
		_, _, err := g.s.AtomicPut(g.key("a"), []byte("mine"), base, nil)
		g.is("put", err, kv.ErrKeyModified)
		_, err = g.s.AtomicDelete(g.key("a"), base)
		g.is("delete", err, kv.ErrKeyModified)
		seen[g.get("a").LastIndex] = true
		g.delete("a")
	}
}

func testNoUnconditional(g *ground) {
	g.put("a", "1")
	for _, index := range []uint64{0, math.MaxUint64, math.MaxInt64, 1 << 63, math.MaxUint32} {
		for rest, kind := range map[string]error{"a": kv.ErrKeyModified, "none": kv.ErrKeyNotFound} {
			previous := &kv.KVPair{Key: g.key(rest), LastIndex: index}
			ok, _, err := g.s.AtomicPut(g.key(rest), []byte("2"), previous, nil)
			if ok {
				g.Errorf("%s was put with index %d", rest, index)
			}
			g.is(fmt.Sprintf("put %s with index %d", rest, index), err, kind)
			if ok, err = g.s.AtomicDelete(g.key(rest), previous); ok {
				g.Errorf("%s was deleted with index %d", rest, index)
			}
			g.is(fmt.Sprintf("delete %s with index %d", rest, index), err, kind)
		}
	}
	g.equal("after", g.list(""), []string{"a=1"})
}

// testOneWins has eight writers put from the same base: exactly one may win,
// and all others must get ErrKeyModified.
func testOneWins(g *ground) {
	var base *kv.KVPair // nil: the first round creates
	for round := range 20 {
		var won atomic.Int32
		var winner atomic.Pointer[kv.KVPair]
		g.together(func(writer int) error {
			value := fmt.Appendf(nil, "%d/%d", round, writer)
			ok, pair, err := g.s.AtomicPut(g.key("a"), value, base, nil)
			if ok {
				won.Add(1)
				winner.Store(pair)
				return err
			}
			if !errors.Is(err, kv.ErrKeyModified) {
				return fmt.Errorf("a loser was told: %w", err)
			}
			return nil
		})
		if n := won.Load(); n != 1 {
			g.Fatalf("round %d: %d writers won", round, n)
		}
		now := g.get("a")
		if w := winner.Load(); now.LastIndex != w.LastIndex || !bytes.Equal(now.Value, w.Value) {
			g.Fatalf("round %d: %+v won, there is %+v", round, w, now)
		}
		base = now
	}
}

// testNoLostUpdate has eight writers, each with a store of its own, count up
// one number.
func testNoLostUpdate(g *ground) {
	const each = 12
	g.put("a", "0")
	stores := make([]kv.Store, writers)
	for i := range stores {
		stores[i] = g.open()
	}
	g.together(func(writer int) error {
		for range each {
			if err := countUp(stores[writer], g.key("a")); err != nil {
				return err
			}
		}
		return nil
	})
	if got := string(g.get("a").Value); got != strconv.Itoa(writers*each) {
		g.Errorf("counted to %s, want %d", got, writers*each)
	}
}

// countUp adds one to the number at key, with as many tries as it takes.
func countUp(s kv.Store, key string) error {
	for {
		base, err := s.Get(key)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(base.Value))
		if err != nil {
			return err
		}
		ok, _, err := s.AtomicPut(key, []byte(strconv.Itoa(n+1)), base, nil)
		if ok || !errors.Is(err, kv.ErrKeyModified) {
			return err
		}
	}
}

// together runs eight writers at once, and fails the test for each error.
func (g *ground) together(write func(writer int) error) {
	g.Helper()
	var wg sync.WaitGroup
	start := make(chan struct{})
	for writer := range writers {
		wg.Go(func() {
			<-start
			if err := write(writer); err != nil {
				g.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	if g.Failed() {
		g.FailNow()
	}
}

// testEditsKeepMetadata edits another store's ephemeral key, which must stay
// ephemeral and end with that other store.
func testEditsKeepMetadata(g *ground) {
	owner := g.open()
	if err := owner.Put(g.key("a"), []byte("1"), g.ephemeral()); err != nil {
		g.Fatal(err)
	}
	g.put("a", "2")
	if ok, _, err := g.s.AtomicPut(g.key("a"), []byte("3"), g.get("a"), nil); !ok || err != nil {
		g.Fatal(ok, err)
	}
	if reader, ok := kv.As[kv.MetaReader](g.s); ok {
		meta, err := reader.Meta(context.Background(), g.key("a"))
		if err != nil || !meta.Ephemeral && meta.TTL == 0 {
			g.Errorf("after edits: %+v, %v", meta, err)
		}
	}
	owner.Close()
	g.eventually("the key ends with its owner", g.lifetime(), func() bool {
		there, err := g.s.Exists(g.key("a"))
		return err == nil && !there
	})
}

func testMeta(g *ground) {
	reader, ok := kv.As[kv.MetaReader](g.s)
	if !ok {
		g.Skip("the store has no metadata")
	}
	ctx := context.Background()
	_, err := reader.Meta(ctx, g.key("a"))
	g.is("of a missing key", err, kv.ErrKeyNotFound)
	g.put("a", "12345")
	meta, err := reader.Meta(ctx, g.key("a"))
	if err != nil {
		g.Fatal(err)
	}
	if meta.Key != g.key("a") || meta.Size != 5 || meta.Ephemeral || meta.Modified == 0 || meta.Left >= 0 && meta.TTL == 0 {
		g.Errorf("got %+v", meta)
	}
	g.put("a", "123")
	now, err := reader.Meta(ctx, g.key("a"))
	if err != nil || now.Size != 3 || now.Modified != g.get("a").LastIndex || now.Modified <= meta.Modified || now.Created != meta.Created {
		g.Errorf("after a change of %+v: %+v, %v", meta, now, err)
	}
	if err := g.s.Put(g.key("e"), []byte("v"), g.ephemeral()); err != nil {
		g.Fatal(err)
	}
	if meta, err = reader.Meta(ctx, g.key("e")); err != nil || !meta.Ephemeral && meta.TTL == 0 {
		g.Errorf("of an ephemeral key: %+v, %v", meta, err)
	}
}
