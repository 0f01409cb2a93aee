package kv

import (
	"context"
	"errors"
	"sync"
	"time"
)

// FollowValues is Follow with what each change made of its key: told by the
// store itself where it can, else read behind the events, which says so
// (Values.Read). What cannot be read, or is too much to read, has no Values:
// the feed neither fails nor falls behind for long because of them.
//
// Reading costs the server a request for each change, and one for each key
// of a first listing that is small, so that the first change of a key can
// tell what was there before.
func FollowValues(s Store, prefix string, options FollowOptions) (Feed, error) {
	if f, ok := As[ValueFollower](s); ok {
		return f.FollowValues(prefix, options)
	}
	feed, err := Follow(s, prefix, options)
	if err != nil {
		return nil, err
	}
	f := &valueFeed{Feed: feed, reader: valueReader{store: s}, known: knownValues{}}
	if scoped, ok := feed.(Scoped); ok {
		return scopedValueFeed{f, scoped}, nil
	}
	return f, nil
}

const (
	// valuesWidth is how many values are read at a time.
	valuesWidth = 8
	// valuesMax is how many values are read for one batch, and how large a
	// listing may be whose values are read beforehand.
	valuesMax = 256
	// valueMax is the greatest value that is told, and valuesBytes what those
	// of one batch may take together, in bytes.
	valueMax    = 1 << 20
	valuesBytes = 16 << 20
	// valuesPatience bounds the time that is spent on one batch.
	valuesPatience = 2 * time.Second
)

// valueFeed reads values behind another feed.
type valueFeed struct {
	Feed
	reader  valueReader
	known   knownValues
	listing bool
	begun   []Event // of the running listing, as long as it is small
	large   bool    // it is not
}

// scopedValueFeed is one behind a feed that may follow a part only.
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
		// What was known may not be what is replaced next.
		f.known = knownValues{}
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

// gather reads the values of a listing that turns out to be small.
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

// add gives events of one batch their values; each key has one event at most.
func (f *valueFeed) add(ctx context.Context, events []Event) {
	var unread []Event
	for _, e := range events {
		if known, ok := f.known[e.Key]; e.isWholePut() && !(ok && known.is(e)) {
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

// values are what is known of one change, where pair is what was read behind
// it, and nil if nothing was.
func (f *valueFeed) values(e Event, pair *KVPair) *Values {
	v := &Values{Read: true}
	known, ok := f.known[e.Key]
	switch {
	case e.Kind == DeleteEvent:
		v.Before, v.BeforeKnown = known.value, ok
		f.known.put(e.Key, knownValue{})
		return v
	case ok && known.is(e): // it was read with the change before, ahead of its event
		v.After = known.value
		return v
	case pair == nil:
		f.known.drop(e.Key)
		return nil
	}
	v.Before, v.BeforeKnown, v.After = known.value, ok, pair.Value
	f.known.put(e.Key, knownValue{pair.LastIndex, pair.Value})
	return v
}

// knownValue is a value as it was read last; the zero one is that of a key
// that is gone.
type knownValue struct {
	index uint64
	value []byte
}

// is reports whether it is what e made of the key, or what came after.
func (v knownValue) is(e Event) bool { return v.index != 0 && v.index >= e.Index && !e.Preview }

// knownValues are the values read last, by key, up to a bound.
type knownValues map[string]knownValue

// knownBytes bounds each value that is remembered, knownMax their number.
const (
	knownBytes = 16 << 10
	knownMax   = 4 * valuesMax
)

// put remembers a value, if it is not too large, at the expense of any other.
func (k knownValues) put(key string, v knownValue) {
	k.drop(key)
	if len(v.value) > knownBytes {
		return
	}
	for other := range k {
		if len(k) < knownMax {
			break
		}
		delete(k, other)
	}
	k[key] = v
}

// drop forgets a key.
func (k knownValues) drop(key string) { delete(k, key) }

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
