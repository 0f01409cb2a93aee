package tui

import (
	"time"

	"kvist/kv"
	"kvist/tui/tree"
)

// recorder writes down what the feed tells, from the end of the first listing
// on: also while nobody looks, so that what happened can be looked at when
// there is a reason to.
type recorder struct {
	shown   changeList
	waiting ring // what came while the list stands still
	still   bool
	fresh   int // how many changes came meanwhile
	lost    int // how many lines of those had no room

	state     kv.State
	ready     bool      // the first listing has ended
	listing   bool      // another one is under way
	at        time.Time // of the batch that is being written down
	coalesced time.Time // when changes last came as one
	since     time.Time // when recording began
	count     int       // changes since then
	partial   bool      // only open folders are followed
	unlisted  unlisted
}

// newRecorder is a recorder with nothing in it.
func newRecorder() recorder {
	return recorder{
		shown:   changeList{ring: ring{max: changesMax + 1}}, // one more for a mark of what was lost
		waiting: ring{max: changesMax},
	}
}

// coalescedFor is how long a mark of changes that came as one stands for
// those that follow: in a storm there are twenty such batches a second.
const coalescedFor = time.Second

// begin notes what a batch says of its events.
func (r *recorder) begin(b kv.Batch, now time.Time) {
	if r.at = b.At; r.at.IsZero() {
		r.at = now
	}
	r.partial = b.Partial
	r.unlisted.begin(b)
	if !r.ready {
		return
	}
	if b.Begin {
		r.listing = true
		r.mark(relisting(b.Missed))
	}
	if b.Missed&kv.Coalesced != 0 {
		if r.at.Sub(r.coalesced) >= coalescedFor {
			r.mark("coalesced: several updates of a key came as one")
		}
		r.coalesced = r.at
	}
}

// relisting says why everything is listed again.
func relisting(missed kv.Missed) string {
	const follows = "; what a new listing finds changed follows"
	switch {
	case missed&kv.Compacted != 0:
		return "compacted: the store discarded what happened meanwhile" + follows
	case missed&kv.Gap != 0:
		return "gap: what happened meanwhile was not seen" + follows
	default:
		return "listing again" + follows
	}
}

// end notes what a batch says of the time after its events.
func (r *recorder) end(b kv.Batch) {
	was := r.state
	r.state = b.State
	switch {
	case b.Synced && !r.ready:
		r.ready, r.since = true, r.at
	case !r.ready:
	case b.Synced:
		r.listing = false
		r.mark("reloaded: live again")
	case b.State == was:
	case b.State.OutOfContact():
		r.mark("contact lost, reconnecting")
	case b.State == kv.Live && b.Missed&^kv.Coalesced == 0:
		r.mark("live again, nothing was missed")
	case b.State == kv.Live:
		r.mark("live again; may have been missed: " + b.Missed.String())
	}
}

// stopped notes that nothing is followed any more.
func (r *recorder) stopped(now time.Time) {
	if r.ready {
		r.at = now
		r.mark("stopped: nothing is followed until you reload")
	}
}

// saw notes an event that the tree found to be a change.
func (r *recorder) saw(e kv.Event, what tree.Change, was tree.Entry) {
	if !r.ready {
		return
	}
	if what = r.unlisted.sift(e, what, was); what == tree.None {
		return
	}
	c := change{key: e.Key, was: sideOf(was), now: side{index: e.Index, size: e.Size, flags: e.Flags}}
	switch what {
	case tree.Added:
		c.kind, c.was = addedChange, side{}
	case tree.Changed:
		c.kind = changedChange
	case tree.Removed:
		c.kind, c.now = removedChange, side{index: e.Index}
	default:
		return
	}
	r.note(c)
}

// lostFolder notes that a folder is gone with all in it, which the feed did
// not tell key by key.
func (r *recorder) lostFolder(key string) {
	if r.ready {
		r.note(change{kind: folderChange, key: key + "/"})
	}
}

// swept notes a key that a listing found gone.
func (r *recorder) swept(was tree.Entry) {
	if r.ready {
		r.note(change{kind: removedChange, key: was.Key, was: sideOf(was)})
	}
}

// sideOf is what the tree knew of a key.
func sideOf(e tree.Entry) side { return side{e.Index, e.Size, kv.KeyFlags(e.Flags)} }

// mark notes something about the changes around it.
func (r *recorder) mark(text string) { r.put(change{kind: markChange, key: text}) }

// note notes a change.
func (r *recorder) note(c change) {
	c.found = r.listing
	r.count++
	if r.still {
		r.fresh++
	}
	r.put(c)
}

// put writes down a change or a mark.
func (r *recorder) put(c change) {
	c.at = r.at
	if !r.still {
		r.shown.push(c)
		return
	}
	first := r.waiting.first
	r.waiting.push(c)
	r.lost += int(r.waiting.first - first)
}

// pause lets the list stand still. What comes meanwhile is kept apart, up to
// a bound of its own, so that nothing of what is looked at is pushed out.
func (r *recorder) pause() { r.still = true }

// resume adds what came meanwhile: each change is moved once.
func (r *recorder) resume() {
	r.still = false
	if r.lost > 0 {
		r.shown.push(change{at: r.waiting.get(r.waiting.first).at, kind: markChange, key: lostMark(r.lost)})
	}
	for n := r.waiting.first; n < r.waiting.next; n++ {
		r.shown.push(*r.waiting.get(n))
	}
	r.waiting, r.fresh, r.lost = ring{max: changesMax}, 0, 0
}

// lostMark says that there was no room for so many lines.
func lostMark(lost int) string {
	return plural(lost, "line") + " lost here: more came while paused than are kept"
}
