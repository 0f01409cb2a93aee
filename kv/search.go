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
// requests. Search works with any Store.
type ValueReader interface {
	// ReadValues reads the values of keys, which must be distinct, and calls
	// see with each pair: in any order, from one goroutine at a time, and not
	// after it has returned. Missing keys are left out. So are keys that may
	// not be read; denied is their number. It is fastest if the keys are
	// neighbours. Its error is that of ctx, or why the server cannot be read.
	ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (denied int, err error)
}

// SearchLimits bound what a search costs the server and the client. 0 means
// the default. One read, of at most 256 keys, may exceed a bound. At any time
// at most this many requests are under way: one range of etcd v3, 4
// transactions of Consul, 32 reads of ZooKeeper, or 8 reads of another store.
type SearchLimits struct {
	Keys  int   // keys whose values are searched; default 100 000
	Bytes int64 // bytes of all values that are read; default 64 MiB
	Hits  int   // default 1 000
	Value int   // bytes searched of each value; default 1 MiB
}

// DefaultSearchLimits returns the limits of a search that sets none.
func DefaultSearchLimits() SearchLimits {
	return SearchLimits{Keys: 100_000, Bytes: 64 << 20, Hits: 1000, Value: 1 << 20}
}

// How many keys are read at a time: searchLeast at first, and up to searchMost
// while answers are small and quick. A large or slow answer halves the number.
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

// Search looks for values by their contents. The caller knows the keys and
// passes them in parts. A Search must be used by one goroutine at a time.
type Search struct {
	Store  Store
	Limits SearchLimits
	// Match reports whether a value is a hit. It is called from one goroutine
	// at a time, in any order. A value longer than Limits.Value is cut. Match
	// must copy what it keeps.
	Match func(*KVPair) bool

	Searched      // what it has done so far
	pace     pace // of the reads
	from     Searched
}

// Searched is what a search has done so far.
type Searched struct {
	Keys   int   // keys whose values were asked for, including those below
	Bytes  int64 // of all values that were read
	Hits   int
	Denied int // keys that may not be read
	Gone   int // keys that are no longer there
	Cut    int // values whose end was not searched
}

// Bound is a limit that ended a search.
type Bound uint8

// The bounds of a search, as in SearchLimits.
const (
	NoBound Bound = iota
	KeysBound
	BytesBound
	HitsBound
)

// Look searches the values of the next keys. It returns the number of keys,
// from the first on, that are done: all, unless a Bound is reached or there is
// an error, which is that of ctx or why the server cannot be read. Match may
// have seen values of later keys, and sees them again if the search goes on.
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

// Bound returns the limit that is reached.
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

// Extend lets a search that reached a limit go on by as much again.
func (s *Search) Extend() { s.from = s.Searched }

// limits returns Limits with the defaults.
func (s *Search) limits() SearchLimits {
	l := DefaultSearchLimits()
	return SearchLimits{
		Keys: cmp.Or(s.Limits.Keys, l.Keys), Bytes: cmp.Or(s.Limits.Bytes, l.Bytes),
		Hits: cmp.Or(s.Limits.Hits, l.Hits), Value: cmp.Or(s.Limits.Value, l.Value),
	}
}

// read searches the values of some keys and then counts them.
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

// pace decides how many keys are read at a time.
type pace struct{ keys int }

func (p *pace) next() int { return max(p.keys, searchLeast) }

// took learns from a read. A slow link, and a store with large values, get
// small reads, so that there is progress to show.
func (p *pace) took(bytes int64, long time.Duration) {
	switch {
	case bytes > searchLarge || long > searchSlow:
		p.keys = p.next() / 2
	case bytes < searchSmall && long < searchQuick:
		p.keys = min(2*p.next(), searchMost)
	}
}

// readValues reads the values of keys in as few requests as the store can.
func readValues(ctx context.Context, s Store, keys []string, see func(*KVPair)) (denied int, err error) {
	if r, ok := As[ValueReader](s); ok {
		return r.ReadValues(ctx, keys, see)
	}
	return readEach(ctx, keys, searchWidth, see, func(_ context.Context, key string) (*KVPair, error) { return s.Get(key) })
}

// readEach reads values one by one, width at a time. It is the ReadValues of a
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
