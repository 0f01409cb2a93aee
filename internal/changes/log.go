package changes

import (
	"strings"
	"time"

	"kvist/kv"
)

// Max is how many changes a Log keeps, and how many more during a pause.
const Max = 10_000

// coalescedFor is how long a Coalesced mark stands for the batches that follow:
// in a storm there are twenty of them a second.
const coalescedFor = time.Second

// Log keeps the latest changes of a feed as rows, the oldest first, from the
// end of the first listing on: also while nobody looks, so that what happened
// can be looked at when there is a reason to. Make one with NewLog.
type Log struct {
	recorder Recorder
	shown    list
	waiting  ring // what came during a pause
	paused   bool
	fresh    int // changes that came during the pause
	lost     int // lines of them that had no room

	at        time.Time // of the batch that is being recorded
	missed    kv.Missed // of its changes: Coalesced, or nothing
	coalesced time.Time // when changes last came as one
	since     time.Time // when the first listing ended
	total     int       // changes since then
	version   int       // counts the lines
}

// NewLog returns an empty Log.
func NewLog() *Log {
	return &Log{
		shown:   list{ring: ring{max: Max + 1}}, // one more for LinesLost
		waiting: ring{max: Max},
	}
}

// Begin takes note of a batch before its events.
func (l *Log) Begin(b kv.Batch, now time.Time) {
	if l.at = b.At; l.at.IsZero() {
		l.at = now
	}
	l.missed = b.Missed & kv.Coalesced
	n, ok := l.recorder.Begin(b)
	if !ok {
		return
	}
	if n.Relisting {
		l.put(Change{Kind: Relisting, Missed: n.Missed})
	}
	if n.Missed&kv.Coalesced != 0 {
		if l.at.Sub(l.coalesced) >= coalescedFor {
			l.put(Change{Kind: Coalesced, Missed: n.Missed})
		}
		l.coalesced = l.at
	}
}

// Take records what an event changed.
func (l *Log) Take(e kv.Event, was Known) { l.note(l.recorder.Take(e, was)) }

// Swept records that a listing found a key gone.
func (l *Log) Swept(key string, was Side) { l.note(l.recorder.Swept(key, was)) }

// End takes note of a batch after its events.
func (l *Log) End(b kv.Batch) {
	n, _ := l.recorder.End(b)
	switch {
	case n.First:
		if l.recorder.Ready() {
			l.since = l.at
		}
	case n.Reloaded:
		l.put(Change{Kind: Reloaded})
	case !n.StateChanged:
	case n.State.OutOfContact():
		l.put(Change{Kind: ContactLost})
	case n.State == kv.Live:
		l.put(Change{Kind: LiveAgain, Missed: n.Missed &^ kv.Coalesced})
	}
}

// Stop records that nothing is followed any more.
func (l *Log) Stop(now time.Time) {
	if l.recorder.Ready() {
		l.at = now
		l.put(Change{Kind: Stopped})
	}
}

// note records a change, if it is one.
func (l *Log) note(c Change, ok bool) {
	if !ok {
		return
	}
	c.Missed = l.missed
	l.total++
	if l.paused {
		l.fresh++
	}
	l.put(c)
}

// put adds a line.
func (l *Log) put(c Change) {
	c.At = l.at
	l.version++
	if !l.paused {
		l.shown.push(c)
		return
	}
	first := l.waiting.first
	l.waiting.push(c)
	l.lost += int(l.waiting.first - first)
}

// Pause lets the rows stand still. What comes meanwhile is kept apart, up to a
// bound of its own, so that it pushes nothing out that is looked at.
func (l *Log) Pause() { l.paused = true }

// Resume adds what came during the pause: each change is moved once.
func (l *Log) Resume() {
	l.paused = false
	if l.lost > 0 {
		l.shown.push(Change{At: l.waiting.get(l.waiting.first).At, Kind: LinesLost, Lost: l.lost})
	}
	for n := l.waiting.first; n < l.waiting.next; n++ {
		l.shown.push(*l.waiting.get(n))
	}
	l.waiting, l.fresh, l.lost = ring{max: Max}, 0, 0
}

// Paused reports whether the rows stand still, how many changes came meanwhile,
// and how many lines of them were lost.
func (l *Log) Paused() (paused bool, fresh, lost int) { return l.paused, l.fresh, l.lost }

// Filter shows only the changes of keys that fit, and all marks; nil shows all.
func (l *Log) Filter(fits func(key string) bool) { l.shown.filter(fits) }

// Rows returns how many rows there are.
func (l *Log) Rows() int { return l.shown.rows() }

// Number returns the number of the change in a row: it stays the same as long
// as the change is kept.
func (l *Log) Number(row int) uint64 { return l.shown.number(row) }

// Row returns the row of the change of a number, or the nearest one; -1 if
// there are none.
func (l *Log) Row(n uint64) int { return l.shown.row(n) }

// Get returns the change of a number, or nil if it is no longer kept.
func (l *Log) Get(n uint64) *Change {
	if n < l.shown.first || n >= l.shown.next {
		return nil
	}
	return l.shown.get(n)
}

// Of returns the changes of a key and of folders around it that are kept, whether
// they are shown or not, and the marks after which something may be missing, the
// oldest first.
func (l *Log) Of(key string) []Change {
	var found []Change
	for _, r := range []*ring{&l.shown.ring, &l.waiting} {
		for n := r.first; n < r.next; n++ {
			if c := r.get(n); c.concerns(key) {
				found = append(found, *c)
			}
		}
	}
	return found
}

// concerns reports whether the change is of the key or of a folder around it, or is
// a mark that says that changes of any key may be missing.
func (c *Change) concerns(key string) bool {
	switch c.Kind {
	case Added, Changed, Removed:
		return c.Key == key
	case FolderRemoved:
		return strings.HasPrefix(key, c.Key)
	case Coalesced, Reloaded, ContactLost:
		return false
	case Relisting, LiveAgain, Stopped, LinesLost:
	}
	return c.Kind != LiveAgain || c.Missed != 0
}

// Kept returns how many lines are kept, whether they fit the filter or not, and
// whether older ones were dropped.
func (l *Log) Kept() (lines int, dropped bool) { return l.shown.len(), l.shown.first > 0 }

// Total returns how many changes there were since the first listing ended; ok is
// false while it has not.
func (l *Log) Total() (changes int, since time.Time, ok bool) {
	return l.total, l.since, l.recorder.Ready()
}

// Partial reports whether only open folders are followed.
func (l *Log) Partial() bool { return l.recorder.Partial() }
