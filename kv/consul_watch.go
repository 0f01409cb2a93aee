package kv

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"
	"golang.org/x/time/rate"

	"kvist/kv/internal/consulhttp"
	"kvist/kv/internal/pacing"
	"kvist/kv/internal/wait"
)

// consulWatchBurst is how many answers of one watch may come at once, before pacing.Pause holds
// between two.
const consulWatchBurst = 2

// Watch implements Store.
func (s *Consul) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	name := consulKey(key)
	if err := consulCheckKey(name); err != nil {
		return nil, s.fail(OpWatch, key, err)
	}
	out := make(chan *KVPair, 1)
	err := s.start(func(ctx context.Context) {
		defer close(out)
		ctx, cancel := wait.UntilStopped(ctx, stopCh)
		defer cancel()
		w := consulKeyWatch{name: name, out: out}
		s.poll(ctx, func(ctx context.Context, index uint64) (uint64, error) {
			pair, got, err := s.await(ctx, name, index)
			if err == nil && ctx.Err() == nil {
				w.send(pair, got)
			}
			return got, err
		})
	})
	return consulOut(out, s.fail(OpWatch, key, err))
}

// consulOut returns a channel for the caller, or none beside an error.
func consulOut[T any](out chan T, err error) (<-chan T, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}

// consulKeyWatch sends the states of one key.
type consulKeyWatch struct {
	name  string
	out   chan *KVPair
	there bool
	index uint64 // ModifyIndex of what was sent last
}

// send sends what a poll found, if it is news. A poll also returns when something else changed.
func (w *consulKeyWatch) send(pair *api.KVPair, index uint64) {
	switch {
	case pair != nil && (!w.there || w.index != pair.ModifyIndex):
		w.there, w.index = true, pair.ModifyIndex
		wait.Offer(w.out, consulPair(pair))
	case pair == nil && w.there:
		w.there = false
		wait.Offer(w.out, &KVPair{Key: consulGiven(w.name), LastIndex: index})
	}
}

// WatchTree implements Store.
func (s *Consul) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	dir := consulDir(prefix)
	out := make(chan []*KVPair, 1)
	err := s.start(func(ctx context.Context) {
		defer close(out)
		ctx, cancel := wait.UntilStopped(ctx, stopCh)
		defer cancel()
		var sent []*KVPair
		s.poll(ctx, func(ctx context.Context, index uint64) (uint64, error) {
			pairs, head, err := s.snapshot(ctx, consulhttp.List{Dir: dir, Index: index})
			if err == nil && ctx.Err() == nil && (sent == nil || !slices.EqualFunc(sent, pairs, consulSameState)) {
				sent = pairs
				wait.Offer(out, pairs)
			}
			return head.Index, err
		})
	})
	return consulOut(out, s.fail(OpWatchTree, prefix, err))
}

// consulSameState reports whether two pairs are the same state of the same key.
func consulSameState(a, b *KVPair) bool { return a.Key == b.Key && a.LastIndex == b.LastIndex }

// poll asks again and again, each time for what is newer than the last answer, until ctx ends.
// After an error, or a panic, it starts over.
func (s *Consul) poll(ctx context.Context, ask func(ctx context.Context, index uint64) (uint64, error)) {
	pace := rate.NewLimiter(rate.Every(pacing.Pause), consulWatchBurst)
	var pause wait.Backoff
	var index uint64
	for {
		var got uint64
		err := recovered(func() (err error) {
			got, err = ask(ctx, index)
			return err
		})
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			index = 0
			if pause.Wait(ctx) != nil {
				return
			}
			continue
		}
		pause.Reset()
		index = consulhttp.NextIndex(index, got)
		if pace.Wait(ctx) != nil {
			return
		}
	}
}

// await returns a pair, nil if there is none, and the index of the answer. With an index other than
// 0 it waits until something is newer. Like List of consulhttp it returns nothing that is older
// than index, unless that is the truth.
func (s *Consul) await(ctx context.Context, name string, index uint64) (*api.KVPair, uint64, error) {
	if !consulhttp.InURL(name) {
		return s.awaitAbove(ctx, name, index)
	}
	pair, got, err := s.awaitOnce(ctx, name, index)
	if err == nil && got < index {
		return s.awaitOnce(ctx, name, 0)
	}
	return pair, got, err
}

// awaitOnce is await with whatever answer comes.
func (s *Consul) awaitOnce(ctx context.Context, name string, index uint64) (*api.KVPair, uint64, error) {
	pair, got, err := s.http.Get(ctx, name, index)
	if consulRefusesURL(err) {
		return s.awaitAbove(ctx, name, index)
	}
	return pair, got, err
}

// awaitAbove is await for a key that no URL can carry: it waits for any change below the nearest
// directory that one can, and then reads the key.
func (s *Consul) awaitAbove(ctx context.Context, name string, index uint64) (*api.KVPair, uint64, error) {
	dir := consulhttp.URLPart(name)
	above := consulhttp.List{Dir: dir[:strings.LastIndexByte(dir, '/')+1], What: consulhttp.Level, Index: index}
	head, err := s.eachName(ctx, above, func(string) error { return nil })
	if err != nil {
		return nil, 0, err
	}
	pair, err := s.readByTxn(ctx, name)
	return pair, head.Index, err
}
