package kvtest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"kvist/kv"
)

// follower applies a feed's batches to a picture of the subtree, as the
// explorer does.
type follower struct {
	g       *ground
	feed    kv.Feed
	keys    map[string]kv.Event
	listing bool
	listed  map[string]bool // the keys that the running listing has put
	synced  int             // listings that ended
	last    kv.Batch
	states  []kv.State      // each state once, in order
	open    map[string]bool // folders to follow, where the feed goes by levels
	puts    int             // events that were puts
	missed  kv.Missed       // everything that the feed said it may have missed
}

func (g *ground) follow(open opener, rest string) *follower {
	g.Helper()
	feed, err := open(g.s, strings.TrimSuffix(g.key(rest), "/"), kv.FollowOptions{Partial: g.h.Scoped})
	if err != nil {
		g.Fatalf("follow: %v", err)
	}
	g.Cleanup(func() { feed.Close() })
	f := &follower{g: g, feed: feed, keys: map[string]kv.Event{}, open: map[string]bool{}}
	return f
}

// scope opens all known folders, if the harness wants that.
func (f *follower) scope() {
	if scoped, ok := f.feed.(kv.Scoped); ok && f.g.h.Scoped {
		scoped.Scope(slices.Collect(maps.Keys(f.open)))
	}
}

// folder applies an event about a folder: nothing below it is known any longer.
func (f *follower) folder(e kv.Event) {
	below := func(key string) bool { return strings.HasPrefix(key, e.Key+"/") }
	maps.DeleteFunc(f.keys, func(key string, _ kv.Event) bool { return below(key) })
	maps.DeleteFunc(f.open, func(key string, _ bool) bool { return below(key) || key == e.Key })
	if e.Kind == kv.FolderEvent {
		f.open[e.Key] = true
	}
	f.scope()
}

// until pulls batches until ok.
func (f *follower) until(what string, ok func() bool) {
	f.g.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !ok() {
		b, err := f.feed.Next(ctx)
		if err != nil {
			f.g.Fatalf("%s: %v; keys %q, last %+v", what, err, shortened(f.rests()), f.last)
		}
		f.apply(b)
	}
}

func (f *follower) apply(b kv.Batch) {
	f.g.Helper()
	if b.At.IsZero() {
		f.g.Error("a batch without a time")
	}
	if b.Begin {
		if f.synced > 0 && b.Missed&(kv.Gap|kv.Compacted) == 0 {
			f.g.Errorf("listed anew, and it may have missed only %q", b.Missed)
		}
		f.listing, f.listed = true, map[string]bool{}
	}
	for _, e := range b.Events {
		switch {
		case e.Kind == kv.FolderEvent, e.Kind == kv.FolderGoneEvent:
			f.folder(e)
		case e.Kind == kv.DeleteEvent:
			delete(f.keys, e.Key)
			delete(f.listed, e.Key)
		default:
			if e.Preview != (e.Index == 0) {
				f.g.Errorf("a put with index %d, and preview is %t", e.Index, e.Preview)
			}
			f.puts++
			f.keys[e.Key] = e
			if f.listing {
				f.listed[e.Key] = true
			}
		}
	}
	if b.Synced {
		if !f.listing {
			f.g.Error("a listing ended that never began")
		}
		maps.DeleteFunc(f.keys, func(key string, _ kv.Event) bool { return !f.listed[key] })
		f.listing = false
		f.synced++
	}
	if len(f.states) == 0 || f.states[len(f.states)-1] != b.State {
		f.states = append(f.states, b.State)
	}
	f.missed |= b.Missed
	f.last = b
}

func (f *follower) isSynced() bool { return f.synced > 0 && !f.listing && f.last.State == kv.Live }

// rests returns the known keys, without directories, sorted.
func (f *follower) rests() []string {
	rests := []string{}
	for key, e := range f.keys {
		if f.g.h.Directories && e.Size <= 0 {
			continue
		}
		rests = append(rests, strings.TrimPrefix(key, f.g.prefix+"/"))
	}
	slices.Sort(rests)
	return rests
}

func (f *follower) has(rests ...string) func() bool {
	return func() bool { return f.isSynced() && slices.Equal(f.rests(), rests) }
}

// matches reports whether the picture equals what List returns now, index by
// index.
func (f *follower) matches() bool {
	pairs, err := f.g.s.List(f.g.prefix)
	if err != nil && !errors.Is(err, kv.ErrKeyNotFound) {
		return false
	}
	return f.shows(pairs)
}

// shows reports whether the picture consists of exactly these pairs.
func (f *follower) shows(pairs []*kv.KVPair) bool {
	if len(pairs) != len(f.keys) {
		return false
	}
	return !slices.ContainsFunc(pairs, func(p *kv.KVPair) bool {
		e, ok := f.keys[p.Key]
		return !ok || e.Index != p.LastIndex || e.Size >= 0 && e.Size != len(p.Value)
	})
}
