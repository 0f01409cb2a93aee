package journal

import "errors"

// ErrNoPlan says that a journal has no plan with that ID, or no longer.
var ErrNoPlan = errors.New("no such plan in the journal")

// Records calls see with each record of a plan, in the order in which they
// were written, until it returns false. It reads the journal twice rather than
// keep the records in memory.
func (j *Journal) Records(id string, see func(Record) bool) error {
	from, ended, err := j.find(id)
	if err != nil {
		return err
	}
	writer, _, _ := splitID(id)
	known := ends{writer: writer}
	err = j.forward(from, func(l *line, _ place) bool {
		known.add(l)
		if l.EndPlan == id {
			ended--
		}
		return l.EndPlan != id || ended > 0
	})
	if err != nil {
		return err
	}
	return j.forward(from, func(l *line, _ place) bool {
		if l.Plan != id {
			return l.EndPlan != id
		}
		r, err := l.record()
		if err != nil {
			return true
		}
		if e, end, ok := known.of(r.ID); ok {
			r.setEnd(e, end)
		}
		return see(r)
	})
}

// find returns where the plan begins, and how many lines say how it ended: all but the
// first are of what became known later.
func (j *Journal) find(id string) (from place, ended int, err error) {
	r, err := j.Read()
	if err != nil {
		return place{}, 0, err
	}
	defer r.Close()
	for {
		l, at, err := r.line()
		if err != nil {
			return place{}, 0, errors.Join(ErrNoPlan, err)
		}
		if l.EndPlan == id {
			ended++
		}
		switch {
		case l.BeginPlan == id:
			return at, ended, nil
		case l.EndPlan == id && l.From != nil:
			return *l.From, ended, nil
		}
	}
}
