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
	// sliceFor is how long batches are taken in before keys that were pressed
	// meanwhile have their turn, and a frame is drawn.
	sliceFor = 8 * time.Millisecond
	// sliceLook is after how many events the clock is looked at, and sliceSweep
	// how many keys are swept or given up between two looks.
	sliceLook  = 64
	sliceSweep = 2000
)

// intake is what was pulled and is being taken in, a slice at a time: a listing
// of a million keys keeps nobody waiting.
type intake struct {
	gen     int
	batches []kv.Batch // the first is the one that is being taken in
	err     error      // why there are no more
	begun   bool       // the first batch was
	at      int        // how many of its events were taken in
	relist  bool       // its state is another than that of the one before
	changed bool       // something in it is news
	cmds    []tea.Cmd
}

func (r batchesPulled) apply(m *Model) tea.Cmd {
	return (&intake{gen: r.gen, batches: r.batches, err: r.err}).apply(m)
}

// apply takes in a slice. The next one comes by a message of its own, behind
// what waits already.
func (w *intake) apply(m *Model) tea.Cmd {
	f := &m.feed
	if w.gen != f.gen || f.feed == nil {
		return nil
	}
	now, until, held := m.now(), time.Now().Add(sliceFor), m.tree.hold()
	more := false
	for len(w.batches) > 0 && !more {
		more = !w.takeBatch(m, now, until)
	}
	for !more && !m.tree.tree.Tidy(sliceSweep) {
		more = time.Now().After(until)
	}
	m.tree.held(held, m.tree.height)
	m.tree.found(m)
	m.goToFirst()
	m.sayFound()
	if more {
		f.intake = w
		return func() tea.Msg { return w }
	}
	f.intake = nil
	return w.end(m, now)
}

// end goes on with what comes next.
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

// takeBatch brings all that shows the feed up to date, until the time is over.
// It reports whether the first batch is taken in.
func (w *intake) takeBatch(m *Model, now, until time.Time) bool {
	b := w.batches[0]
	if !w.begun {
		w.begin(m, b, now)
	}
	if !w.takeEvents(m, b, now, until) || b.Synced && !w.sweep(m, now, until) {
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

// begin takes note of what a batch says of the feed itself.
func (w *intake) begin(m *Model, b kv.Batch, now time.Time) {
	f := &m.feed
	w.begun, w.relist = true, f.state != b.State
	if b.State == kv.Live && b.Err != nil && (f.err == nil || w.relist) {
		m.notice.fail(now, b.Err) // said once; the status goes on saying "in part"
	}
	if b.Partial && !f.partial && b.Memory > 0 {
		m.notice.warn(now, beyondMemory(b))
	}
	f.take(b)
	if b.Missed != 0 {
		f.missed, f.missAt = b.Missed, now
	}
	m.changes.Begin(b, now)
	if b.Begin {
		m.tree.tree.BeginListing()
		m.keepItself()
	}
}

// takeEvents brings the tree up to date, and all that shows a key of it.
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

// takeEvent takes one event in, and reports whether it is news.
func (m *Model) takeEvent(e kv.Event, now time.Time) bool {
	if e.Old {
		now = time.Time{} // it becomes known, which is no change
	}
	t := m.tree.tree
	what, was := applyEvent(t, e, now)
	switch {
	case what == tree.None:
		return false
	case e.Kind == kv.FolderEvent || e.Kind == kv.FolderGoneEvent:
		m.sawFolder(e)
	default:
		m.changes.Take(e, knownOf(what, was))
		m.value.changed(e)
		m.editorSaw(e)
	}
	return !e.Old
}

// sweep takes away what a listing that ended did not tell of.
func (w *intake) sweep(m *Model, now, until time.Time) bool {
	for {
		gone, done := m.tree.tree.Sweep(now, sliceSweep)
		w.changed = w.changed || len(gone.Keys)+gone.Folders > 0
		for _, was := range gone.Keys {
			m.changes.Swept(was.Key, sideOf(was))
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
	if b.Synced {
		m.lookFor(m.value.shown.key)
		if m.editor != nil {
			m.lookFor(m.editor.edit.key)
		}
	}
	if b.Synced || b.State == kv.Denied && w.relist { // what is below it may be denied, and the key not
		w.cmds = append(w.cmds, m.askItself())
	}
	m.changes.End(b)
	if w.changed && f.ready {
		f.last = now
	}
	again := w.relist && f.state == kv.Live && f.ready
	f.ready = f.ready || b.Synced
	if again {
		m.value.askAgain()
		w.cmds = append(w.cmds, m.askHealth()) // contact is back: who leads now?
	}
}
