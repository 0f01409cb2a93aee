package kv

import (
	"context"
	"errors"
	"sync"
	"time"
)

// valueReader reads many values, within bounds.
type valueReader struct {
	store Store

	mu      sync.Mutex
	running sync.WaitGroup // what close waits for; begun only under mu
	closed  bool
}

// close waits for the reads that are under way; there will be no others.
func (r *valueReader) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.running.Wait()
}

// read reads what the events put. A key is missing from the answer where that
// was too much, too slow, or failed.
func (r *valueReader) read(ctx context.Context, events []Event) map[string]*KVPair {
	events = events[:min(len(events), valuesMax)]
	ctx, cancel := context.WithTimeout(ctx, valuesPatience)
	defer cancel()
	answers := r.ask(ctx, events)
	found := make(map[string]*KVPair, len(events))
	for size := 0; size <= valuesBytes; {
		select {
		case pair, ok := <-answers:
			if !ok {
				return found
			}
			if pair != nil {
				found[pair.Key] = pair
				size += len(pair.Value)
			}
		case <-ctx.Done():
			return found
		}
	}
	return found
}

// ask reads in the background. The channel is closed when all is read; nobody
// needs to wait for that.
func (r *valueReader) ask(ctx context.Context, events []Event) <-chan *KVPair {
	jobs, answers := make(chan Event, len(events)), make(chan *KVPair, len(events))
	for _, e := range events {
		jobs <- e
	}
	close(jobs)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		close(answers)
		return answers
	}
	r.running.Go(func() {
		defer close(answers)
		var readers sync.WaitGroup
		for range min(valuesWidth, len(events)) {
			readers.Go(func() {
				for e := range jobs {
					var pair *KVPair
					_ = contained(func() { pair = r.one(ctx, e) })
					answers <- pair
				}
			})
		}
		readers.Wait()
	})
	return answers
}

const (
	// staleTries and stalePause are how a server that has yet to hear of the
	// change is asked again: it may be another than the one that told of it.
	staleTries = 4
	stalePause = 25 * time.Millisecond
	// goneTries is how often a key is asked for that is not there: more
	// likely than not it was deleted since.
	goneTries = 2
)

// one is what e put, or what came after; nil when it cannot be had.
func (r *valueReader) one(ctx context.Context, e Event) *KVPair {
	for try := 1; try <= staleTries && ctx.Err() == nil && e.Size <= valueMax; try++ {
		pair, err := r.store.Get(e.Key)
		switch {
		case errors.Is(err, ErrKeyNotFound) && try < goneTries:
		case err != nil || len(pair.Value) > valueMax:
			return nil
		case pair.LastIndex >= e.Index:
			pair.Key = e.Key
			return pair
		}
		select {
		case <-time.After(stalePause):
		case <-ctx.Done():
		}
	}
	return nil
}
