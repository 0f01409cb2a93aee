package tui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/tui/tree"
)

const (
	// sliceFor is how long batches are taken in before key presses and a frame get
	// their turn.
	sliceFor = 8 * time.Millisecond
	// sliceLook is after how many events the clock is read, and sliceSweep how many
	// keys are swept in between.
	sliceLook  = 64
	sliceSweep = 2000
)

// intake is batches that are being taken in, a slice at a time: a listing of a
// million keys must not block the keyboard.
type intake struct {
	gen     int
	batches []kv.Batch // the first is being taken in
	err     error      // why there are no more
	begun   bool       // the first batch has begun
	at      int        // how many of its events were taken in
	turned  bool       // its state differs from that of the batch before
	changed bool       // it contains news
	cmds    []tea.Cmd
}

func (r batchesPulled) apply(m *Model) tea.Cmd {
	return (&intake{gen: r.gen, batches: r.batches, err: r.err}).apply(m)
}

// apply takes in a slice. The next slice comes by a message of its own, after those
// that wait already.
func (w *intake) apply(m *Model) tea.Cmd {
	f := &m.feed
	if w.gen != f.gen || f.feed == nil {
		return nil
	}
	now, until, line := m.now(), time.Now().Add(sliceFor), m.tree.line()
	more := false
	for len(w.batches) > 0 && !more {
		more = !w.takeBatch(m, now, until)
	}
	for !more && !m.tree.tree.Tidy(sliceSweep) {
		more = time.Now().After(until)
	}
	m.tree.keepLine(line)
	m.observers.rest(m)
	if more {
		f.intake = w
		return func() tea.Msg { return w }
	}
	f.intake = nil
	return w.end(m, now)
}

// end pulls the next batches.
func (w *intake) end(m *Model, now time.Time) tea.Cmd {
	f := &m.feed
	if w.err != nil {
		if !errors.Is(w.err, context.Canceled) {
			f.state, f.err = kv.Reconnecting, w.err
		}
		return tea.Batch(w.cmds...)
	}
	pause := time.Duration(0)
	if f.state == kv.Live && now.Sub(f.pulled) < pullEvery {
		pause = pullEvery
	}
	f.pulled = now
	return tea.Batch(append(w.cmds, pull(m.ctx, f.gen, f.feed, pause, f.state == kv.Listing))...)
}

// takeBatch takes in the first batch until the time is over, and reports whether it
// is complete.
func (w *intake) takeBatch(m *Model, now, until time.Time) bool {
	b := w.batches[0]
	if !w.begun {
		w.begin(m, b, now)
	}
	// A listing that ended since the past cannot be read any more says nothing of the
	// keys that it did not come to.
	sweeps := b.Synced && (m.asOf == nil || !isOver(b.Err))
	if !w.takeEvents(m, b, now, until) || sweeps && !w.sweep(m, now, until) {
		if b.Synced {
			m.feed.state = kv.Listing // until its last event is taken in
		}
		return false
	}
	w.finish(m, b, now)
	w.batches = w.batches[1:]
	w.begun, w.at, w.changed = false, 0, false
	return true
}

// begin notes what a batch says of the feed itself.
func (w *intake) begin(m *Model, b kv.Batch, now time.Time) {
	f := &m.feed
	w.begun, w.turned = true, f.state != b.State
	if b.State == kv.Live && b.Err != nil && (f.err == nil || w.turned) && (m.asOf == nil || !isOver(b.Err)) {
		m.notice.fail(now, b.Err) // once; the status keeps saying "in part"
	}
	if b.Partial && !f.partial && b.Memory > 0 {
		m.notice.warn(now, beyondMemory(b))
	}
	f.take(b)
	if b.Missed != 0 {
		f.missed, f.missAt = b.Missed, now
	}
	if b.Begin {
		m.tree.tree.BeginListing()
	}
	m.observers.began(m, b, now)
}

// takeEvents puts the events into the tree and informs the observers.
func (w *intake) takeEvents(m *Model, b kv.Batch, now, until time.Time) bool {
	for w.at < len(b.Events) {
		w.changed = m.takeEvent(b.Events[w.at], now) || w.changed
		w.at++
		if w.at%sliceLook == 0 && time.Now().After(until) {
			return false
		}
	}
	return true
}

// takeEvent takes in an event and reports whether it is news.
func (m *Model) takeEvent(e kv.Event, now time.Time) bool {
	if e.Old || m.asOf != nil {
		now = time.Time{} // the key becomes known, which is no change
	}
	what, was := applyEvent(m.tree.tree, e, now)
	if what == tree.None {
		return false
	}
	m.observers.changed(m, treeChange{Event: e, what: what, was: was})
	return !e.Old
}

// sweep removes the keys that a listing did not bring.
func (w *intake) sweep(m *Model, now, until time.Time) bool {
	lit := now
	if m.asOf != nil {
		lit = time.Time{} // another moment of the past, not a change
	}
	for {
		gone, done := m.tree.tree.Sweep(lit, sliceSweep)
		w.changed = w.changed || len(gone.Keys)+gone.Folders > 0
		for _, was := range gone.Keys {
			e := kv.Event{Kind: kv.DeleteEvent, Key: was.Key, Size: -1}
			m.observers.changed(m, treeChange{Event: e, what: tree.Removed, was: was, swept: true})
		}
		if done {
			return true
		}
		if time.Now().After(until) {
			return false
		}
	}
}

// finish ends a batch.
func (w *intake) finish(m *Model, b kv.Batch, now time.Time) {
	f := &m.feed
	f.state = b.State
	w.cmds = append(w.cmds, m.observers.ended(m, takenBatch{Batch: b, turned: w.turned, ready: f.ready})...)
	if w.changed && f.ready {
		f.last = now
	}
	f.ready = f.ready || b.Synced
}
