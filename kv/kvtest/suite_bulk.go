package kvtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kvist/kv"
)

var bulkPromises = []promise{
	{"ListAndFeedsOf5000Keys", testMany},
	{"WatchesOf10000WritesEndExact", testBulk},
	{"WatchesBegunAmongWritesMissNothing", testBegunAmongWrites},
}

const (
	manyKeys   = 5000
	bulkWrites = 10_000
	bulkKeys   = 400 // a multiple of the writers: each key has one writer
	writers    = 8   // goroutines that write where many keys are put
)

// testMany lists many keys, follows them in batches, and sees them all go.
func testMany(g *ground) {
	var want []string
	for i := range manyKeys {
		want = append(want, fmt.Sprintf("many/%02d/%04d=v%d", i%50, i, i))
	}
	g.writeAll(want)
	slices.Sort(want)
	g.equal("list", g.list("many"), want)
	feeds := []*follower{g.follow(kv.Follow, ""), g.follow(byWatchTree, "")}
	for _, f := range feeds {
		f.until("the listing", f.isSynced)
		if got := len(f.rests()); got != manyKeys || f.synced != 1 {
			g.Errorf("%d keys in %d listings", got, f.synced)
		}
	}
	if err := g.s.DeleteTree(g.key("many")); err != nil {
		g.Fatal(err)
	}
	g.equal("after", g.list("many"), []string{})
	for _, f := range feeds {
		f.until("the deletion", f.has())
	}
}

// writeAll writes "rest=value" texts, the i-th by writer i modulo writers, in
// order. All texts of a key belong to one writer, which swaps what it wrote
// last: on most stores that is one request, where Put takes two.
func (g *ground) writeAll(texts []string) {
	g.Helper()
	g.tryWriteAll(texts)
	if g.Failed() {
		g.FailNow()
	}
}

// tryWriteAll is writeAll for another goroutine than the test's own, which may
// not end the test.
func (g *ground) tryWriteAll(texts []string) {
	g.Helper()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			written := map[string]*kv.KVPair{}
			for i := w; i < len(texts); i += writers {
				rest, value, _ := strings.Cut(texts[i], "=")
				_, pair, err := g.s.AtomicPut(g.key(rest), []byte(value), written[rest], nil)
				if err != nil {
					g.Errorf("write %q: %v", rest, err)
					return
				}
				written[rest] = pair
			}
		})
	}
	wg.Wait()
}

// bulkTexts are the writes, and bulkWant is what List must show after them.
func bulkTexts() (texts, want []string) {
	for i := range bulkWrites {
		texts = append(texts, fmt.Sprintf("many/%02d/%03d=%d", i%bulkKeys%20, i%bulkKeys, i/bulkKeys))
	}
	want = slices.Clone(texts[bulkWrites-bulkKeys:])
	slices.Sort(want)
	return texts, want
}

// testBulk writes 10 000 values to 400 keys under readers of each kind. Some
// read all the time and some only at the end; all must end at the exact state,
// and no key may go back to an older value.
func testBulk(g *ground) {
	texts, want := bulkTexts()
	idleKey, idleTree := g.watch("many/00/000", nil), g.watchTree("many", nil)
	idleFeed := g.follow(kv.Follow, "")

	var readers sync.WaitGroup
	g.readKey(&readers, g.watch("many/00/000", nil), strconv.Itoa(bulkWrites/bulkKeys-1))
	g.readTree(&readers, g.watchTree("many", nil), want)
	feed, byTree := g.readFeed(kv.Follow), g.readFeed(byWatchTree)

	g.writeAll(texts)
	g.equal("list", g.list("many"), want)
	last, err := g.s.List(g.prefix)
	if err != nil {
		g.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		readers.Wait()
		close(ended)
	}()
	awaitClosed(g, "the readers reach the last state", ended)
	g.eventually("the feed reaches the last state", patience, func() bool { return feed.shows(last) })
	g.eventually("the feed by WatchTree reaches the last state", patience, func() bool { return byTree.shows(last) })
	await(g, "an idle reader of a key", idleKey, hasValue(strconv.Itoa(bulkWrites/bulkKeys-1)))
	await(g, "an idle reader of a tree", idleTree, g.isTree(want...))
	idleFeed.until("an idle reader of a feed", func() bool { return idleFeed.isSynced() && idleFeed.shows(last) })
	if g.h.TellsEach {
		feed.toldEach(bulkWrites)
	}
}

