package journal

import (
	"time"
)

// Plan is several writes that belong together and are undone together. Its
// records are written by Begin with its ID.
type Plan struct {
	ID    string
	Title string // what it does, in words
	// Request is what the plan can be made again from, if it was cut off; "" for
	// nothing.
	Request string
	// Undoes is the ID of the plan that this one takes back, or "".
	Undoes string
	// Continues is the ID of the plan that was cut off and that this one carries on with;
	// "" for none. If that one was carried on with already, it is the first of all.
	Continues string
	// Continued says that others carry on with this one, which Journal.Rests returns.
	Continued bool
	Records   int // that it has, or will have
	Written   int // of them, those that were carried out
	Time      time.Time
	// Running says that a program still carries it out: Written is not known yet.
	Running bool
	// Asked says that the plan was cut off, and that another program asks right now
	// what is to become of it.
	Asked bool
	// Unsent says that the plan was cut off before anything of it was carried out, or
	// may have been: once it is ended it is no entry of the journal.
	Unsent bool
	Hidden int // of Written, those whose values were left out, as far as that was counted

	at    place // where it begins; its file is 0 if that is not known
	ended bool  // its end is in the journal
	ends  int   // how many lines say how it ended: all but the first became known later
	read  place // how far the journal had grown when ends were counted
}

// CutOff reports whether the plan was cut off and nobody has decided on it yet.
func (p *Plan) CutOff() bool { return !p.ended && !p.Running }

// BeginPlan gives the plan its ID and appends its beginning, which comes to the disk
// with the first records.
func (j *Journal) BeginPlan(p *Plan) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p.ID, p.Time = recordID(j.writer, j.next), time.Now()
	l := line{V: version, Time: p.Time, BeginPlan: p.ID, Title: p.Title, Undoes: p.Undoes, Continues: p.Continues, Records: p.Records, Request: p.Request}
	b := appendLine(nil, &l)
	if err := j.appendMade(len(b), false, func() []byte { return b }); err != nil {
		return j.failed(err)
	}
	p.at = place{j.n, j.size - int64(len(b))}
	if j.plans == 0 {
		j.keep, j.mixed = j.n, false
	}
	j.plans++
	j.next++
	return nil
}

// EndPlan appends that nothing more of the plan will be tried. Of a plan that had
// ended it is what became known since of its Written; what became known of its records
// is read up to that line.
func (j *Journal) EndPlan(p *Plan) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := line{
		V: version, Time: time.Now(), EndPlan: p.ID, Title: p.Title, Undoes: p.Undoes,
		Records: p.Records, Written: p.Written, Unsent: p.Unsent, Late: p.ended,
		Continues: p.Continues, Continued: p.Continued,
	}
	writer, _, _ := splitID(p.ID)
	own := writer == j.writer && !p.ended // else it is an orphan, or nothing new ends
	l.CutOff = writer != j.writer && !p.ended
	j.mixed = j.mixed || !own
	about := 256 + len(p.Title)
	err := j.appendMade(about, !own, func() []byte {
		// With lines of others in between, or of a second plan, a reader must
		// not leap over them.
		if own && !j.mixed && j.plans == 1 {
			l.From = &p.at
		}
		return appendLine(nil, &l)
	})
	if err != nil {
		return j.failed(err)
	}
	if own {
		j.plans--
	}
	p.ended = true
	return nil
}
