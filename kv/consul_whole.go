package kv

import (
	"bytes"
	"context"
	"time"

	"kvist/kv/internal/pacing"
	"kvist/kv/internal/packed"
)

// consulWholeBytes is the most that the values of a scoped feed's whole subtree
// may have: they come with each listing of it, whether they changed or not.
const consulWholeBytes = 256 << 20

// consulProbeFrom is how long the uppermost level may take without a doubt
// about the whole. The server walks all keys for a level, so that its time
// tells how many there are: 100 000 took 25 to 40 ms where a listing of them
// took 110 to 300 ms.
const consulProbeFrom = 200 * time.Millisecond

// survey tells the uppermost level to who knows nothing yet, and finds out whether the subtree is small
// enough to be followed whole.
func (r *consulReader) survey(ctx context.Context) error {
	var first packed.Snapshot
	head, err := r.names(ctx, consulList{dir: r.dir, what: nearestName}, 0, &first)
	if err != nil {
		return err
	}
	r.surveyed = true
	r.budget.SetTop(head.took)
	if len(r.scope.now()) == 0 { // else its reader has a tree already
		r.begun = true
		r.pump.startListing(0)
		var events []Event
		for c := first.Cursor(); len(events) < batchMax && c.Next(); {
			events = append(events, consulEvent(packed.Change{Name: c.Name, Is: c.State, Here: true}))
		}
		r.preview(events)
	}
	if head.took > consulProbeFrom {
		r.byLevels, err = r.moreThan(ctx, r.limits.keys)
	}
	return err
}

// moreThan reports whether there are more keys than so many. It reads no
// further than that.
func (r *consulReader) moreThan(ctx context.Context, most int) (bool, error) {
	body, _, err := r.store.list(ctx, consulList{dir: r.dir, what: everyName})
	if err != nil {
		return false, err
	}
	defer body.Close()
	keys := 0
	err = newConsulScanner(body, r.store.valueMost()).names(func([]byte) error {
		keys++
		if keys > most {
			return errTooLarge
		}
		return nil
	})
	if keys > most {
		return true, nil
	}
	return false, err
}

// followWhole puts all there is, and then what changes in it, by one blocking
// query on the prefix.
func (r *consulReader) followWhole(ctx context.Context, pause *backoff) error {
	index, err := r.listing(ctx)
	for err == nil {
		pause.reset()
		if err = r.query.Hold(ctx); err == nil {
			index, err = r.changes(ctx, index)
		}
	}
	return err
}

// listing puts all there is. It begins with the answer: while there is none
// the feed stays lost.
func (r *consulReader) listing(ctx context.Context) (uint64, error) {
	begun := r.begun
	r.begun = false
	batch := make([]Event, 0, batchMax)
	tell := func(e Event) error {
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
	head, err := r.entries(ctx, consulList{dir: r.dir}, &r.known, tell)
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
	r.query.Answered(pacing.MostCost(r.known.Keys()), head.took, 0, false)
	r.sync(unseen)
	if blank { // no sign of anything that may be read
		r.pump.lost(Denied, r.store.fail("follow", r.prefix, unseen))
	}
	r.unseen = unseen
	return nextIndex(0, head.index), nil
}

// entries reads all keys below the prefix into a snapshot, and gives each to
// tell, which may be nil. An answer that has nothing new is not read.
func (r *consulReader) entries(ctx context.Context, l consulList, into *packed.Snapshot, tell func(Event) error) (consulAnswer, error) {
	body, head, err := r.store.list(ctx, l)
	if err != nil || l.index > 0 && head.index == l.index {
		if err == nil {
			err = body.Close()
		}
		return head, err
	}
	defer body.Close()
	most := r.limits.keys
	if r.synced {
		most *= 2
	}
	into.Reset()
	into.Room = packed.Room{Segment: segmentCost}
	left := consulWholeBytes
	err = newConsulScanner(body, r.store.valueMost()).entries(func(e *consulEntry) error {
		if !bytes.HasPrefix(e.key, []byte(r.dir)) || len(e.key) == len(r.dir) {
			return nil // the URL could only ask for more; and the directory itself
		}
		state := r.state(ctx, e)
		into.Add(e.key, state)
		left -= max(0, state.Size)
		switch {
		case r.scoped && (into.Len() > most || left < 0 || into.Cost() > r.limits.memory):
			return errTooLarge
		case tell == nil:
			return nil
		}
		return tell(consulEvent(packed.Change{Name: e.key, Is: state, Here: true}))
	})
	into.Sort()
	return head, err
}

// changes waits for what is newer than index, tells it, and gives the index
// of that.
func (r *consulReader) changes(ctx context.Context, index uint64) (uint64, error) {
	l := consulList{dir: r.dir, index: index, wait: r.query.WaitTime(r.limits.wait, r.limits.waitMost), cost: r.query.Cost()}
	asked := time.Now()
	head, err := r.entries(ctx, l, &r.fresh, nil)
	if err != nil {
		return index, r.query.ShortenWaits(ctx, err, time.Since(asked) > r.limits.wait && l.wait > r.limits.wait)
	}
	gathered := r.query.Answered(pacing.MostCost(max(r.known.Keys(), r.fresh.Keys())), head.took, 0, index > 0)
	if r.scoped && r.query.Cost() > 2*r.limits.cost {
		return 0, errTooLarge
	}
	if head.index == index {
		return index, nil
	}
	var events []Event
	packed.Diff(&r.known, &r.fresh, func(c packed.Change) { events = append(events, consulEvent(c)) })
	r.known, r.fresh = r.fresh, r.known
	switch {
	case head.back && len(events) > 0:
		r.pump.miss(Gap)
	case consulMerged(events, index, head.index, gathered || index == 0):
		r.pump.miss(Coalesced)
	}
	if len(events) > 0 {
		if r.unseen != nil && r.fresh.Len() == 0 { // it was denied so far
			r.pump.lost(Live, r.store.fail("follow", r.prefix, r.unseen))
		}
		r.pump.live(events...)
	}
	return nextIndex(index, head.index), nil
}
