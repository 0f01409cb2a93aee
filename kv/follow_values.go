package kv

import (
	"context"
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
