package kv

import (
	"context"
	"encoding/json"

	"golang.org/x/time/rate"
)

// Follow opens a feed of everything below prefix.
//
// Consul tells no single changes: a blocking query returns the whole subtree
// when something in it is newer, and changes in between are merged. The feed
// keeps an index of all keys, without values, to find what changed.
func (s *Consul) Follow(prefix string) (Feed, error) {
	if err := s.enter(); err != nil {
		return nil, s.fail("follow", prefix, err)
	}
	return newPump(func(ctx context.Context, p *pump) {
		defer s.wg.Done()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.ctx, cancel)()
		f := consulFeed{store: s, pump: p, prefix: prefix, dir: consulDir(prefix)}
		f.behaviors.store = s
		f.run(ctx)
	}), nil
}

// consulState is what the feed remembers of a key.
type consulState struct {
	index uint64
	round uint32 // of the poll that saw it last
}

// consulFeed is a subtree being followed.
type consulFeed struct {
	store  *Consul
	pump   *pump
	prefix string
	dir    string

	behaviors consulBehaviors
	known     map[string]consulState
	round     uint32
}

// run follows the subtree until ctx ends: a listing, then polls, and all over
// again after lost contact.
func (f *consulFeed) run(ctx context.Context) {
	var pause backoff
	for missed := Missed(0); ctx.Err() == nil; {
		index, err := f.listing(ctx, missed)
		for err == nil {
			pause.reset()
			missed = Gap
			err = f.follow(ctx, index)
		}
		if ctx.Err() != nil {
			return
		}
		f.pump.lost(Reconnecting, f.store.fail("follow", f.prefix, err))
		if pause.wait(ctx) != nil {
			return
		}
	}
}

// listing puts all there is.
func (f *consulFeed) listing(ctx context.Context, missed Missed) (uint64, error) {
	var batch []Event
	begun := false
	f.known, f.round = map[string]consulState{}, 1
	// A listing begins with the answer: while there is none the feed stays lost.
	begin := func() {
		if !begun {
			begun = true
			f.pump.startListing(missed)
		}
	}
	head, err := f.each(ctx, 0, func(pair *barePair) error {
		begin()
		if batch = append(batch, f.event(ctx, pair)); len(batch) < batchMax {
			return nil
		}
		full := batch
		batch = nil
		return f.pump.list(ctx, full...)
	})
	if err != nil {
		return 0, err
	}
	begin()
	if err := f.pump.list(ctx, batch...); err != nil {
		return 0, err
	}
	hidden := f.store.fail("follow", f.prefix, f.store.hidden(ctx, f.dir, head))
	// As sync does it, but the batch that ends the listing says as well what
	// it lacks.
	f.pump.sync(hidden)
	return nextIndex(0, head.index), nil
}

// each gives every key below the prefix to see, and notes it as known.
func (f *consulFeed) each(ctx context.Context, index uint64, see func(*barePair) error) (consulAnswer, error) {
	return eachPair(ctx, f.store, consulList{dir: f.dir, index: index}, func(pair *barePair) error {
		if pair.Key == f.dir {
			return nil
		}
		return see(pair)
	})
}

// follow polls for what is newer than index until an error.
func (f *consulFeed) follow(ctx context.Context, index uint64) error {
	pace := rate.NewLimiter(rate.Every(watchPause), watchBurst)
	for {
		if err := pace.Wait(ctx); err != nil {
			return err
		}
		head, err := f.changes(ctx, index)
		if err != nil {
			return err
		}
		index = nextIndex(index, head.index)
	}
}

// changes waits for the next answer and tells what is new in it. What is told
// before an error is true all the same.
func (f *consulFeed) changes(ctx context.Context, index uint64) (consulAnswer, error) {
	f.round++
	var events []Event
	head, err := f.each(ctx, index, func(pair *barePair) error {
		old, ok := f.known[pair.Key]
		if ok && old.index == pair.ModifyIndex {
			old.round = f.round
			f.known[pair.Key] = old
			return nil
		}
		events = append(events, f.event(ctx, pair))
		return nil
	})
	if err != nil {
		return head, err
	}
	for key, state := range f.known {
		if state.round != f.round {
			delete(f.known, key)
			events = append(events, Event{Kind: DeleteEvent, Key: consulGiven(key), Size: -1})
		}
	}
	if len(events) > 0 {
		f.pump.live(events...)
	}
	return head, nil
}

// event is a key's new state, noted as known.
func (f *consulFeed) event(ctx context.Context, pair *barePair) Event {
	var flags KeyFlags
	if pair.Session != "" {
		flags = LockedKey
		if f.behaviors.ephemeral(ctx, pair.Session) {
			flags |= Ephemeral
		}
	}
	f.known[pair.Key] = consulState{index: pair.ModifyIndex, round: f.round}
	return Event{Kind: PutEvent, Key: consulGiven(pair.Key), Index: pair.ModifyIndex, Size: int(pair.Value), Flags: flags}
}

// barePair is a pair without its value.
type barePair struct {
	Key         string
	Value       encodedSize
	Flags       uint64
	Session     string
	CreateIndex uint64
	ModifyIndex uint64
}

func (p *barePair) name() string { return p.Key }

// encodedSize is how many bytes a value in base64 has.
type encodedSize int

// UnmarshalJSON implements json.Unmarshaler.
func (n *encodedSize) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = 0
		return nil
	}
	if len(text) < 2 || (len(text)-2)%4 != 0 {
		return &json.UnmarshalTypeError{Value: "string", Field: "Value"}
	}
	text = text[1 : len(text)-1]
	size := len(text) / 4 * 3
	for i := len(text); i > 0 && text[i-1] == '='; i-- {
		size--
	}
	*n = encodedSize(size)
	return nil
}

// consulBehaviors knows what happens to a session's keys when it ends. It
// asks once for all sessions when it meets one it does not know.
type consulBehaviors struct {
	store *Consul
	known map[string]bool // by session: whether they are deleted
}

// ephemeral tells whether a session's keys are deleted with it. A session
// that may not be read is taken for one that only frees them.
func (b *consulBehaviors) ephemeral(ctx context.Context, session string) bool {
	deletes, ok := b.known[session]
	if !ok {
		if sessions, err := b.store.sessions(ctx); err == nil {
			b.known = make(map[string]bool, len(sessions))
			for id, entry := range sessions {
				b.known[id] = entry.Behavior == "delete"
			}
		}
		deletes = b.known[session]
		if b.known != nil {
			b.known[session] = deletes
		}
	}
	return deletes
}
