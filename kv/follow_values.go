package kv

import (
	"context"
	"errors"
	"sync"
	"time"

	"kvist/internal/recent"
)

// FollowValues is Follow with the values before and after each change. If the
// store does not send them, they are read after the event, and Values.Read
// says so. An event whose values cannot be read, or are too large, has none;
// the feed neither fails nor falls far behind because of them.
//
// Reading costs one request for each change, and one for each key of a small
// first listing, whose values are those before the first changes.
func FollowValues(s Store, prefix string, options FollowOptions) (Feed, error) {
	if f, ok := As[ValueFollower](s); ok {
		return f.FollowValues(prefix, options)
	}
	feed, err := Follow(s, prefix, options)
	if err != nil {
		return nil, err
	}
	f := &valueFeed{Feed: feed, reader: valueReader{store: s}, known: newKnownValues()}
	if scoped, ok := feed.(Scoped); ok {
		return scopedValueFeed{f, scoped}, nil
	}
	return f, nil
}

const (
	// valuesWidth is how many values are read at a time.
	valuesWidth = 8
	// valuesMax bounds the values read for one batch, and the keys of a
	// listing whose values are read in advance.
	valuesMax = 256
	// valueMax bounds one value that is reported, and valuesBytes the values
	// of one batch, in bytes.
	valueMax    = 1 << 20
	valuesBytes = 16 << 20
	// valuesPatience bounds the time spent on one batch.
	valuesPatience = 2 * time.Second
)

// valueFeed adds values to the events of another feed.
type valueFeed struct {
	Feed
	reader  valueReader
	known   knownValues
	listing bool
	begun   []Event // those of the listing, as long as it is small
	large   bool    // the listing is not small
}

// scopedValueFeed is a valueFeed on a Scoped feed.
type scopedValueFeed struct {
	*valueFeed
	scoped Scoped
}

// Scope implements Scoped.
func (f scopedValueFeed) Scope(open []string) { f.scoped.Scope(open) }

// Close implements Feed.
func (f *valueFeed) Close() error {
	err := f.Feed.Close()
	f.reader.close()
	return err
}

// Next implements Feed.
func (f *valueFeed) Next(ctx context.Context) (Batch, error) {
	b, err := f.Feed.Next(ctx)
	if err != nil {
		return b, err
	}
	if b.Begin || b.Missed&(Gap|Compacted) != 0 {
		// The next change may replace values that were never read.
		f.known = newKnownValues()
		f.begun, f.large = nil, false
	}
	f.listing = f.listing || b.Begin
	switch {
	case f.listing:
		f.gather(ctx, b)
	case len(b.Events) > 0:
		f.add(ctx, b.Events)
	}
	f.listing = f.listing && !b.Synced
	return b, nil
}

// gather reads the values of a small listing.
func (f *valueFeed) gather(ctx context.Context, b Batch) {
	f.large = f.large || len(f.begun)+len(b.Events) > valuesMax
	if f.large {
		f.begun = nil
		return
	}
	f.begun = append(f.begun, b.Events...)
	if !b.Synced {
		return
	}
	for key, pair := range f.reader.read(ctx, f.begun) {
		f.known.put(key, knownValue{pair.LastIndex, pair.Value})
	}
	f.begun = nil
}

// add sets the values of the events of one batch, which has at most one event
// for each key.
func (f *valueFeed) add(ctx context.Context, events []Event) {
	var unread []Event
	for _, e := range events {
		if known, ok := f.known.Get(e.Key); e.isWholePut() && !(ok && known.is(e)) {
			unread = append(unread, e)
		}
	}
	found := f.reader.read(ctx, unread)
	for i := range events {
		if e := &events[i]; e.isWholePut() || e.Kind == DeleteEvent {
			e.Values = f.values(*e, found[e.Key])
		}
	}
}

// isWholePut reports whether e puts a key with its index.
func (e Event) isWholePut() bool { return e.Kind == PutEvent && !e.Preview }

// values returns the values of one change. pair was read after it, and is nil
// if nothing was.
func (f *valueFeed) values(e Event, pair *KVPair) *ValueChange {
	v := &ValueChange{Read: true}
	known, ok := f.known.Get(e.Key)
	switch {
	case e.Kind == DeleteEvent:
		v.Before, v.BeforeKnown = known.value, ok
		f.known.put(e.Key, knownValue{})
		return v
	case ok && known.is(e): // it was read for an earlier change
		v.After = known.value
		return v
	case pair == nil:
		f.known.Drop(e.Key)
		return nil
	}
	v.Before, v.BeforeKnown, v.After = known.value, ok, pair.Value
	f.known.put(e.Key, knownValue{pair.LastIndex, pair.Value})
	return v
}

// knownValue is the value of a key that was read last. The zero value is that
// of a deleted key.
type knownValue struct {
	index uint64
	value []byte
}

// is reports whether the value is that of e, or a later one.
func (v knownValue) is(e Event) bool { return v.index != 0 && v.index >= e.Index && !e.Preview }

// knownMax is how many of the values read last are remembered; their bytes are
// bounded by valuesBytes.
const knownMax = 4 * valuesMax

// knownValues are the values read last, by key.
type knownValues struct {
	*recent.Cache[string, knownValue]
}

func newKnownValues() knownValues {
	return knownValues{recent.New[string, knownValue](knownMax, valuesBytes)}
}

// put remembers a value.
func (k knownValues) put(key string, v knownValue) { k.Put(key, v, len(key)+len(v.value)) }

// valueReader reads values within bounds.
type valueReader struct {
	store Store

	mu      sync.Mutex
	running sync.WaitGroup // grows only under mu
	closed  bool
}

// close waits for the reads under way. No others begin.
func (r *valueReader) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.running.Wait()
}

// read returns the values of the keys that the events put. Values that are too
// large or too slow, or cannot be read, are missing.
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

// ask reads in the background and closes the channel at the end. Nobody has to
// read it to the end.
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
	// staleTries and stalePause are how a server is asked again that does not
	// know of the change yet: it may not be the one that reported it.
	staleTries = 4
	stalePause = 25 * time.Millisecond
	// goneTries is how often a missing key is asked for. It was probably
	// deleted since.
	goneTries = 2
)

// one returns the pair that e put, or a later one; nil if it cannot be read.
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
