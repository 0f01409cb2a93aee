package kv

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ValueReader is a Store that reads the values of many known keys in few
// requests. Any Store can be searched; this is the ability to do it gently.
type ValueReader interface {
	// ReadValues reads the values of keys, none of which is named twice, and
	// gives each pair to see: in no promised order, from one goroutine at a
	// time, and not after it has returned. Keys that are gone are left out;
	// so are those that may not be read, which are counted. It is quickest
	// when the keys are neighbours. The errors are ctx's, and lost contact.
	ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (denied int, err error)
}

// SearchLimits bound what a search costs the server and whoever searches. 0
// is the default. A bound may be passed by what one read brings: the values
// of at most 256 keys. There are never more requests under way at a time than
// one range of etcd's v3 API, 4 transactions of Consul, 32 reads of ZooKeeper,
// or 8 of anything else.
type SearchLimits struct {
	Keys  int   // whose values are looked into; 100 000
	Bytes int64 // of all values read; 64 MiB
	Hits  int   // 1 000
	Value int   // bytes looked into of each value; 1 MiB
}

// DefaultSearchLimits are the limits of a search that sets none.
func DefaultSearchLimits() SearchLimits {
	return SearchLimits{Keys: 100_000, Bytes: 64 << 20, Hits: 1000, Value: 1 << 20}
}

// How many keys are read at a time. It begins with the least and grows up to
// the most while an answer is small and quick; one that is neither halves it.
const (
	searchLeast = 16
	searchMost  = 256

	searchSmall = 512 << 10 // bytes
	searchLarge = 2 << 20
	searchQuick = 200 * time.Millisecond
	searchSlow  = time.Second
)

// searchWidth is how many single reads are under way at a time.
const searchWidth = 8

// Search looks for values by what is in them. Who searches knows the keys,
// and hands them in some at a time. A Search is for one goroutine at a time.
type Search struct {
	Store  Store
	Limits SearchLimits
	// Match reports whether a value is a hit. It is called from one goroutine at
	// a time, in no promised order, and with a value that is cut where it is
	// longer than Limits.Value. What it wants to keep, it copies.
	Match func(*KVPair) bool

	Searched      // what it has cost so far, and found
	pace     pace // of the reads
	from     Searched
}

// Searched is how far a search has come.
type Searched struct {
	Keys   int   // that were asked for: what follows is part of them
	Bytes  int64 // of all values that were read
	Hits   int
	Denied int // keys that may not be read
	Gone   int // keys that are no longer there
	Cut    int // values whose end was not looked into
}

// Bound is what ended a search before its end.
type Bound uint8

// The bounds of a search, as in SearchLimits.
const (
	NoBound Bound = iota
	KeysBound
	BytesBound
	HitsBound
)

// Look looks into the values of the next keys. The first done of them are
// done: all, unless a Bound is reached or there is an error, which is ctx's
// own or why the server cannot be read. Match may then have seen values
// behind those, which are seen again if the search goes on.
func (s *Search) Look(ctx context.Context, keys []string) (done int, err error) {
	for done < len(keys) && s.Bound() == NoBound {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		n := min(s.pace.next(), len(keys)-done, s.limits().Keys-(s.Keys-s.from.Keys))
		if err := s.read(ctx, keys[done:done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// Bound is the bound that is reached.
func (s *Search) Bound() Bound {
	limits := s.limits()
	switch {
	case s.Hits-s.from.Hits >= limits.Hits:
		return HitsBound
	case s.Keys-s.from.Keys >= limits.Keys:
		return KeysBound
	case s.Bytes-s.from.Bytes >= limits.Bytes:
		return BytesBound
	}
	return NoBound
}

// Extend lets a search that reached a bound go on, by as much again.
func (s *Search) Extend() { s.from = s.Searched }

// limits are Limits with the defaults.
func (s *Search) limits() SearchLimits {
	l := DefaultSearchLimits()
	return SearchLimits{
		Keys: cmp.Or(s.Limits.Keys, l.Keys), Bytes: cmp.Or(s.Limits.Bytes, l.Bytes),
		Hits: cmp.Or(s.Limits.Hits, l.Hits), Value: cmp.Or(s.Limits.Value, l.Value),
	}
}

// read looks into the values of some keys, and counts them when it is done.
func (s *Search) read(ctx context.Context, keys []string) error {
	began, most := time.Now(), s.limits().Value
	var sum Searched
	seen := 0
	denied, err := readValues(ctx, s.Store, keys, func(pair *KVPair) {
		seen++
		sum.Bytes += int64(len(pair.Value))
		if len(pair.Value) > most {
			sum.Cut++
			pair.Value = pair.Value[:most:most]
		}
		if s.Match(pair) {
			sum.Hits++
		}
	})
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return err
	}
	s.Keys += len(keys)
	s.Bytes += sum.Bytes
	s.Hits += sum.Hits
	s.Cut += sum.Cut
	s.Denied += denied
	s.Gone += max(0, len(keys)-seen-denied)
	s.pace.took(sum.Bytes, time.Since(began))
	return nil
}

// pace is how many keys are read at a time.
type pace struct{ keys int }

func (p *pace) next() int { return max(p.keys, searchLeast) }

// took learns from a read. A slow link gets small answers, so that there is
// progress to show, and so does a store with large values.
func (p *pace) took(bytes int64, long time.Duration) {
	switch {
	case bytes > searchLarge || long > searchSlow:
		p.keys = p.next() / 2
	case bytes < searchSmall && long < searchQuick:
		p.keys = min(2*p.next(), searchMost)
	}
}

// readValues reads the values of keys as gently as the store can.
func readValues(ctx context.Context, s Store, keys []string, see func(*KVPair)) (denied int, err error) {
	if r, ok := As[ValueReader](s); ok {
		return r.ReadValues(ctx, keys, see)
	}
	return readEach(ctx, keys, searchWidth, see, func(_ context.Context, key string) (*KVPair, error) { return s.Get(key) })
}

// readEach reads values one by one, so many at a time. ReadValues is it, on a
// store that has nothing better.
func readEach[T any](ctx context.Context, keys []string, width int, see func(T), get func(context.Context, string) (T, error)) (int, error) {
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		mu     sync.Mutex // guards what follows, and is held while see is called
		denied int
		failed error
	)
	answered := func(pair T, err error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case failed != nil || isAnyOf(err, ErrKeyNotFound, ErrIsDirectory):
		case errors.Is(err, ErrDenied):
			denied++
		case err != nil:
			failed = err
			cancel()
		default:
			see(pair)
		}
	}
	for range min(width, len(keys)) {
		wg.Go(func() {
			for reading.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(keys) {
					return
				}
				var pair T
				err := recovered(func() (err error) {
					pair, err = get(reading, keys[i])
					return err
				})
				if err := contained(func() { answered(pair, err) }); err != nil {
					answered(pair, err)
				}
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return denied, err
	}
	return denied, failed
}
