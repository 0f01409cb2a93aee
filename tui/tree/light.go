package tree

import "time"

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
	t.mu.Lock()
	defer t.mu.Unlock()
	changed := false
	for first := t.lights.first(ownLights); first != nil && first.own.At.Before(before); first = t.lights.first(ownLights) {
		t.putOut()
		changed = true
	}
	return t.dim(before) || changed
}

// Lit is the number of rows with a change of their own that are lit, whether
// they are shown or not; at least 1 while anything is. When it is 0 there is
// nothing to expire.
func (t *Tree) Lit() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.lights.queues[ownLights].n, min(1, t.lights.queues[insideLights].n))
}

// litMax bounds how many rows are lit for changes of their own at once, ghosts
// among them: in a storm of changes the oldest go early.
const litMax = 10_000

// mayLight reports whether what changes now is lit.
func (t *Tree) mayLight(now time.Time) bool { return t.listed && !now.IsZero() }

// shine lights the change of r, to which the whole way leads, and the folders
// around it. rel is its path.
func (t *Tree) lightUp(r ref, rel string, change Change, now time.Time) {
	if change == None || !t.mayLight(now) {
		return
	}
	t.lightAround(now)
	l := t.lamp(r, ownLights)
	l.own = Light{Kind: change, At: now}
	if t.at(r).is(isGhost) {
		l.rel = append(l.rel[:0], rel...)
	}
}

// lightAround lights the folders that the way goes through.
func (t *Tree) lightAround(now time.Time) {
	for _, s := range t.way {
		if s.to != toKids {
			continue
		}
		t.lamp(s.at, insideLights).inside = now
	}
}

// lamp is the lamp of r, made when it has none, as the last of the queue.
func (t *Tree) lamp(r ref, q queueName) *lamp {
	n := t.at(r)
	if !n.is(isLit) {
		n.set(isLit, true)
		t.lights.add(r)
	}
	i := t.lights.of[r]
	t.lights.leave(q, i)
	t.lights.join(q, i)
	return &t.lights.lamps[i]
}

// rest puts the oldest out while too many are lit. It must not come between a
// descent and what is done with its way.
func (t *Tree) dimExcess() {
	for t.lights.queues[ownLights].n > litMax {
		oldest := t.lights.first(ownLights).own.At
		t.putOut()
		t.dim(oldest)
	}
}

// putOut ends the oldest light of a row's own, and takes its ghost away.
func (t *Tree) putOut() {
	l := t.lights.first(ownLights)
	r := l.node
	if n := t.at(r); n.is(isGhost) {
		r, _ = t.descend(string(l.rel))
		n.set(isGhost, false)
		t.refresh(r) // and the lamp goes with it
		return
	}
	l.own = Light{}
	t.lights.leave(ownLights, t.lights.of[r])
	t.dropLamp(r)
}

// dim ends the lights of folders, inside of which nothing changed since. It
// reports whether there were any.
func (t *Tree) dim(since time.Time) bool {
	some := false
	for l := t.lights.first(insideLights); l != nil && l.inside.Before(since); l = t.lights.first(insideLights) {
		l.inside = time.Time{}
		t.lights.leave(insideLights, t.lights.of[l.node])
		t.dropLamp(l.node)
		some = true
	}
	return some
}

// unlit takes the lamp of r down when it shows nothing any more.
func (t *Tree) dropLamp(r ref) {
	if l := &t.lights.lamps[t.lights.of[r]]; l.own.Kind == None && l.inside.IsZero() {
		t.lights.remove(r)
		t.at(r).set(isLit, false)
	}
}

// lightOf is what shows on the row of r.
func (t *Tree) lightOf(r ref, n *node) Light {
	if !n.is(isLit) {
		return Light{}
	}
	l := &t.lights.lamps[t.lights.of[r]]
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
