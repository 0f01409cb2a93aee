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

// Expire puts out what was lit before that time, and takes away the ghosts that
// were left before it. It costs as much as there is to put out. It reports
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

// Lit returns how many rows are lit for a change of their own, shown or not; at
// least 1 while anything is lit. If it is 0, there is nothing to expire.
func (t *Tree) Lit() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.lights.queues[ownLights].n, min(1, t.lights.queues[insideLights].n))
}

// litMax bounds how many rows, ghosts included, are lit for changes of their own
// at once: in a storm of changes the oldest lights go out early.
const litMax = 10_000

// mayLight reports whether a change at now is lit.
func (t *Tree) mayLight(now time.Time) bool { return t.listed && !now.IsZero() }

// lightUp lights the change of r, the end of the way, and the folders around it.
// rel is its path.
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

// lightAround lights the folders on the way.
func (t *Tree) lightAround(now time.Time) {
	for _, s := range t.way {
		if s.to != toKids {
			continue
		}
		t.lamp(s.at, insideLights).inside = now
	}
}

// lamp returns the lamp of r, which it makes if there is none, moved to the end
// of the queue.
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

// dimExcess puts out the oldest lights while there are too many. It changes the
// way, and so must not be called between a descent and its use.
func (t *Tree) dimExcess() {
	for t.lights.queues[ownLights].n > litMax {
		oldest := t.lights.first(ownLights).own.At
		t.putOut()
		t.dim(oldest)
	}
}

// putOut ends the oldest light of a row's own, and takes away its ghost.
func (t *Tree) putOut() {
	l := t.lights.first(ownLights)
	r := l.node
	if n := t.at(r); n.is(isGhost) {
		r, _ = t.descend(string(l.rel))
		n.set(isGhost, false)
		t.refresh(r) // which removes the lamp too
		return
	}
	l.own = Light{}
	t.lights.leave(ownLights, t.lights.of[r])
	t.dropLamp(r)
}

// dim ends the lights of the folders in which nothing has changed since. It
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

// dropLamp takes away the lamp of r if it shows nothing.
func (t *Tree) dropLamp(r ref) {
	if l := &t.lights.lamps[t.lights.of[r]]; l.own.Kind == None && l.inside.IsZero() {
		t.lights.remove(r)
		t.at(r).set(isLit, false)
	}
}

// lightOf returns the light of the row of r.
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
