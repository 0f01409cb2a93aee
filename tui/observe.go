package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/tui/tree"
)

// A part of the explorer that needs to know what the feed brings implements some of
// these interfaces. NewModel adds the panes that do.
type (
	// batchObserver hears of a batch twice: before its events are taken in, and
	// when all of them are in the tree.
	batchObserver interface {
		feedBegan(m *Model, b kv.Batch, now time.Time)
		feedEnded(m *Model, b takenBatch) tea.Cmd
	}
	// changeObserver hears of each change of the tree, after it.
	changeObserver interface{ feedChanged(m *Model, c treeChange) }
	// stopObserver hears that the user stopped the feed.
	stopObserver interface{ feedStopped(m *Model) }
	// restObserver hears that the tree does not change until the next message, so
	// that the cursor can move.
	restObserver interface{ feedRests(m *Model) }
)

// takenBatch is a batch that is in the tree.
type takenBatch struct {
	kv.Batch
	turned bool // its state differs from that of the batch before
	ready  bool // a listing had ended before
}

// back reports whether contact is back.
func (b takenBatch) back() bool { return b.turned && b.State == kv.Live && b.ready }

// treeChange is an event and what it changed in the tree.
type treeChange struct {
	kv.Event
	what  tree.Change
	was   tree.Entry
	swept bool // a listing found the key gone, without an event
}

// observers are the parts that hear of the feed, in their order.
type observers struct {
	batches []batchObserver
	changes []changeObserver
	stops   []stopObserver
	rests   []restObserver
}

// add adds a part, if it implements any of the interfaces.
func (o *observers) add(part any) {
	if b, ok := part.(batchObserver); ok {
		o.batches = append(o.batches, b)
	}
	if c, ok := part.(changeObserver); ok {
		o.changes = append(o.changes, c)
	}
	if s, ok := part.(stopObserver); ok {
		o.stops = append(o.stops, s)
	}
	if r, ok := part.(restObserver); ok {
		o.rests = append(o.rests, r)
	}
}

func (o *observers) began(m *Model, b kv.Batch, now time.Time) {
	for _, part := range o.batches {
		part.feedBegan(m, b, now)
	}
}

func (o *observers) ended(m *Model, b takenBatch) []tea.Cmd {
	var cmds []tea.Cmd
	for _, part := range o.batches {
		if cmd := part.feedEnded(m, b); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	return cmds
}

func (o *observers) changed(m *Model, c treeChange) {
	for _, part := range o.changes {
		part.feedChanged(m, c)
	}
}

func (o *observers) stopped(m *Model) {
	for _, part := range o.stops {
		part.feedStopped(m)
	}
}

func (o *observers) rest(m *Model) {
	for _, part := range o.rests {
		part.feedRests(m)
	}
}
