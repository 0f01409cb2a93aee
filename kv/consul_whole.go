package kv

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
	"kvist/kv/internal/pacing"
	"kvist/kv/internal/packed"
	"kvist/kv/internal/wait"
)

const (
	// consulWholeBytes is the most that the values of a whole subtree may have where a part would
	// do: they come with each listing, whether they changed or not.
	consulWholeBytes = 256 << 20
	// consulCountFrom is how long the top level may take before the keys are counted. The server
	// walks all keys for a level, so its time shows how many there are: 100 000 took 25 to 40 ms
	// where a listing of them took 110 to 300 ms.
	consulCountFrom = 200 * time.Millisecond
	// consulRefusedEvery is how often a range that was refused is tried again while the key at its
	// prefix is followed alone.
	consulRefusedEvery = 5 * time.Second
)

// survey sends the top level to a reader that knows nothing yet, and finds out whether the subtree
// is small enough to be followed whole.
func (r *consulReader) survey(ctx context.Context) error {
	var first packed.Snapshot
	head, err := r.readLevel(ctx, consulhttp.List{Dir: r.dir, What: consulhttp.Level}, 0, &first)
	if err != nil {
		return err
	}
	r.surveyed = true
	r.budget.SetTop(head.Took)
	if len(r.scope.now()) == 0 { // otherwise its reader has a tree already
		r.begun = true
		r.pump.startListing(0)
		var events []Event
		for c := first.Cursor(); len(events) < batchMax && c.Next(); {
			events = append(events, consulEvent(packed.Change{Name: c.Name, Is: c.State, Here: true}))
		}
		r.pump.reveal(events...)
	}
	if head.Took > consulCountFrom {
		r.byLevels, err = r.moreThan(ctx, r.limits.keys)
	}
	return err
}

// moreThan reports whether there are more keys than most. It reads no further than that.
func (r *consulReader) moreThan(ctx context.Context, most int) (bool, error) {
	answer, err := r.store.http.List(ctx, consulhttp.List{Dir: r.dir, What: consulhttp.Names})
	if err != nil {
		return false, err
	}
	defer answer.Close()
	keys := 0
	err = answer.Names(func([]byte) error {
		keys++
		if keys > most {
			return errConsulTooLarge
		}
		return nil
	})
	if keys > most {
		return true, nil
	}
	return false, err
}

// followWhole lists all there is and then follows it, by one blocking query on the prefix.
func (r *consulReader) followWhole(ctx context.Context, pause *wait.Backoff) error {
	index, err := r.listing(ctx)
	for err == nil {
		pause.Reset()
		if err = r.query.Hold(ctx); err == nil {
			index, err = r.changes(ctx, index)
		}
	}
	return err
}

// listing puts all there is. It begins when an answer comes: until then the feed stays lost.
func (r *consulReader) listing(ctx context.Context) (uint64, error) {
	begun := r.begun
	r.begun = false
	batch := make([]Event, 0, batchMax)
	put := func(e Event) error {
		if !begun {
			begun = true
			r.pump.startListing(r.missed())
		}
		if batch = append(batch, e); len(batch) < batchMax {
			return nil
		}
		full := batch
		batch = batch[:0]
		return r.pump.list(ctx, full...)
	}
	head, err := r.readWhole(ctx, consulhttp.List{Dir: r.dir}, &r.known, put)
	if err != nil {
		return 0, err
	}
	unseen := r.store.hidden(ctx, r.dir, head)
	blank := unseen != nil && r.known.Len() == 0
	if blank && r.ownReadable(ctx) {
		r.begun = begun
		return 0, unseen // the key at the prefix is followed alone
	}
	if !begun {
		r.pump.startListing(r.missed())
	}
	if err := r.pump.list(ctx, batch...); err != nil {
		return 0, err
	}
	r.query.Answered(pacing.MostCost(r.known.Keys()), head.Took, 0, false)
	r.sync(unseen)
	if blank { // no sign of anything that may be read
		r.pump.lost(Denied, r.fail(unseen))
	}
	r.unseen = unseen
	return consulhttp.NextIndex(0, head.Index), nil
}

// readWhole reads all keys below the prefix into a snapshot, and gives each to put, which may be
// nil. An answer without news is not read.
func (r *consulReader) readWhole(ctx context.Context, l consulhttp.List, into *packed.Snapshot, put func(Event) error) (consulhttp.Head, error) {
	answer, err := r.store.http.List(ctx, l)
	if err != nil {
		return consulhttp.Head{}, err
	}
	defer answer.Close()
	if answer.IsOld() {
		return answer.Head, nil
	}
	most := r.limits.keys
	if r.synced {
		most *= 2
	}
	into.Reset()
	into.Room = packed.Room{Segment: segmentCost}
	left := consulWholeBytes
	err = answer.Entries(func(e *consulhttp.Entry) error {
		if !bytes.HasPrefix(e.Key, []byte(r.dir)) || len(e.Key) == len(r.dir) {
			return nil // the URL could only ask for more; and the directory itself
		}
		state := r.state(ctx, e)
		into.Add(e.Key, state)
		left -= max(0, state.Size)
		switch {
		case r.scope.partial && (into.Len() > most || left < 0 || into.Cost() > r.limits.memory):
			return errConsulTooLarge
		case put == nil:
			return nil
		}
		return put(consulEvent(packed.Change{Name: e.Key, Is: state, Here: true}))
	})
	into.Sort()
	return answer.Head, err
}

