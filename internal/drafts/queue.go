package drafts

import (
	"errors"
	"maps"
	"slices"
	"sync"
)

// Queue carries out what is asked for the drafts of keys, for each key in the
// order in which it was asked for, though the callers run side by side: a
// draft that was dropped does not come back because an older call was slow.
// The zero value is ready for use.
type Queue struct {
	mu     sync.Mutex // never held while a deed is carried out
	asked  int        // the last number given
	wanted map[string]deed
	lines  map[string]*line
}

// deed is something to be done with a key's draft.
type deed struct {
	number int
	do     func() error
}

// line is what the deeds for one key wait in.
type line struct {
	mu   sync.Mutex // held while a deed is carried out
	done int        // the number of the latest deed
}

// Ask notes a deed for a key's draft and returns what carries it out, or
// leaves it where a later one was carried out already. Asking never waits for
// a deed: it may be done where a disk must not be waited for.
func (q *Queue) Ask(key string, do func() error) (carryOut func() error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.wanted == nil {
		q.wanted, q.lines = map[string]deed{}, map[string]*line{}
	}
	q.asked++
	d := deed{q.asked, do}
	q.wanted[key] = d
	l := q.lines[key]
	if l == nil {
		l = &line{}
		q.lines[key] = l
	}
	return func() error { return l.carryOut(d) }
}

// carryOut does a deed, unless it or a later one was done.
func (l *line) carryOut(d deed) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done >= d.number {
		return nil
	}
	l.done = d.number
	return d.do()
}

// Finish carries out what was asked for last for each key and not done yet,
// and waits for what is under way.
func (q *Queue) Finish() error {
	q.mu.Lock()
	wanted, lines := maps.Clone(q.wanted), maps.Clone(q.lines)
	q.mu.Unlock()
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		errs = append(errs, lines[key].carryOut(wanted[key]))
	}
	return errors.Join(errs...)
}
