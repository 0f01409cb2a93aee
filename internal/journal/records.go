package journal

import (
	"errors"
	"io"
)

// ErrNoPlan says that a journal has no plan with that ID, or no longer.
var ErrNoPlan = errors.New("no such plan in the journal")

// Records calls see with each record of a plan, in the order in which they
// were written, until it returns false. It reads the journal twice rather than
// keep the records in memory.
func (j *Journal) Records(p *Plan, see func(Record) bool) error {
	from, ended, err := j.find(p)
	if err != nil {
		return err
	}
	writer, _, _ := splitID(p.ID)
	known := ends{writer: writer}
	err = j.forward(from, endsHave, func(l *line, _ place) bool {
		known.add(l)
		if l.EndPlan == p.ID {
			ended--
		}
		return l.EndPlan != p.ID || ended > 0
	})
	if err != nil {
		return err
	}
	return j.forward(from, "", func(l *line, _ place) bool {
		if l.Plan != p.ID {
			return l.EndPlan != p.ID
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

// Keys calls see with the key of each record of a plan until it returns false. It
// reads no further than that.
func (j *Journal) Keys(p *Plan, see func(key string) bool) error {
	from := p.at
	if from.File == 0 {
		var err error
		if from, _, err = j.find(p); err != nil {
			return err
		}
	}
	return j.forward(from, "", func(l *line, _ place) bool {
		if l.Plan != p.ID {
			return l.EndPlan != p.ID
		}
		return see(l.key())
	})
}

// Rests returns the plans that carry on with one that was cut off, the newest first. It
// reads backward, no further than where that one begins.
func (j *Journal) Rests(p *Plan) ([]Plan, error) {
	r, err := j.Read()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var rests []Plan
	for {
		l, at, err := r.line()
		switch {
		case errors.Is(err, io.EOF), err == nil && l.BeginPlan == p.ID:
			return rests, nil
		case err != nil:
			return nil, err
		}
		if e, ok := r.entry(&l, at); ok && e.Plan != nil && e.Plan.Continues == p.ID {
			rests = append(rests, *e.Plan)
		}
	}
}

// find returns where the plan begins, and how many lines say how it ended: all but the
// first are of what became known later. It reads backward, and no further than what
// was known when the plan was read.
func (j *Journal) find(p *Plan) (from place, ended int, err error) {
	r, err := j.Read()
	if err != nil {
		return place{}, 0, err
	}
	defer r.Close()
	known := p.at.File > 0 && p.read.File > 0
	for {
		l, at, err := r.line()
		if known && (err != nil || at.before(p.read)) {
			return p.at, p.ends + ended, nil
		}
		if err != nil {
			return place{}, 0, errors.Join(ErrNoPlan, err)
		}
		if l.EndPlan == p.ID {
			ended++
		}
		switch {
		case l.BeginPlan == p.ID:
			return at, ended, nil
		case l.EndPlan == "" || l.From == nil:
		case l.EndPlan == p.ID:
			return *l.From, ended, nil
		default:
			r.leap(*l.From)
		}
	}
}
