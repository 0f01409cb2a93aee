package undo

import (
	"context"
	"errors"

	"kvist/internal/journal"
	"kvist/kv"
)

// CutOff is what a program left that was killed, after the store was read to
// find out what became of it.
type CutOff struct {
	// Written and Unwritten count the single writes of which no answer had
	// come: those that were carried out, and those that were not. Unknown are
	// those that somebody else wrote over since.
	Written, Unwritten, Unknown int
	// Plans were cut off; Plan.Written says how far they came.
	Plans []journal.Plan

	orphans  journal.Orphans
	settled  int            // of the plans
	recorded map[string]int // how many writes of each plan, by its ID, are in the journal
	rests    map[string]int // how many keys were written by what carried on with each plan
}

// Done returns how many keys of a plan were written, also by what carried on with it.
func (c *CutOff) Done(p *journal.Plan) int { return p.Written + c.rests[p.ID] }

// Unrecorded returns how many keys of a plan were not recorded yet, so that the
// journal does not know what was to become of them.
func (c *CutOff) Unrecorded(p *journal.Plan) int {
	if p.Undoes != "" {
		return 0 // the entry that is undone says it
	}
	return max(0, p.Records-c.recorded[p.ID])
}

// FindCutOff resolves what killed programs have left in a journal. Until each
// result is settled or left, no other program looks after it.
func FindCutOff(ctx context.Context, s kv.Store, j *journal.Journal) ([]*CutOff, error) {
	left, err := j.Orphans()
	var found []*CutOff
	for _, o := range left {
		c := &CutOff{orphans: o, recorded: map[string]int{}, rests: map[string]int{}}
		if resolveErr := c.resolve(ctx, s, j); resolveErr != nil {
			err = errors.Join(err, resolveErr, o.Leave())
			continue
		}
		found = append(found, c)
	}
	kept, joinErr := joinRests(j, found)
	return kept, errors.Join(err, joinErr)
}

// joinRests ends what carried on with a plan of which it is still open what becomes of
// it: there is one question for all of its parts. It returns what is left to be said.
func joinRests(j *journal.Journal, found []*CutOff) (kept []*CutOff, err error) {
	asked := map[string]bool{}
	for _, c := range found {
		for i := range c.Plans {
			asked[c.Plans[i].ID] = true
		}
	}
	for _, c := range found {
		var own []journal.Plan
		for i := range c.Plans {
			p := &c.Plans[i]
			part, findErr := partOfOpen(j, p)
			if err = errors.Join(err, findErr); part || asked[p.Continues] {
				err = errors.Join(err, j.EndPlan(p))
				continue
			}
			own = append(own, *p)
		}
		nothing := len(own) < len(c.Plans) && len(own) == 0 && c.Written+c.Unwritten+c.Unknown == 0
		if c.Plans = own; nothing {
			err = errors.Join(err, c.orphans.Settle())
			continue
		}
		kept = append(kept, c)
	}
	for _, c := range kept {
		for i := range c.Plans {
			err = errors.Join(err, c.countRests(j, &c.Plans[i]))
		}
	}
	return kept, err
}

// partOfOpen reports whether a plan carries on with one that was cut off and has no end.
func partOfOpen(j *journal.Journal, p *journal.Plan) (bool, error) {
	if p.Continues == "" {
		return false, nil
	}
	e, err := Find(j, p.Continues)
	if errors.Is(err, ErrNoEntry) {
		return false, nil
	}
	return err == nil && e.ID == p.Continues && e.Plan.CutOff(), err
}

// countRests counts what was carried on with.
func (c *CutOff) countRests(j *journal.Journal, p *journal.Plan) error {
	rests, err := j.Rests(p)
	p.Continued = len(rests) > 0
	for i := range rests {
		c.rests[p.ID] += rests[i].Written
	}
	return err
}

// resolve finds out how everything ended, and records it.
func (c *CutOff) resolve(ctx context.Context, s kv.Store, j *journal.Journal) error {
	ends, err := Resolve(ctx, s, j, c.orphans.Records)
	if err != nil {
		return err
	}
	for _, e := range ends {
		switch e.Outcome {
		case journal.Done:
			c.Written++
		case journal.Refused:
			c.Unwritten++
		case journal.Unknown, journal.Conflict:
			c.Unknown++
		}
	}
	for _, p := range c.orphans.Plans {
		if _, _, err := ResolvePlan(ctx, s, j, &p); err != nil {
			return err
		}
		p.Unsent = true
		err := j.Records(&p, func(r journal.Record) bool {
			c.recorded[p.ID]++
			p.Unsent = p.Unsent && r.Outcome == journal.Refused
			return true
		})
		if err != nil {
			return err
		}
		c.Plans = append(c.Plans, p)
	}
	return nil
}

// Settle ends the plans that are not ended yet and says that all is known: nobody is
// shown it again.
func (c *CutOff) Settle(j *journal.Journal) error {
	for c.settled < len(c.Plans) {
		if err := c.SettleNext(j); err != nil {
			return err
		}
	}
	if len(c.Plans) > 0 {
		return nil // by its last plan
	}
	return c.orphans.Settle()
}

// SettleNext ends the first plan that is not ended yet; with the last of them,
// nobody is shown anything of it again.
func (c *CutOff) SettleNext(j *journal.Journal) error {
	if err := j.EndPlan(&c.Plans[c.settled]); err != nil {
		return err
	}
	c.settled++
	if c.settled < len(c.Plans) {
		return nil
	}
	return c.orphans.Settle()
}

// Leave leaves it to the next program.
func (c *CutOff) Leave() error { return c.orphans.Leave() }
