package tui

import (
	"time"

	"kvist/keymap"
)

// The first key of a sequence, such as gt, acts at once. When the second one follows
// soon, what the first one moved goes back, and the sequence acts instead.

// sequenceFor is how soon that is.
const sequenceFor = time.Second

// firstKey is what is kept of a first key.
type firstKey struct {
	key  string
	at   time.Time
	on   surface
	back func() // takes back what the key moved
}

// completed returns the action of the sequence that a key completes, and takes back
// what its first key did. A sequence that could do nothing is none: its second key
// does what it does alone.
func (m *Model) completed(top surface, key string) (keymap.Action, bool) {
	first := m.sequence
	m.sequence = firstKey{}
	if first.key == "" || first.on != top || m.now().Sub(first.at) >= sequenceFor {
		return "", false
	}
	a, ok := m.keys.Sequence(keymap.Stack(top.scope()), first.key, key)
	if c := m.commands[a]; !ok || c.can != nil && !c.can(m) {
		return "", false
	}
	first.back()
	return a, true
}

// beginSequence notes a key that may be the first of a sequence, before it acts.
func (m *Model) beginSequence(top surface, key string) {
	if !keymap.Begins(key) || keymap.Typing(top.scope()) {
		return
	}
	m.sequence = firstKey{key: key, at: m.now(), on: top, back: func() {}}
	if p, ok := top.(interface{ spot() func() }); ok {
		m.sequence.back = p.spot()
	}
}

// spot returns a function that goes back to where the cursor is now.
func (p *treePane) spot() func() {
	key, line := p.cursor, p.line()
	return func() {
		p.cursor = key
		p.keepLine(line)
	}
}

// spot returns a function that goes back to where the cursor is now.
func (c *rowCursor) spot() func() {
	at, top := c.at, c.top
	return func() { c.at, c.top = at, top }
}

// spot returns a function that scrolls back to what is in sight now.
func (v *viewport) spot() func() {
	top := v.top
	return func() { v.top = top }
}
