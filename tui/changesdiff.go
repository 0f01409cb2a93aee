package tui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/changes"
	"kvist/internal/explain"
	"kvist/internal/format"
	"kvist/internal/textdiff"
	"kvist/kv"
)

// changeDiff is what the change under the cursor did.
type changeDiff struct {
	of      uint64 // the number of the change plus one; 0 is none
	asked   bool   // its values are to be read
	reading bool   // a read is under way, of this change or another
	read    changeRead
	top     int // the first row in sight
}

// follow has the values of the change under the cursor read once the cursor has
// rested there.
func (p *changesPane) follow(m *Model) tea.Cmd {
	if m.focus != p || !m.visible(p) {
		return nil
	}
	c, n, ok := p.current()
	if !ok || c.Kind.Mark() {
		p.diff = changeDiff{reading: p.diff.reading}
		return nil
	}
	if p.diff.of == n+1 {
		return nil
	}
	p.diff = changeDiff{of: n + 1, reading: p.diff.reading}
	return m.after(diffPause, diffDue{p, n + 1})
}

// diffDue says that the cursor has rested on a change.
type diffDue struct {
	pane *changesPane
	of   uint64
}

func (r diffDue) apply(m *Model) tea.Cmd {
	p := r.pane
	if r.of != p.diff.of {
		return nil
	}
	p.diff.asked = true
	return p.readDiff(m)
}

// readDiff reads the values of the change under the cursor, unless a read is under
// way.
func (p *changesPane) readDiff(m *Model) tea.Cmd {
	if p.diff.reading || !p.diff.asked || p.diff.of == 0 {
		return nil
	}
	of := p.diff.of
	c := p.Get(of - 1)
	if c == nil { // it is no longer kept
		return nil
	}
	p.diff.reading = true
	q := changeQuestion{store: m.present().store, change: *c, now: m.now}
	q.before, q.beforeKnown = m.known.Get(valueID{c.Key, c.Was.Index})
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		read := q.answer(ctx)
		read.pane, read.of = p, of
		return read
	}
}

// changeRead is what was read of a change.
type changeRead struct {
	pane    *changesPane
	of      uint64
	remarks []string        // how exact it is
	lines   []textdiff.Line // nil when there is no text to show
	whole   bool            // the lines are the value rather than a difference
	more    int             // lines that were left out
	was     int             // bytes before, if that is known
	now     int             // bytes after
	pair    *kv.KVPair      // the pair that was read, if any
	err     error
}

func (r changeRead) apply(m *Model) tea.Cmd {
	p := r.pane
	p.diff.reading = false
	m.known.keep(r.pair)
	if r.of != p.diff.of {
		return p.readDiff(m) // the cursor has moved on
	}
	r.pair = nil
	p.diff.read, p.diff.asked = r, false
	return nil
}

// changeQuestion reads what a change did.
type changeQuestion struct {
	store       kv.Store
	change      changes.Change
	now         func() time.Time
	before      []byte // a value that happened to be read before
	beforeKnown bool
}

// answer finds out as much as possible.
func (q changeQuestion) answer(ctx context.Context) changeRead {
	var r changeRead
	switch c := q.change; {
	case c.Kind == changes.FolderRemoved:
		r.remarks = append(r.remarks, "the folder is gone with everything in it; its values are not known")
		return r
	case c.Kind == changes.Changed && c.Was.Index == c.Now.Index:
		r.remarks = append(r.remarks, "the value is the same: only marks changed")
		return r
	}
	v, ok := q.exactly(ctx, &r)
	if !ok {
		if v, ok = q.nearly(&r); !ok {
			return r
		}
	}
	q.compare(v, &r)
	return r
}

// exactly reads the values from the store's history.
func (q changeQuestion) exactly(ctx context.Context, r *changeRead) (kv.ValueChange, bool) {
	reader, ok := kv.As[kv.ChangeReader](q.store)
	if !ok {
		return kv.ValueChange{}, false
	}
	c := q.change
	e := kv.Event{Kind: kv.PutEvent, Key: c.Key, Index: c.Now.Index}
	swept := c.Kind == changes.Removed && c.Now.Index == 0
	switch {
	case swept: // the last change before left what was there
		e.Index = c.Was.Index
	case c.Kind == changes.Removed:
		e.Kind = kv.DeleteEvent
	}
	v, err := reader.ReadChange(ctx, e)
	switch {
	case errors.Is(err, kv.ErrCompacted):
		r.remarks = append(r.remarks, "compacted: the store discarded what was there then")
		return v, false
	case err != nil: // only the feed knows the change, or the other way of reading fails too and says why
		return v, false
	case swept:
		return kv.ValueChange{Before: v.After, BeforeKnown: true}, true
	}
	if v.BeforeIndex != 0 && c.Was.Index != 0 && v.BeforeIndex != c.Was.Index {
		r.remarks = append(r.remarks, "several updates came as one; this is the last")
	}
	return v, true
}

// nearly reads the present value.
func (q changeQuestion) nearly(r *changeRead) (kv.ValueChange, bool) {
	c := q.change
	v := kv.ValueChange{Read: true, Before: q.before, BeforeKnown: q.beforeKnown}
	if c.Kind == changes.Added {
		v.Before, v.BeforeKnown = nil, true
	}
	if c.Kind == changes.Removed {
		return v, true
	}
	pair, err := q.store.Get(c.Key)
	at := "read at " + q.now().Format("15:04:05")
	switch {
	case errors.Is(err, kv.ErrKeyNotFound):
		r.remarks = append(r.remarks, at+": the key is gone by now")
		return v, false
	case err != nil:
		r.err = err
		return v, false
	case c.Now.Index != 0 && pair.LastIndex == c.Now.Index:
		r.remarks = append(r.remarks, at+", and not changed since")
	default:
		r.remarks = append(r.remarks, at+", and newer than this change")
	}
	r.pair = pair
	v.After = pair.Value
	return v, true
}

// compare makes the lines of the difference.
func (q changeQuestion) compare(v kv.ValueChange, r *changeRead) {
	if v.Before == nil && !v.BeforeKnown {
		r.remarks = append(r.remarks, "the value before is not known")
		if q.change.Kind == changes.Removed {
			return
		}
	}
	if isBinary(q.change.Key, v.Before) || isBinary(q.change.Key, v.After) {
		r.remarks = append(r.remarks, "not text: "+sideText(v.Before, v.BeforeKnown)+" before, "+sideText(v.After, true)+" after")
		return
	}
	r.whole, r.was, r.now = !v.BeforeKnown, len(v.Before), len(v.After)
	if r.whole {
		v.Before = v.After
	}
	d := textdiff.Compare(q.change.Key, v.Before, v.After)
	if !r.whole {
		r.remarks = append(r.remarks, d.Remarks()...)
		d.Lines = textdiff.Collapse(d.Lines)
	}
	r.lines, r.more = bounded(d.Lines)
}

// isBinary reports whether a value is not text.
func isBinary(key string, value []byte) bool {
	return len(value) > 0 && format.Detect(key, value) == format.Binary
}

// fault says what went wrong.
func (r changeRead) fault() string {
	if r.err == nil {
		return ""
	}
	return explain.Error(r.err)
}