// changes waits for what is newer than index, sends it, and returns its index.
func (r *consulReader) changes(ctx context.Context, index uint64) (uint64, error) {
	l := consulhttp.List{
		Dir: r.dir, Index: index, Wait: r.query.WaitTime(r.limits.wait, r.limits.waitMost), Cost: r.query.Cost(),
	}
	asked := time.Now()
	head, err := r.readWhole(ctx, l, &r.fresh, nil)
	if err != nil {
		return index, r.query.ShortenWaits(ctx, err, time.Since(asked) > r.limits.wait && l.Wait > r.limits.wait)
	}
	most := pacing.MostCost(max(r.known.Keys(), r.fresh.Keys()))
	gathered := r.query.Answered(most, head.Took, 0, index > 0)
	if r.scope.partial && r.query.Cost() > 2*r.limits.cost {
		return 0, errConsulTooLarge
	}
	if head.Index == index {
		return index, nil
	}
	var events []Event
	packed.Diff(&r.known, &r.fresh, func(c packed.Change) { events = append(events, consulEvent(c)) })
	r.known, r.fresh = r.fresh, r.known
	switch {
	case head.Back && len(events) > 0:
		r.pump.miss(Gap)
	case consulMerged(events, index, head.Index, gathered || index == 0):
		r.pump.miss(Coalesced)
	}
	if len(events) > 0 {
		if r.unseen != nil && r.fresh.Len() == 0 { // it was denied so far
			r.pump.lost(Live, r.fail(r.unseen))
		}
		r.pump.live(events...)
	}
	return consulhttp.NextIndex(index, head.Index), nil
}

// own returns the key at the prefix, as Consul has it; "" for the whole store.
func (r *consulReader) own() string { return strings.TrimSuffix(r.dir, "/") }

// ownReadable reports whether the key at the prefix may be read, whether it is there or not.
func (r *consulReader) ownReadable(ctx context.Context) bool {
	if r.own() == "" {
		return false
	}
	_, err := r.store.read(ctx, r.own())
	return err == nil
}

// followAlone follows the one key at the prefix where all below it is refused: a token may have the
// right to just that key. It ends with refused if the key is refused, too, and with errConsulRights
// when more may be read.
func (r *consulReader) followAlone(ctx context.Context, pause *wait.Backoff, refused error) error {
	if !r.ownReadable(ctx) {
		return refused
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := recovered(func() error { return r.untilReadable(ctx) }); err != nil {
			cancel(err)
		}
	}()
	err := r.followKey(ctx, pause, refused)
	cancel(nil)
	<-done
	return consulhttp.Cause(ctx, err)
}

// followKey lists and follows the key at the prefix.
func (r *consulReader) followKey(ctx context.Context, pause *wait.Backoff, refused error) error {
	pair, index, err := r.store.await(ctx, r.own(), 0)
	if err != nil {
		return err
	}
	r.begun = false
	r.pump.startListing(r.missed())
	if pair != nil {
		if err := r.pump.list(ctx, r.ownEvent(ctx, pair)); err != nil {
			return err
		}
	}
	r.sync(refused)
	for {
		pause.Reset()
		if err := wait.Sleep(ctx, pacing.Pause); err != nil {
			return err
		}
		now, got, err := r.store.await(ctx, r.own(), consulhttp.NextIndex(index, index))
		if err != nil {
			return err
		}
		switch {
		case now != nil && (pair == nil || pair.ModifyIndex != now.ModifyIndex || pair.Session != now.Session):
			r.pump.live(r.ownEvent(ctx, now))
		case now == nil && pair != nil:
			r.pump.live(Event{Kind: DeleteEvent, Key: consulGiven(r.own()), Index: got, Size: -1})
		}
		pair, index = now, got
	}
}

// ownEvent returns the event of the key at the prefix.
func (r *consulReader) ownEvent(ctx context.Context, pair *api.KVPair) Event {
	e := consulhttp.Entry{Key: []byte(pair.Key), Session: []byte(pair.Session), Index: pair.ModifyIndex, Size: len(pair.Value)}
	return consulEvent(packed.Change{Name: e.Key, Is: r.state(ctx, &e), Here: true})
}

// untilReadable ends with errConsulRights when there is something below the prefix that may be
// read.
func (r *consulReader) untilReadable(ctx context.Context) error {
	l := consulhttp.List{Dir: r.dir, What: consulhttp.Names}
	for {
		seen := false
		head, err := r.store.eachName(ctx, l, func(name string) error {
			seen = seen || strings.HasPrefix(name, r.dir) && name != r.dir
			return nil
		})
		switch {
		case seen:
			return errConsulRights
		case err == nil:
			l.Index = consulhttp.NextIndex(l.Index, head.Index)
			err = wait.Sleep(ctx, pacing.Pause)
		case r.store.isDenied(err):
			l.Index = 0
			err = wait.Sleep(ctx, consulRefusedEvery)
		}
		if err != nil {
			return err
		}
	}
}
