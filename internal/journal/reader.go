package journal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Entry is what a person did at once: one write, or a plan of several.
type Entry struct {
	Record       // of a single write; of a plan only ID, Time, Undoes, Outcome and Ended are set
	Plan   *Plan // nil for a single write
}

// revision is what became known later of a plan.
type revision struct {
	written int // of its records, at last
	times   int
}

// State is the word for how the entry ended, or for what becomes of it. A plan is only
// done when all of it was carried out.
func (e *Entry) State() string {
	switch {
	case e.Plan != nil && !e.Ended.IsZero() && e.Plan.Written <= 0 && e.Plan.Records > 0:
		return "not done"
	case e.Plan != nil && !e.Ended.IsZero() && e.Plan.Written < e.Plan.Records:
		return "in part"
	case e.Plan == nil || !e.Ended.IsZero():
		return e.Outcome.String()
	case e.Plan.Running:
		return "running"
	}
	return "cut off"
}

// Reader reads the entries of a journal, the newest first. It sees what was
// there when it was made.
type Reader struct {
	dir   string
	files []int // that are still to be read, in ascending order
	n     int   // the file that is being read
	f     *os.File
	lines *backward

	decoder decoder
	kept    []line              // that are only in memory, and come before the files
	ends    map[string]*ends    // of records that were not met yet, by writer
	plans   map[string]bool     // that an entry was returned for
	revised map[string]revision // plans of which more became known later
	cutOff  map[string]*line    // the ends of plans that were cut off, which are not met yet
	rests   map[string]bool     // the plans that others carry on with, as far as those were met
	waiting *Entry              // is returned next
	read    place               // how far the journal had grown; its file is 0 if it is also in memory
	locked  map[string]*holder  // nil until it is asked
	journal *Journal
	Foreign int // lines that are not of this format, so far
}

// Read makes a Reader. It must be closed.
func (j *Journal) Read() (*Reader, error) {
	numbers, err := files(j.dir)
	if err != nil {
		return nil, err
	}
	return &Reader{
		dir: j.dir, files: numbers, kept: j.inMemory(), ends: map[string]*ends{}, plans: map[string]bool{},
		revised: map[string]revision{}, cutOff: map[string]*line{}, rests: map[string]bool{}, journal: j,
	}, nil
}

// Close ends the reading.
func (r *Reader) Close() {
	if r.f != nil {
		r.f.Close()
	}
}

// Next returns the entry before the last one returned; io.EOF when there is no
// older one.
func (r *Reader) Next() (Entry, error) {
	if e := r.waiting; e != nil {
		r.waiting = nil
		return *e, nil
	}
	for {
		l, at, err := r.line()
		if err != nil {
			return Entry{}, err
		}
		if e, ok := r.entry(&l, at); ok {
			return r.whole(e), nil
		}
	}
}

// whole returns the plan that an entry carries on with, if that was cut off and ended
// since, before the entry: they are one, where the newest of them stands.
func (r *Reader) whole(e Entry) Entry {
	if e.Plan == nil || e.Plan.Continues == "" {
		return e
	}
	first := r.cutOff[e.Plan.Continues]
	if first == nil {
		return e
	}
	l := *first
	l.Time = e.Time
	all, ok := r.planEntry(&l, l.EndPlan, nil)
	if !ok {
		return e
	}
	r.waiting = &e
	return all
}

// entry is the entry that a line completes, if it does.
func (r *Reader) entry(l *line, at place) (Entry, bool) {
	switch {
	case l.End != "":
		r.noteEnd(l)
	case l.EndPlan != "" && l.Late:
		is, newer := r.revised[l.EndPlan]
		if !newer {
			is.written = l.Written
		}
		is.times++
		r.revised[l.EndPlan] = is
	case l.EndPlan != "" && l.CutOff:
		r.noteCutOff(l)
	case l.EndPlan != "":
		if l.From != nil {
			r.leap(*l.From)
		}
		return r.planEntry(l, l.EndPlan, l.From)
	case l.BeginPlan != "":
		if end := r.cutOff[l.BeginPlan]; end != nil {
			ended := *end
			ended.Time = l.Time
			return r.planEntry(&ended, l.BeginPlan, &at)
		}
		return r.planEntry(l, l.BeginPlan, &at)
	case l.ID != "" && l.Plan != "":
		r.endOf(l.ID) // so that it is forgotten
	case l.ID != "":
		record, err := l.record()
		if err != nil {
			r.Foreign++
			return Entry{}, false
		}
		record.setEnd(r.endOf(l.ID))
		return Entry{Record: record}, true
	case l.Store == nil:
		r.Foreign++
	}
	return Entry{}, false
}

// noteCutOff keeps the end of a plan that was cut off until its place is met. Two
// programs may have ended it: the newest end counts.
func (r *Reader) noteCutOff(l *line) {
	if r.cutOff[l.EndPlan] != nil {
		is, newer := r.revised[l.EndPlan]
		if !newer {
			is.written = r.cutOff[l.EndPlan].Written
		}
		is.times++
		r.revised[l.EndPlan] = is
		return
	}
	end := *l
	r.cutOff[l.EndPlan] = &end
}

