package journal

import "errors"

// ErrNoPlan says that a journal has no plan with that ID, or no longer.
var ErrNoPlan = errors.New("no such plan in the journal")

// Records calls see with each record of a plan, in the order in which they
// were written, until it returns false. It reads the journal twice rather than
// keep the records in memory.
func (j *Journal) Records(id string, see func(Record) bool) error {
	from, err := j.find(id)
	if err != nil {
		return err
	}
	writer, _, _ := splitID(id)
	known := ends{writer: writer}
	err = j.forward(from, func(l *line, _ place) bool {
		known.add(l)
		return l.EndPlan != id
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

// find returns where the plan begins.
func (j *Journal) find(id string) (place, error) {
	r, err := j.Read()
	if err != nil {
		return place{}, err
	}
	defer r.Close()
	for {
		l, at, err := r.line()
		switch {
		case err != nil:
			return place{}, errors.Join(ErrNoPlan, err)
		case l.BeginPlan == id:
			return at, nil
		case l.EndPlan == id && l.From != nil:
			return *l.From, nil
		}
	}
}
