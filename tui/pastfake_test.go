package tui

import (
	"context"
	"slices"
	"strings"
	"sync"

	"kvist/kv"
)

// chronicle is a store that keeps history, in memory, so that a test can compact it
// or restore it to an older state. Each write is a revision.
type chronicle struct {
	kv.Store // nil: what is not defined below must not be called
	feed     *scripted

	mu        sync.Mutex
	revisions [][]entry // revision 1 is the first
	oldest    uint64    // what is before is compacted
	open      int       // stores of the past that are not closed
	hold      chan struct{}
	listed    int  // listings of the past
	unleased  bool // its past does not know the leases
}

// entry is what a revision did to a key.
type entry struct{ key, value string } // no value: it was deleted

func newChronicle(revisions ...[]entry) *chronicle {
	return &chronicle{feed: newScripted(), revisions: revisions, oldest: 1}
}

// did returns a revision that puts keys, given with their values.
func did(keysAndValues ...string) []entry {
	var all []entry
	for pair := range slices.Chunk(keysAndValues, 2) {
		all = append(all, entry{pair[0], pair[1]})
	}
	return all
}

func (c *chronicle) newest() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return uint64(len(c.revisions))
}

// write makes a revision, which the feed reports.
func (c *chronicle) write(w ...entry) {
	c.mu.Lock()
	c.revisions = append(c.revisions, w)
	index := uint64(len(c.revisions))
	c.mu.Unlock()
	b := kv.Batch{State: kv.Live}
	for _, w := range w {
		e := kv.Event{Kind: kv.PutEvent, Key: w.key, Index: index, Size: len(w.value)}
		if w.value == "" {
			e.Kind = kv.DeleteEvent
		}
		b.Events = append(b.Events, e)
	}
	c.feed.batches <- b
}

// compact drops what is before a revision.
func (c *chronicle) compact(oldest uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.oldest = oldest
}

// restore takes the store back to a revision.
func (c *chronicle) restore(to uint64) {
	c.mu.Lock()
	c.revisions = c.revisions[:to]
	c.mu.Unlock()
	c.feed.batches <- c.listing(to)
}

// pairs returns the keys as of a revision.
func (c *chronicle) pairs(revision uint64) map[string]kv.KVPair {
	c.mu.Lock()
	defer c.mu.Unlock()
	pairs := map[string]kv.KVPair{}
	for i, all := range c.revisions[:min(revision, uint64(len(c.revisions)))] {
		for _, w := range all {
			pairs[w.key] = kv.KVPair{Key: w.key, Value: []byte(w.value), LastIndex: uint64(i + 1)}
			if w.value == "" {
				delete(pairs, w.key)
			}
		}
	}
	return pairs
}

// listing returns the listing as of a revision.
func (c *chronicle) listing(revision uint64) kv.Batch {
	b := kv.Batch{State: kv.Live, Begin: true, Synced: true}
	for _, p := range c.pairs(revision) {
		b.Events = append(b.Events, kv.Event{Kind: kv.PutEvent, Key: p.Key, Index: p.LastIndex, Size: len(p.Value)})
	}
	return b
}

// readable returns why a revision cannot be read.
func (c *chronicle) readable(revision uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch newest := uint64(len(c.revisions)); {
	case revision < c.oldest:
		return &kv.Error{Op: kv.OpHistory, Kind: kv.ErrCompacted, Err: &kv.CompactedError{Revision: revision, Oldest: c.oldest}}
	case revision > newest:
		return &kv.Error{Op: kv.OpHistory, Kind: kv.ErrFuture, Err: &kv.FutureError{Revision: revision, Newest: newest}}
	}
	return nil
}

func (c *chronicle) Follow(prefix string, options kv.FollowOptions) (kv.Feed, error) {
	c.feed.batches <- c.listing(c.newest())
	return c.feed.Follow(prefix, options)
}

func (c *chronicle) Get(key string) (*kv.KVPair, error) { return c.get(key, c.newest()) }

func (c *chronicle) get(key string, revision uint64) (*kv.KVPair, error) {
	if p, ok := c.pairs(revision)[key]; ok {
		return &p, nil
	}
	return nil, &kv.Error{Op: kv.OpGet, Key: key, Kind: kv.ErrKeyNotFound}
}

func (c *chronicle) Close() {}

func (c *chronicle) Revision(context.Context) (uint64, error) { return c.newest(), nil }

func (c *chronicle) Versions(context.Context, string, kv.VersionsOptions) (kv.Versions, error) {
	return kv.Versions{}, nil
}

