package changes

import (
	"strings"

	"kvist/kv"
)

// Recorder decides which events of a feed are changes, and what of its batches
// is worth a note. For each batch it wants Begin, then Take for each event and
// Swept for each key that a listing found gone, then End. The zero Recorder is
// one before the first batch.
type Recorder struct {
	ready   bool // the first listing has ended
	listing bool // another one is under way
	state   kv.State
	partial bool
	// awaited are new keys of which only a preview came so far.
	awaited map[string]bool
}

// awaitedMax bounds how many keys are awaited.
const awaitedMax = 10_000

// Note is what a batch says of the feed.
type Note struct {
	State   kv.State // as of this note
	Missed  kv.Missed
	Partial bool
	Err     error

	First        bool // the first listing has not ended yet
	Relisting    bool // everything is listed again
	Reloaded     bool // that listing has ended
	StateChanged bool
}

// Ready reports whether the first listing has ended: before that nothing is a
// change.
func (r *Recorder) Ready() bool { return r.ready }

// Partial reports whether only open folders are followed.
func (r *Recorder) Partial() bool { return r.partial }

// Begin takes note of a batch before its events. The note says what the changes
// in it, and in the listing that it begins, are worth; ok is false if there is
// nothing to say.
func (r *Recorder) Begin(b kv.Batch) (n Note, ok bool) {
	if !r.ready || !b.Begin && b.Missed == 0 {
		return Note{}, false
	}
	n = Note{State: b.State, Missed: b.Missed, Partial: b.Partial, Err: b.Err}
	if b.Begin {
		n.Relisting, n.State = true, kv.Listing
		r.listing, r.state = true, kv.Listing
	}
	return n, true
}

// End takes note of a batch after its events. The note says what the feed is
// doing from now on; ok is false if that is what it did before.
func (r *Recorder) End(b kv.Batch) (n Note, ok bool) {
	n = Note{
		State: b.State, Missed: b.Missed, Partial: b.Partial, Err: b.Err,
		First: !r.ready, Reloaded: r.ready && b.Synced, StateChanged: b.State != r.state,
	}
	ok = b.Synced || n.StateChanged || b.Partial != r.partial
	r.state, r.partial = b.State, b.Partial
	if b.Synced {
		r.ready, r.listing = true, false
	}
	return n, ok
}

// Take returns the change that an event makes of a key. It is not ok if the
// event only says what is known, or what becomes known.
func (r *Recorder) Take(e kv.Event, was Known) (c Change, ok bool) {
	if !r.ready {
		return Change{}, false
	}
	switch e.Kind {
	case kv.DeleteEvent:
		delete(r.awaited, e.Key)
		return Change{Kind: Removed, Found: r.listing, Key: e.Key, Was: was.Side, Now: Side{Index: e.Index}}, true
	case kv.FolderEvent, kv.FolderGoneEvent:
		r.forget(e.Key)
		return Change{Kind: FolderRemoved, Found: r.listing, Key: e.Key + "/"}, e.Kind == kv.FolderGoneEvent && !e.Old
	case kv.PutEvent:
	}
	if e.Old {
		return Change{}, false
	}
	if e.Preview {
		if !was.There {
			r.await(e.Key)
		}
		return Change{}, false
	}
	c = Change{Kind: Changed, Found: r.listing, Key: e.Key, Was: was.Side, Now: Side{e.Index, e.Size, e.Flags}}
	switch {
	case !was.There || was.Preview && r.awaited[e.Key]:
		delete(r.awaited, e.Key)
		c.Kind, c.Was = Added, Side{}
		return c, true
	case was.Preview:
		return Change{}, false
	}
	return c, was.Index != e.Index || was.Flags != e.Flags
}

// Swept returns the change of a key that a listing found gone. It is not ok for
// the first listing.
func (r *Recorder) Swept(key string, was Side) (c Change, ok bool) {
	delete(r.awaited, key)
	return Change{Kind: Removed, Found: r.listing, Key: key, Was: was}, r.ready
}

// await remembers a new key, so that what completes its preview is a change.
func (r *Recorder) await(key string) {
	if r.awaited == nil {
		r.awaited = map[string]bool{}
	}
	if len(r.awaited) < awaitedMax {
		r.awaited[key] = true
	}
}

// forget drops the keys below a folder, of which nothing is known any more.
func (r *Recorder) forget(folder string) {
	for key := range r.awaited {
		if strings.HasPrefix(key, folder+"/") {
			delete(r.awaited, key)
		}
	}
}
