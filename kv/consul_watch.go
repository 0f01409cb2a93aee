package kv

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"
	"golang.org/x/time/rate"

	"kvist/kv/internal/pacing"
)

// Watch changes on a key.
// Returns a channel that will receive changes or an error.
// Upon creating a watch, the current value will be sent to the channel.
// Providing a non-nil stopCh can be used to stop watching.
func (s *Consul) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	name := consulKey(key)
	if err := checkConsulKey(name); err != nil {
		return nil, s.fail("watch", key, err)
	}
	out := make(chan *KVPair, 1)
	err := s.start(func(ctx context.Context) {
		defer close(out)
		ctx, cancel := untilStopped(ctx, stopCh)
		defer cancel()
		w := consulKeyWatch{name: name, out: out}
		s.poll(ctx, func(ctx context.Context, index uint64) (uint64, error) {
			pair, got, err := s.await(ctx, name, index)
			if err == nil && ctx.Err() == nil {
				w.tell(pair, got)
			}
			return got, err
		})
	})
	return consulOut(out, s.fail("watch", key, err))
}

// consulOut is a channel to hand out, or none beside an error.
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

// tell sends what a poll found, where that is news. A poll also returns when
// something else changed.
func (w *consulKeyWatch) tell(pair *api.KVPair, index uint64) {
	switch {
	case pair != nil && (!w.there || w.index != pair.ModifyIndex):
		w.there, w.index = true, pair.ModifyIndex
		offer(w.out, consulPair(pair))
	case pair == nil && w.there:
		w.there = false
		offer(w.out, &KVPair{Key: consulGiven(w.name), LastIndex: index})
	}
}

// WatchTree watches changes on a "directory"
// Returns a channel that will receive changes or an error.
// Upon creating a watch, the current value will be sent to the channel.
// Providing a non-nil stopCh can be used to stop watching.
func (s *Consul) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	dir := consulDir(prefix)
	out := make(chan []*KVPair, 1)
	err := s.start(func(ctx context.Context) {
		defer close(out)
		ctx, cancel := untilStopped(ctx, stopCh)
		defer cancel()
		var sent []*KVPair
		s.poll(ctx, func(ctx context.Context, index uint64) (uint64, error) {
			pairs, head, err := s.snapshot(ctx, consulList{dir: dir, index: index})
			if err == nil && ctx.Err() == nil && (sent == nil || !slices.EqualFunc(sent, pairs, sameState)) {
				sent = pairs
				offer(out, pairs)
			}
			return head.index, err
		})
	})
	return consulOut(out, s.fail("watchtree", prefix, err))
}

// sameState reports whether two pairs are the same state of the same key.
func sameState(a, b *KVPair) bool { return a.Key == b.Key && a.LastIndex == b.LastIndex }

// poll asks again and again, each time for what is newer than the last answer,
// until ctx ends. After an error, or a panic, it starts over.
func (s *Consul) poll(ctx context.Context, ask func(ctx context.Context, index uint64) (uint64, error)) {
	pace := rate.NewLimiter(rate.Every(pacing.Pause), consulWatchBurst)
	var pause backoff
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
			if pause.wait(ctx) != nil {
				return
			}
			continue
		}
		pause.reset()
		index = nextIndex(index, got)
		if pace.Wait(ctx) != nil {
			return
		}
	}
}

// await reads a key, waiting until something is newer than index if that is
// not 0; the pair is nil where there is none. As list it gives nothing that is
// older than index unless it is the truth.
func (s *Consul) await(ctx context.Context, name string, index uint64) (*api.KVPair, uint64, error) {
	if !inConsulURL(name) {
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
	limit := s.timeout
	if index > 0 {
		limit += DefaultWatchWaitTime * 17 / 16
	}
	ctx, cancel := s.within(ctx, limit)
	defer cancel()
	ask := api.QueryOptions{WaitIndex: index, WaitTime: DefaultWatchWaitTime, RequireConsistent: index == 0}
	pair, meta, err := s.client.KV().Get(name, ask.WithContext(ctx))
	switch {
	case refusedURL(err):
		return s.awaitAbove(ctx, name, index)
	case err != nil:
		return nil, 0, err
	}
	return pair, meta.LastIndex, nil
}

// awaitAbove is await for a key that no URL can carry: it waits for any
// change below the nearest directory that one can, and then reads the key.
func (s *Consul) awaitAbove(ctx context.Context, name string, index uint64) (*api.KVPair, uint64, error) {
	dir := consulURLPart(name)
	above := consulList{dir: dir[:strings.LastIndexByte(dir, '/')+1], what: nearestName, index: index}
	head, err := s.eachName(ctx, above, func(string) error { return nil })
	if err != nil {
		return nil, 0, err
	}
	pair, err := s.readByTxn(ctx, name)
	return pair, head.index, err
}
