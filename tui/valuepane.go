package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// valuePane shows the value of the key under the cursor. It reads the value again
// whenever the feed reports a change.
type valuePane struct {
	shown   shown
	loading bool     // a read is under way; the next one waits for it
	stale   bool     // the key has changed since its value was read
	facts   []string // the lines above the value
	top     int
	height  int
	layout  valueLayout
	find    valueFind
	folder  folderPart
	passive
}

// shown is what is known of the key that is shown.
type shown struct {
	key    string
	pair   *kv.KVPair // nil until it has been read, and for a key without a value
	meta   *kv.Meta   // nil when the store has none
	kind   format.Format
	about  string
	lines  []format.Line // the value as text; nil for hex
	rest   string        // a remark on the part that is not shown
	err    error
	gone   bool // deleted since it was read
	at     time.Time
	change time.Time // when a change was seen
}

func (p *valuePane) scope() keymap.Scope { return keymap.ScopeValue }

func (p *valuePane) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if to, ok := topAfter(a, p.top, p.layout.count(), p.height); ok {
		p.top = to
		return nil, true
	}
	if cmd, mine := p.actFind(m, a); mine {
		return cmd, true
	}
	if a == keymap.ValueLeave {
		return m.focusOn(m.tree), true
	}
	return nil, false
}

// click goes to the child of a folder that was clicked.
func (p *valuePane) click(m *Model, at point) tea.Cmd {
	p.folder.click(m, at.y)
	return nil
}

// caret stands where the part of the value begins that is in sight.
func (p *valuePane) caret(*Model) (point, bool) { return point{0, len(p.facts)}, p.shown.key != "" }

func (p *valuePane) reads() bool { return true }

func (p *valuePane) wheel(_ *Model, _ point, by int) {
	p.top = max(0, min(p.top+by, p.layout.count()-p.height))
}

// reload forgets the value, so that it is read again.
func (p *valuePane) reload() { p.shown = shown{} }

func (p *valuePane) subject(m *Model) (tree.Row, bool) { return m.tree.row() }

// wakes updates the age of the last change and the time left of a TTL.
func (p *valuePane) wakes(m *Model) time.Duration {
	pause := time.Duration(0)
	if !p.shown.change.IsZero() {
		pause = ageStep(m.now().Sub(p.shown.change))
	}
	if folder := p.folder.wakes(m); folder > 0 {
		pause = sooner(pause, folder)
	}
	if p.counting() {
		pause = sooner(pause, time.Second)
	}
	return pause
}

// feedChanged notes a change of the key, or of a folder around it.
func (p *valuePane) feedChanged(_ *Model, c treeChange) {
	p.folder.changed(c.Key)
	switch {
	case c.swept: // feedEnded handles that
	case c.Kind == kv.FolderGoneEvent && strings.HasPrefix(p.shown.key, c.Key+"/"):
		p.lost()
	case c.Key == p.shown.key && (c.Kind == kv.PutEvent || c.Kind == kv.DeleteEvent):
		p.shown.gone = c.Kind == kv.DeleteEvent
		p.stale = c.Kind == kv.PutEvent
	}
}

// lost notes that the key is gone, if it was read before.
func (p *valuePane) lost() {
	if p.shown.pair != nil {
		p.shown.gone, p.stale = true, false
	}
}

func (p *valuePane) feedBegan(*Model, kv.Batch, time.Time) {}

// feedEnded checks whether a listing has found the key gone. When contact is back,
// it has a value read again that could not be read before. One that was read stays:
// the feed reports whether it has changed.
func (p *valuePane) feedEnded(m *Model, b takenBatch) tea.Cmd {
	if b.Synced && m.isGone(p.shown.key) {
		p.lost()
	}
	if b.back() && p.shown.err != nil && !p.shown.gone {
		p.shown.err, p.stale = nil, true
	}
	return nil
}

// follow reads the value under the cursor if it is not the one shown or is out of
// date. Only one read is under way at a time: a cursor that passes a thousand keys
// does not read a thousand values.
func (p *valuePane) follow(m *Model) tea.Cmd {
	p.renew(m, m.now())
	row, ok := m.tree.row()
	if !ok {
		p.shown = shown{}
	}
	if !ok || row.Ghost {
		return nil
	}
	below := tea.Cmd(nil)
	if row.IsFolder {
		below = p.folder.follow(m, row.Key)
	}
	if row.Key != p.shown.key {
		p.shown = shown{key: row.Key}
		p.stale, p.top = row.IsKey, 0
		p.layout = valueLayout{}
	}
	if !p.stale || p.loading || !row.IsKey {
		return below
	}
	p.loading, p.stale = true, false
	return tea.Batch(below, m.readValue(row.Key))
}

// readValue reads a key and its metadata.
func (m *Model) readValue(key string) tea.Cmd {
	store, now := m.store, m.now
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		return valueRead{readShown(ctx, store, key, now())}
	}
}

// readShown reads a key for the value pane and prepares its lines, outside the
// update loop.
func readShown(ctx context.Context, store kv.Store, key string, now time.Time) shown {
	s := shown{key: key, at: now}
	pair, err := store.Get(key)
	if err != nil {
		s.err, s.gone = err, errors.Is(err, kv.ErrKeyNotFound)
		return s
	}
	s.pair = pair
	s.kind = format.Detect(key, pair.Value)
	s.about = format.Describe(s.kind, pair.Value)
	if s.kind != format.Binary {
		var head []byte
		head, s.rest = headOf(pair.Value)
		s.lines = format.Highlight(s.kind, head)
	}
	if reader, ok := kv.As[kv.MetaReader](store); ok {
		s.meta, _ = reader.Meta(ctx, key) // an error means that the key is gone, which the feed will report
	}
	return s
}

// valueRead is the result of readValue.
type valueRead struct{ shown shown }

func (r valueRead) apply(m *Model) tea.Cmd {
	p := m.value
	p.loading = false
	m.known.keep(r.shown.pair)
	if r.shown.key != p.shown.key {
		return nil // the cursor has moved on; follow reads the right one
	}
	if old := p.shown.pair; old != nil && r.shown.pair != nil && old.LastIndex != r.shown.pair.LastIndex {
		r.shown.change = m.now()
	}
	p.shown = r.shown
	p.layout = valueLayout{}
	m.noteCompacted(r.shown.err)
	return m.findAgain()
}

// spot returns a function that scrolls back to what is in sight now.
func (p *valuePane) spot() func() {
	top := p.top
	return func() { p.top = top }
}
