package tree

import (
	"strings"
	"time"
)

// Change is what happened to a row.
type Change uint8

// The changes.
const (
	None    Change = iota
	Added          // it was not there before
	Changed        // another index or other flags
	Removed        // it is gone
	Inside         // a closed folder, in which something changed
)

// Light is a row's last change, and when it was.
type Light struct {
	Kind Change
	At   time.Time
}

// Expire puts out what was lit before that time, and takes the ghosts away
// that were left before it. It costs as much as there is to put out. It tells
// whether any row changed.
func (t *Tree) Expire(before time.Time) bool {
	n := 0
	for len(t.queue) > 0 && t.queue[0].at.Before(before) {
		t.putOut()
		n++
	}
	return n > 0
}

// Lit is the number of events that are still lit: when it is 0 there is
// nothing to expire.
func (t *Tree) Lit() int {
	return len(t.queue)
}

// litMax bounds how many events are lit at once, ghosts among them: in a
// storm of changes the oldest go early.
const litMax = 10_000

// light is what shows on a node.
type light struct {
	own    Light
	inside time.Time // when something below it last changed
}

// lit is an event that is lit: the key, and the nodes on the way to it. They
// stay what they are when the tree is balanced anew; those that have left the
// tree since have no light any more.
type lit struct {
	rel   string
	nodes []*node
	at    time.Time
}

// glows tells whether what changes now is lit.
func (t *Tree) glows(now time.Time) bool { return t.listed && !now.IsZero() }

// shine lights the change of rel, and the folders around it.
func (t *Tree) shine(rel string, change Change, now time.Time) {
	if change == None || !t.glows(now) {
		return
	}
	if len(t.queue) == litMax {
		t.putOut()
	}
	nodes := t.trail(rel)
	last := len(nodes) - 1
	for i, n := range nodes {
		l := t.lights[n]
		if i == last {
			l.own = Light{Kind: change, At: now}
		} else {
			l.inside = now
		}
		t.lights[n] = l
	}
	t.queue = append(t.queue, lit{rel: strings.Clone(rel), nodes: nodes, at: now})
}

// putOut ends the oldest event that is lit, unless a later one lights the
// same nodes, and takes its ghost away.
func (t *Tree) putOut() {
	e := t.queue[0]
	t.queue[0] = lit{}
	t.queue = t.queue[1:]
	last := len(e.nodes) - 1
	for i, n := range e.nodes {
		l, ok := t.lights[n]
		if !ok {
			continue
		}
		if !l.inside.After(e.at) {
			l.inside = time.Time{}
		}
		if i == last && !l.own.At.After(e.at) {
			l.own = Light{}
		}
		t.lights[n] = l
		if l == (light{}) {
			delete(t.lights, n)
		}
		if i == last && n.is(isGhost) && l.own.Kind == None {
			t.top = t.shrink(t.top, e.rel, 0, false)
		}
	}
}

// lightOf is what shows on n's row.
func (t *Tree) lightOf(n *node) Light {
	l := t.lights[n]
	switch {
	case l.own.Kind == Removed && n.is(isKey): // put again without a light
		return Light{}
	case l.own.Kind != None:
		return l.own
	case n.is(isOpen) || l.inside.IsZero():
		return Light{}
	}
	return Light{Kind: Inside, At: l.inside}
}