// planEntry is the entry of a plan, unless it was returned before.
func (r *Reader) planEntry(l *line, id string, from *place) (Entry, bool) {
	if r.plans[id] {
		return Entry{}, false
	}
	r.plans[id] = true
	if l.Unsent {
		return Entry{}, false
	}
	e := Entry{Plan: &Plan{
		ID: id, Title: l.Title, Undoes: l.Undoes, Records: l.Records, Written: l.Written, Time: l.Time,
		Continues: l.Continues, Continued: l.Continued,
	}}
	e.ID, e.Time, e.Undoes = id, l.Time, l.Undoes
	if l.Continues != "" {
		r.rests[l.Continues] = true
	}
	e.Plan.Continued = e.Plan.Continued || r.rests[id]
	if l.EndPlan != "" {
		e.Outcome, e.Ended, e.Plan.ended, e.Plan.ends = Done, l.Time, true, 1
	} else {
		e.Plan.Running, e.Plan.Asked = r.lives(id)
	}
	if is, ok := r.revised[id]; ok {
		e.Plan.Written = is.written
		e.Plan.ends += is.times
	}
	if from != nil {
		e.Plan.at, e.Plan.read = *from, r.read
	}
	return e, true
}

// lives reports whether the program that began a plan still runs, or else whether
// another one asks what is to become of the plan.
func (r *Reader) lives(id string) (runs, asked bool) {
	if r.journal.Owns(id) {
		return true, false
	}
	if r.locked == nil {
		locked, err := r.journal.locked()
		if err != nil {
			return true, false // nothing is claimed
		}
		r.locked = locked
	}
	writer, _, _ := splitID(id)
	by := r.locked[writer]
	return by != nil && !by.asks, by != nil && by.asks
}

// noteEnd keeps a line of ends until their records are met.
func (r *Reader) noteEnd(l *line) {
	writer, _, ok := splitID(l.End)
	if !ok {
		r.Foreign++
		return
	}
	if r.ends[writer] == nil {
		r.ends[writer] = &ends{writer: writer, backward: true}
	}
	r.ends[writer].add(l)
}

// endOf returns how the record ended, if that was read, and forgets it.
func (r *Reader) endOf(id string) (End, line) {
	writer, _, _ := splitID(id)
	known := r.ends[writer]
	if known == nil {
		return End{}, line{}
	}
	e, l, ok := known.of(id)
	if ok && id == l.End { // the oldest of its records, which is met last
		known.forget(id)
	}
	return e, l
}

// setEnd notes how the record ended.
func (r *Record) setEnd(e End, l line) {
	r.Outcome, r.Index, r.Error, r.Ended = e.Outcome, e.Index, e.Error, l.Time
}

// line returns the line before the last one, of whichever file. Its states are
// valid until the next call.
func (r *Reader) line() (line, place, error) {
	if last := len(r.kept) - 1; last >= 0 {
		l := r.kept[last]
		r.kept = r.kept[:last]
		return l, place{}, nil
	}
	for {
		if r.lines == nil {
			if err := r.open(); err != nil {
				return line{}, place{}, err
			}
			continue
		}
		text, at, err := r.lines.line()
		switch {
		case errors.Is(err, io.EOF):
			r.f.Close()
			r.lines, r.f = nil, nil
			continue
		case err != nil:
			return line{}, place{}, err
		}
		if l, ok := r.parse(text); ok {
			return l, place{r.n, at}, nil
		}
	}
}

// parse returns the line that text is. A blank one, which is behind a line
// that was cut off and at the end of each file, is none.
func (r *Reader) parse(text []byte) (line, bool) {
	if text != nil && len(text) == 0 {
		return line{}, false
	}
	var l line
	if !r.decoder.decode(text, &l) {
		r.Foreign++
		return line{}, false
	}
	return l, true
}

// open opens the next older file. One that was pruned meanwhile is passed
// over.
func (r *Reader) open() error {
	for len(r.files) > 0 {
		last := len(r.files) - 1
		r.n = r.files[last]
		r.files = r.files[:last]
		f, err := os.Open(filepath.Join(r.dir, fileName(r.n)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			f.Close()
			return err
		}
		r.f, r.lines = f, newBackward(f, info.Size())
		if r.read.File == 0 && !r.journal.dry {
			r.read = place{r.n, info.Size()}
		}
		return nil
	}
	return io.EOF
}

// leap goes on before a place, which is before the line read last.
func (r *Reader) leap(to place) {
	for len(r.files) > 0 && r.n > to.File {
		r.f.Close()
		r.f, r.lines = nil, nil
		if err := r.open(); err != nil {
			return // line meets the same error
		}
	}
	if r.lines != nil && r.n == to.File && to.Byte >= 0 && to.Byte < r.lines.at+int64(len(r.lines.rest)) {
		r.lines = newBackward(r.f, to.Byte)
	}
}