func (c *chronicle) At(ctx context.Context, revision uint64) (kv.Store, error) {
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := c.readable(revision); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
	return kv.ReadOnly(&page{of: c, at: revision, feed: newScripted()}), nil
}

// opened returns how many stores of the past are open.
func (c *chronicle) opened() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

func (c *chronicle) NextChange(_ context.Context, prefix string, after uint64) (uint64, error) {
	for r := after + 1; r <= c.newest(); r++ {
		if c.touched(prefix, r) {
			return r, nil
		}
	}
	return 0, nil
}

func (c *chronicle) PreviousChange(_ context.Context, prefix string, before uint64) (uint64, error) {
	for r := before - 1; r > 0; r-- {
		if err := c.readable(r); err != nil {
			return 0, err
		}
		if c.touched(prefix, r) {
			return r, nil
		}
	}
	return 0, nil
}

func (c *chronicle) Differences(_ context.Context, prefix string, from, to uint64, most int) ([]kv.Difference, error) {
	if err := c.readable(min(from, to)); err != nil {
		return nil, err
	}
	was, is, keys := c.pairs(from), c.pairs(to), map[string]bool{}
	for r := min(from, to) + 1; r <= max(from, to); r++ {
		for _, w := range c.revisions[r-1] {
			keys[w.key] = true
		}
	}
	if len(keys) > most {
		return nil, kv.ErrTooMany
	}
	entry := func(p kv.KVPair, there bool) *kv.Entry {
		if !there {
			return nil
		}
		return &kv.Entry{Key: p.Key, Index: p.LastIndex, Size: len(p.Value)}
	}
	var all []kv.Difference
	for key := range keys {
		w, wasThere := was[key]
		i, isThere := is[key]
		if prefix = strings.TrimSuffix(prefix, "/"); (wasThere || isThere) && (prefix == "" || key == prefix || strings.HasPrefix(key, prefix+"/")) {
			all = append(all, kv.Difference{Key: key, Was: entry(w, wasThere), Is: entry(i, isThere)})
		}
	}
	return all, nil
}

// touched reports whether a revision changed a key or something below it.
func (c *chronicle) touched(prefix string, revision uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	prefix = strings.TrimSuffix(prefix, "/")
	return slices.ContainsFunc(c.revisions[revision-1], func(w entry) bool {
		return prefix == "" || w.key == prefix || strings.HasPrefix(w.key, prefix+"/")
	})
}

// page is a chronicle as of a revision.
type page struct {
	kv.Store // nil
	of       *chronicle
	at       uint64
	feed     *scripted
}

func (p *page) Follow(prefix string, options kv.FollowOptions) (kv.Feed, error) {
	if err := p.of.readable(p.at); err != nil {
		p.feed.batches <- kv.Batch{State: kv.Live, Begin: true, Synced: true, Err: err}
	} else {
		b := p.of.listing(p.at)
		b.Unleased = p.of.unleased
		p.of.mu.Lock()
		p.of.listed++
		p.of.mu.Unlock()
		p.feed.batches <- b
	}
	return p.feed.Follow(prefix, options)
}

func (p *page) Get(key string) (*kv.KVPair, error) {
	if err := p.of.readable(p.at); err != nil {
		return nil, err
	}
	return p.of.get(key, p.at)
}

func (p *page) List(prefix string) ([]*kv.KVPair, error) {
	var all []*kv.KVPair
	for key, pair := range p.of.pairs(p.at) {
		if strings.HasPrefix(key, strings.TrimSuffix(prefix, "/")+"/") || prefix == "" {
			all = append(all, &pair)
		}
	}
	return all, nil
}

func (p *page) Locks(context.Context, string) ([]kv.LockInfo, error) {
	var locks []kv.LockInfo
	for key, pair := range p.of.pairs(p.at) {
		if strings.Contains(key, "lock") {
			locks = append(locks, kv.LockInfo{Key: key, Recipe: "test", Holders: []kv.Contender{{ID: "694d", Key: key, Name: string(pair.Value)}}})
		}
	}
	return locks, p.of.readable(p.at)
}

func (p *page) BreakPlan(context.Context, kv.LockInfo, kv.Contender) (kv.BreakPlan, error) {
	panic("a lock of the past was to be broken")
}

func (p *page) Break(context.Context, kv.LockInfo, kv.Contender) error {
	panic("a lock of the past was broken")
}

func (p *page) Close() {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	p.of.open--
}