// testBegunAmongWrites begins watches of each kind while keys are written: no
// write may be lost between what they read first and what they follow then.
func testBegunAmongWrites(g *ground) {
	const each, keys, rounds = 12, 8, 150 // of each kind of watch; of writes
	var texts, want []string
	for i := range keys * rounds {
		texts = append(texts, fmt.Sprintf("dir/%d=%d", i%keys, i/keys))
	}
	want = slices.Clone(texts[keys*(rounds-1):])
	var readers, writing sync.WaitGroup
	var ended []func() // what only the end of all writes can show
	writing.Go(func() { g.tryWriteAll(texts) })
	for i := range each {
		g.eventually("more writes", patience, func() bool { return g.written("dir/0") >= i*rounds/each/2 })
		g.readKey(&readers, g.watch(fmt.Sprintf("dir/%d", i%keys), nil), strconv.Itoa(rounds-1))
		g.readTree(&readers, g.watchTree("dir", nil), want)
		feed, byTree := g.follow(kv.Follow, ""), g.follow(byWatchTree, "")
		ended = append(ended, func() {
			feed.until("the last state", func() bool { return feed.isSynced() && feed.matches() })
			byTree.until("the last state by WatchTree", func() bool { return byTree.isSynced() && byTree.matches() })
		})
	}
	writing.Wait()
	for _, check := range ended {
		check()
	}
	done := make(chan struct{})
	go func() {
		readers.Wait()
		close(done)
	}()
	awaitClosed(g, "the readers reach the last state", done)
}

// written is the number that a key counts up, -1 while it is not there.
func (g *ground) written(rest string) int {
	g.Helper()
	pair, err := g.s.Get(g.key(rest))
	if errors.Is(err, kv.ErrKeyNotFound) {
		return -1
	}
	if err != nil {
		g.Fatal(err)
	}
	n, err := strconv.Atoi(string(pair.Value))
	if err != nil {
		g.Fatal(err)
	}
	return n
}

// readKey reads a watch until the last value, which counts up from 0.
func (g *ground) readKey(readers *sync.WaitGroup, c <-chan *kv.KVPair, last string) {
	readers.Go(func() {
		seen := -1
		for p := range c {
			n, err := strconv.Atoi(string(p.Value))
			if err != nil || n < seen {
				g.Errorf("%q came after %d", p.Value, seen)
			}
			if seen = n; string(p.Value) == last {
				return
			}
		}
	})
}

func (g *ground) readTree(readers *sync.WaitGroup, c <-chan []*kv.KVPair, want []string) {
	readers.Go(func() {
		indexes := map[string]uint64{}
		for pairs := range c {
			for _, p := range pairs {
				if p.LastIndex < indexes[p.Key] {
					g.Errorf("%s went back from index %d to %d", p.Key, indexes[p.Key], p.LastIndex)
				}
				indexes[p.Key] = p.LastIndex
			}
			if slices.Equal(g.texts(pairs), want) {
				return
			}
		}
	})
}

// reader is a follower that reads in the background.
type reader struct {
	mu sync.Mutex
	f  *follower
}

// readFeed reads a feed in the background, until it is closed at the end of the
// test.
func (g *ground) readFeed(open opener) *reader {
	r := &reader{f: g.follow(open, "")}
	go func() {
		for {
			b, err := r.f.feed.Next(context.Background())
			if err != nil {
				return
			}
			r.mu.Lock()
			r.f.apply(b)
			r.mu.Unlock()
		}
	}()
	return r
}

// shows reports whether the feed's picture consists of these pairs.
func (r *reader) shows(pairs []*kv.KVPair) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.f.isSynced() && r.f.shows(pairs)
}

// toldEach fails the test unless the feed reported each of so many writes, or
// said what it left out: older states of a key that it had no time to report.
func (r *reader) toldEach(writes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f.missed&^kv.Coalesced != 0 || r.f.missed == 0 && r.f.puts != writes {
		r.f.g.Errorf("told %d of %d writes, and missed %q", r.f.puts, writes, r.f.missed)
	}
}
