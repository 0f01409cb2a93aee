package journal

import (
	"errors"
	"os"
	"slices"

	"github.com/gofrs/flock"
)

// Orphans are what a program left behind that ended before its writes did.
type Orphans struct {
	// Records are the writes of their own that have no end.
	Records []Record
	// Plans were cut off. Their records are read by Journal.Records; those
	// that were never sent have no end either.
	Plans []Plan

	lock *flock.Flock
	dry  bool
}

// Orphans returns what programs that no longer live have left, one element for
// each of them. They are this program's to look after until Settle or Leave:
// others do not see them meanwhile.
func (j *Journal) Orphans() ([]Orphans, error) {
	left, err := theDead(j.dir)
	if err != nil {
		return nil, err
	}
	var all []Orphans
	for _, d := range left {
		o, err := j.orphansOf(d)
		if err != nil {
			return all, errors.Join(err, d.lock.Close())
		}
		if len(o.Records) == 0 && len(o.Plans) == 0 {
			if err := o.Settle(); err != nil {
				return all, err
			}
			continue
		}
		if !j.dry {
			d.markAsked()
		}
		all = append(all, o)
	}
	return all, nil
}

// orphansOf reads what one writer left.
func (j *Journal) orphansOf(d dead) (Orphans, error) {
	o := Orphans{lock: d.lock, dry: j.dry}
	known := ends{writer: d.writer}
	ended := map[string]bool{}
	err := j.forward(place{File: d.from}, d.writer, func(l *line, at place) bool {
		known.add(l)
		if l.EndPlan != "" {
			ended[l.EndPlan] = true
		}
		if writer, _, ok := splitID(l.ID); ok && writer == d.writer && l.Plan == "" {
			if r, err := l.record(); err == nil {
				o.Records = append(o.Records, r)
			}
		}
		if writer, _, ok := splitID(l.BeginPlan); ok && writer == d.writer {
			o.Plans = append(o.Plans, Plan{
				ID: l.BeginPlan, Title: l.Title, Undoes: l.Undoes, Continues: l.Continues, Records: l.Records, Request: l.Request,
				Time: l.Time, at: at,
			})
		}
		return true
	})
	o.Records = slices.DeleteFunc(o.Records, func(r Record) bool {
		_, _, ok := known.of(r.ID)
		return ok
	})
	o.Plans = slices.DeleteFunc(o.Plans, func(p Plan) bool { return ended[p.ID] })
	return o, err
}

// Settle says that all is known of them: nobody is shown them again.
func (o *Orphans) Settle() error {
	if o.dry {
		return o.lock.Close()
	}
	return errors.Join(o.lock.Close(), os.Remove(o.lock.Path()))
}

// Leave leaves them to the next program.
func (o *Orphans) Leave() error { return o.lock.Close() }
