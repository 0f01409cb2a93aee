package moments

import (
	"fmt"
	"sort"
	"time"
)

const (
	// spanFor is how long the revisions of a span arrive at most, until it has to
	// make room: names of moments have whole seconds.
	spanFor = time.Second
	// spansMax bounds the spans that are kept, 72 bytes each: one a second for
	// more than an hour before any are joined.
	spansMax = 4096
)

// Log is when revisions arrived. The zero value has seen nothing.
type Log struct {
	spans    []span
	lost     time.Time // since when there is no contact; zero while there is
	restored time.Time // when the store was found with an older revision than it had
}

// span is revisions that arrived close to each other: those after the one of the
// span before, up to its own.
type span struct {
	from, at time.Time // when the first and the last of them arrived
	revision uint64
	lost     time.Time // since when contact was lost before the span; zero if it was not
}

// Note says that the store had this revision at that time. Revisions that are
// lower than a noted one arrived out of order and change nothing.
func (l *Log) Note(at time.Time, revision uint64) {
	n := len(l.spans)
	switch {
	case n > 0 && !l.lost.IsZero(), n == 0:
		if n > 0 && revision < l.spans[n-1].revision {
			revision = l.spans[n-1].revision
		}
		l.spans = append(l.spans, span{from: at, at: at, revision: revision, lost: l.lost})
		l.lost = time.Time{}
	case revision <= l.spans[n-1].revision:
		return
	case at.Sub(l.spans[n-1].from) < spanFor && n > 1 && l.spans[n-1].lost.IsZero():
		l.spans[n-1].at, l.spans[n-1].revision = at, revision
	default:
		l.spans = append(l.spans, span{from: at, at: at, revision: revision})
	}
	if len(l.spans) > spansMax {
		l.thin()
	}
}

// thin joins neighbouring spans that are short for their age, so that old moments
// are known less exactly than new ones. Spans on both sides of lost contact are not
// joined, nor is the first one: since when moments are known does not change.
func (l *Log) thin() {
	for part := time.Duration(256); part > 0 && len(l.spans) > spansMax*3/4; part /= 2 {
		l.join(part)
	}
	if over := len(l.spans) - spansMax; over > 0 { // contact was lost at each: the oldest go
		l.spans = append(l.spans[:0], l.spans[over:]...)
	}
}

// join joins spans that last at most one of so many parts of their age.
func (l *Log) join(parts time.Duration) {
	now := l.spans[len(l.spans)-1].at
	kept := l.spans[:1]
	for _, s := range l.spans[1:] {
		last := &kept[len(kept)-1]
		if len(kept) > 1 && s.lost.IsZero() && s.at.Sub(last.from) <= now.Sub(s.at)/parts {
			last.at, last.revision = s.at, s.revision
			continue
		}
		kept = append(kept, s)
	}
	l.spans = kept
}

// Lost says that contact was lost at that time. Until the next Note, nobody
// knows what happened.
func (l *Log) Lost(at time.Time) {
	if l.lost.IsZero() && len(l.spans) > 0 {
		l.lost = at
	}
}

// Restored says that the store had fewer revisions at that time than before: it
// was restored to an older state, and what was noted is of another history.
func (l *Log) Restored(at time.Time, revision uint64) {
	*l = Log{restored: at}
	l.Note(at, revision)
}

// Newest returns the highest revision that was noted; 0 for none.
func (l *Log) Newest() uint64 {
	if len(l.spans) == 0 {
		return 0
	}
	return l.spans[len(l.spans)-1].revision
}

// First returns the first revision that was noted, and when.
func (l *Log) First() (revision uint64, at time.Time, ok bool) {
	if len(l.spans) == 0 {
		return 0, time.Time{}, false
	}
	return l.spans[0].revision, l.spans[0].from, true
}

// When returns when a revision arrived, if that was seen. The last of several
// that arrived together stands for all. The first one that was noted was there
// already.
func (l *Log) When(revision uint64) (time.Time, bool) {
	i := sort.Search(len(l.spans), func(i int) bool { return l.spans[i].revision >= revision })
	switch {
	case i == len(l.spans), i == 0, !l.spans[i].lost.IsZero() && l.spans[i].revision != revision:
		return time.Time{}, false
	}
	return l.spans[i].at, true
}

// At returns the revision that the store had at a time. Its error says in words
// why that is not known.
func (l *Log) At(t, now time.Time) (uint64, error) {
	next := sort.Search(len(l.spans), func(i int) bool { return l.spans[i].at.After(t) })
	switch {
	case len(l.spans) == 0:
		return 0, &Unknown{"no revision was seen yet: the keys are still being listed"}
	case t.After(now):
		return 0, &Unknown{clock(t, now) + " is yet to come"}
	case next == 0 && !l.restored.IsZero():
		return 0, &Unknown{"at " + clock(l.restored, now) + " the store was found restored to an older state; what was before is of another history"}
	case next == 0:
		return 0, &Unknown{"this kvist knows the revisions since " + clock(l.spans[0].from, now) + " only"}
	case next == len(l.spans) && !l.lost.IsZero() && !t.Before(l.lost):
		return 0, &Unknown{"there has been no contact since " + clock(l.lost, now)}
	case next < len(l.spans) && !l.spans[next].lost.IsZero() && !t.Before(l.spans[next].lost):
		return 0, &Unknown{fmt.Sprintf("there was no contact from %s to %s: revision %d was the last before, %d the first after",
			clock(l.spans[next].lost, now), clock(l.spans[next].from, now), l.spans[next-1].revision, l.spans[next].revision)}
	}
	return l.spans[next-1].revision, nil
}

// Unknown says why the revision of a moment is not known.
type Unknown struct{ why string }

// Error returns the reason.
func (e *Unknown) Error() string { return e.why }

// clock writes a time of day, with its date if that is not today's.
func clock(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("15:04:05")
}
