package drafts

import (
	"errors"
	"maps"
	"slices"
	"sync"
)

// Queue carries out requests for the drafts of keys: for each key in the order
// of the requests, though the callers run concurrently, so that a discarded
// draft does not come back because an older call was slow. The zero value is
// ready for use.
type Queue struct {
	mu     sync.Mutex // never held while a request is carried out
	asked  int        // the last number given
	wanted map[string]request
	lines  map[string]*line
}

// request is something to do with a key's draft.
type request struct {
	number int
	do     func() error
}

// line is the queue of the requests for one key.
type line struct {
	mu   sync.Mutex // held while a request is carried out
	done int        // the number of the latest request that was carried out
}

// Ask registers a request for a key's draft. It returns a function that carries
// it out, or does nothing if a later one was carried out already. Ask never
// waits for a request, so that it may be called where waiting for a disk is not
// allowed.
func (q *Queue) Ask(key string, do func() error) (carryOut func() error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.wanted == nil {
		q.wanted, q.lines = map[string]request{}, map[string]*line{}
	}
	q.asked++
	r := request{q.asked, do}
	q.wanted[key] = r
	l := q.lines[key]
	if l == nil {
		l = &line{}
		q.lines[key] = l
	}
	return func() error { return l.carryOut(r) }
}

// carryOut carries out a request, unless it or a later one was carried out.
func (l *line) carryOut(r request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done >= r.number {
		return nil
	}
	l.done = r.number
	return r.do()
}

// Finish carries out the last request for each key if it was not yet, and waits
// for those that are running.
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
