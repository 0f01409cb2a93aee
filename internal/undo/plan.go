package undo

import (
	"context"
	"errors"
	"slices"

	"kvist/internal/journal"
	"kvist/kv"
)

// Undo takes one entry of a journal back.
type Undo struct {
	Store   kv.Store // with its record
	Journal *journal.Journal
	Entry   journal.Entry
	// Dir is the opened prefix, as kv.Dir returns it. An entry of other keys is
	// not undone: another profile may protect them.
	Dir string
	// Progress, where it is not nil, is called with the number of records that
	// Preview has looked at, or that Run is done with.
	Progress func(done int)
	// Seen, where it is not nil, is called with every step that Preview finds, in
	// the order of the journal.
	Seen func(*Step)

	some    int           // how many records are looked at at once; 0 for chunk
	inParts bool          // the entry was carried on with by others
	rest    *journal.Plan // the undo that was cut off and that this one carries on with; nil for none

	writes int                          // that Preview found to be needed
	own    *own                         // nil until a key is not at the index that its record made
	settle func([]journal.Record) error // waits until what is there of these is what will stay
	wait   func() error                 // waits until all that was passed on is written; nil while nothing is
	bound  bound                        // what a move brought and must not go
}

// Summary is what an undo will do or has done.
type Summary struct {
	Records   int // of the entry
	Restored  int // keys that get, or got, back what they were
	Deleted   int // keys that go, or went, since the entry made them
	Already   int // keys that are as they were already
	Untouched int // keys that the entry did not change, since it was refused there
	Hidden    int // keys whose values the journal does not keep
	Ended     int // ephemeral keys, which only their sessions can make
	Used      int // folders that stay, since they hold other keys
	SetBack   int // of Conflicts: keys that are older than the journal knows them
	Conflicts []string
	// Stay are keys that a move brought and that are left alone, since the keys that they
	// came from do not stand again.
	Stay   []string
	Failed []kv.Outcome
	// Unkept counts the keys that do not get back what each word says, such as
	// "session" or "what was left of the TTL".
	Unkept map[string]int
	// UnkeptOf holds one of those keys for each word.
	UnkeptOf map[string]string
	// Typeless counts the keys that are made again as plain ones, in a store that has
	// other types and does not show them.
	Typeless int
	// Places counts what comes back of a lock that was broken: its holder, or who
	// waited, does not come back with it.
	Places int
	First  []Step // a few steps, those first that a person has to know of
	Left   int    // records that were not tried

	within bool // it is a move within the store
	sent   int  // writes that were passed on and did not end yet
}

// InUse reports whether all that an undo left, so that to try again is of no use, are
// folders that hold other keys.
func (s *Summary) InUse() bool {
	others := slices.ContainsFunc(s.Failed, func(o kv.Outcome) bool { return !errors.Is(o.Err, kv.ErrHasChildren) })
	return !others && s.Left == 0 && s.Used+len(s.Failed) > 0
}

// Nothing reports whether there is nothing that could be put back.
func (s *Summary) Nothing() bool { return s.Restored+s.Deleted == 0 }

// Steps returns how many keys have a step: those that the entry changed and whose
// values the journal keeps.
func (s *Summary) Steps() int {
	return s.Restored + s.Deleted + s.Already + s.Ended + s.Used + len(s.Conflicts) + len(s.Stay)
}

// firstSteps is how many steps a summary holds.
const firstSteps = 100

// shown are the steps that a summary may hold, by how much a person has to know of
// them: what is left alone is not to be missed behind thousands of others.
type shown [3][]Step

// add keeps a step, as far as there is room.
func (f *shown) add(step *Step) {
	rank := 1
	switch {
	case step.Conflict, step.Ended, step.Stays, step.Used:
		rank = 0
	case step.Done:
		rank = 2
	}
	if len(f[rank]) < firstSteps {
		f[rank] = append(f[rank], *step)
	}
}

// first returns the steps that the summary holds.
func (f *shown) first() []Step {
	all := slices.Concat(f[0], f[1], f[2])
	return all[:min(firstSteps, len(all))]
}

// Preview works out what Run would do now.
func (u *Undo) Preview(ctx context.Context) (Summary, error) {
	s := Summary{Unkept: map[string]int{}, UnkeptOf: map[string]string{}}
	var kept shown
	err := u.each(ctx, &s, func(steps []Step) error {
		for i := range steps {
			if u.Seen != nil {
				u.Seen(&steps[i])
			}
			kept.add(&steps[i])
		}
		err := u.lose(ctx, steps)
		for i := range steps {
			s.count(&steps[i])
		}
		return err
	})
	s.First = kept.first()
	u.writes = s.Restored + s.Deleted
	return s, err
}

// count adds a step that will be done.
func (s *Summary) count(step *Step) {
	switch {
	case step.Done:
		s.Already++
		s.lost(step)
	case step.Ended:
		s.Ended++
	case step.Used:
		s.Used++
	case step.Conflict:
		if step.SetBack {
			s.SetBack++
		}
		s.Conflicts = append(s.Conflicts, step.Write.Key)
	case step.Stays:
		s.Stay = append(s.Stay, step.Write.Key)
	case step.Write.After == nil:
		s.Deleted++
	default:
		s.Restored++
		s.lost(step)
	}
}

// lose notes in steps what their keys do not get back.
func (u *Undo) lose(ctx context.Context, steps []Step) error {
	var nodes []*kv.Node
	var of []*Step
	types := kv.NatureOf(u.Store).Types
	for i := range steps {
		if st := &steps[i]; st.writes() && st.Write.After != nil {
			nodes, of = append(nodes, st.given()), append(of, st)
			st.typeless = types && st.Now == nil && st.Write.After.Type == kv.PlainNode
		}
	}
	if len(nodes) == 0 {
		return nil
	}
	lost, err := kv.Unkept(ctx, u.Store, nodes)
	for i, words := range lost {
		of[i].Lost = words
	}
	return err
}

// lost counts what a step's key does not, or did not, get back.
func (s *Summary) lost(step *Step) {
	for _, word := range step.Lost {
		if s.Unkept[word] == 0 {
			s.UnkeptOf[word] = step.Write.Key
		}
		s.Unkept[word]++
	}
	if step.typeless {
		s.Typeless++
	}
	if r := &step.Record; r.Op == string(kv.OpBreak) && step.Write.After != nil && step.Write.After.TTL > 0 {
		s.Places++
	}
}

// Run takes the entry back: each key by a write that is guarded by what is
// there now, never over what somebody else wrote since. Preview comes first. When
// fewer keys are written than that found to be needed, the entry stays the next to
// be undone, for the rest.
func (u *Undo) Run(ctx context.Context) (Summary, error) {
	s := Summary{Unkept: map[string]int{}, UnkeptOf: map[string]string{}}
	if u.Entry.Plan == nil {
		err := u.single(ctx, &s)
		return s, err
	}
	if u.rest == nil && u.Entry.Plan.CutOff() { // it is decided on with that
		if err := u.Journal.EndPlan(u.Entry.Plan); err != nil {
			return s, err
		}
	}
	writes, err := u.begin()
	if err != nil {
		return s, err
	}
	ahead := &ahead{undo: u, plan: writes, sum: &s}
	u.settle, u.wait = ahead.settle, ahead.wait
	err = u.each(ctx, &s, func(steps []Step) error { return ahead.write(ctx, steps) })
	err = errors.Join(err, ahead.wait(), writes.End(ctx)) // before s is returned: it counts too
	s.Left += s.sent
	return s, err
}

// begin begins the plan that takes an entry back.
func (u *Undo) begin() (*kv.Writes, error) {
	if u.rest != nil {
		return beginRest(u.Store, u.Journal, title(&u.Entry), u.rest, u.writes)
	}
	return kv.BeginWrites(u.Store, title(&u.Entry), u.Entry.Plan.ID, u.writes)
}

// single takes a single write back.
func (u *Undo) single(ctx context.Context, s *Summary) error {
	return u.each(ctx, s, func(steps []Step) error {
		s.First = steps
		defer func() { s.Left += s.sent }()
		if err := u.lose(ctx, steps); err != nil {
			return err
		}
		writes, of := s.toWrite(steps)
		if len(writes) == 0 {
			return nil
		}
		return kv.WriteNodes(ctx, u.Store, writes, func(i int, w kv.Written) { s.ended(of[i], w) })
	})
}

// toWrite returns the writes of the steps, and counts the steps that have none.
func (s *Summary) toWrite(steps []Step) (writes []kv.Write, of []*Step) {
	for i := range steps {
		st := &steps[i]
		if !st.writes() {
			s.count(st)
			continue
		}
		writes, of = append(writes, st.Write), append(of, st)
	}
	s.sent += len(writes)
	return writes, of
}

// ended counts how a write ended.
func (s *Summary) ended(step *Step, w kv.Written) {
	s.sent--
	switch {
	case w.Err == nil && step.Write.After == nil:
		s.Deleted++
	case w.Err == nil:
		s.Restored++
		s.lost(step)
	case errors.Is(w.Err, kv.ErrKeyModified), errors.Is(w.Err, kv.ErrKeyNotFound):
		s.Conflicts = append(s.Conflicts, step.Write.Key)
	case step.Write.After == nil && bare(step.Now) && errors.Is(w.Err, kv.ErrHasChildren):
		s.Used++
	default:
		s.Failed = append(s.Failed, kv.Outcome{Key: step.Write.Key, Err: w.Err})
	}
}

// done counts the records of which nothing more is tried.
func (s *Summary) done() int {
	return s.Restored + s.Deleted + s.Already + s.Untouched + s.Hidden + s.Ended + s.Used + len(s.Conflicts) + len(s.Stay) + len(s.Failed)
}

// each calls do with the steps of the entry, chunk by chunk, and counts the
// records that have none.
func (u *Undo) each(ctx context.Context, s *Summary, do func([]Step) error) error {
	if u.Entry.Plan == nil {
		s.Records = 1
		if !Within(u.Dir, u.Entry.Key) {
			return ErrOutside
		}
		if err := check(&u.Entry.Record); err != nil {
			return err
		}
		return u.steps(ctx, s, []journal.Record{u.Entry.Record}, do)
	}
	plans, err := u.parts()
	if err != nil {
		return err
	}
	s.Records = u.Entry.Plan.Records
	u.inParts = len(plans) > 1
	if u.inParts { // what one did not do another one did
		s.Records = 0
		for i := range plans {
			s.Records += plans[i].Written
		}
	}
	seen := 0
	passes, err := u.foldersFirst(plans, s.Records, u.passes())
	if err != nil {
		return err
	}
	for _, which := range passes {
		for i := range plans {
			if err = u.part(ctx, s, &plans[i], which, &seen, do); err != nil {
				s.Left = s.Records - seen // at most: a plan may have come to less than it had announced
				return err
			}
		}
	}
	return nil
}

// parts returns the plans that the entry consists of, the newest first: if it was cut
// off, what carried on with it is undone with it.
func (u *Undo) parts() ([]journal.Plan, error) {
	first := *u.Entry.Plan
	if !first.Continued {
		return []journal.Plan{first}, nil
	}
	rests, err := u.Journal.Rests(&first)
	return append(rests, first), err
}

// part is each for one of the plans of an entry, of its records that which wants. seen
// counts the records.
func (u *Undo) part(ctx context.Context, s *Summary, plan *journal.Plan, which func(*journal.Record) bool, seen *int, do func([]Step) error) error {
	parents := kv.NatureOf(u.Store).Types
	var failed error
	var batch []journal.Record
	flush := func() bool {
		failed = u.steps(ctx, s, batch, do)
		batch = batch[:0]
		if u.Progress != nil && u.settle == nil { // Run counts what was written
			u.Progress(*seen)
		}
		return failed == nil
	}
	err := u.Journal.Records(plan, func(r journal.Record) bool {
		if !within(u.Dir, &r) {
			failed = ErrOutside
			return false
		}
		if !which(&r) {
			return true
		}
		*seen++
		switch err := check(&r); {
		case errors.Is(err, ErrHidden):
			s.Hidden++
			return true
		case err != nil && u.inParts:
			*seen--
			return true
		case err != nil && !(parents && leftAlone(&r)):
			s.Untouched++
			return true
		}
		batch = append(batch, r)
		return len(batch) < u.size() || flush()
	})
	if err == nil && failed == nil && flush() && u.wait != nil {
		failed = u.wait() // whether the next ones may go hangs on how these end
	}
	return errors.Join(err, failed)
}

// steps works out the steps of records and passes them on; s counts those of which
// it turns out that they were not carried out.
func (u *Undo) steps(ctx context.Context, s *Summary, records []journal.Record, do func([]Step) error) error {
	if len(records) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if u.settle != nil {
		if err := u.settle(records); err != nil {
			return err
		}
	}
	records, err := u.moveBack(ctx, s, records)
	if err != nil {
		return err
	}
	steps, err := newSteps(ctx, u.Store, records)
	if err != nil {
		return err
	}
	all := len(steps)
	steps = carriedOut(steps)
	if !u.inParts {
		s.Untouched += all - len(steps)
	}
	for i := range steps {
		if !steps[i].Conflict {
			continue
		}
		if u.own == nil {
			if u.own, err = ownAfter(u.Journal, u.Entry.ID); err != nil {
				return err
			}
		}
		steps[i].Conflict = !steps[i].again(u.own)
		steps[i].SetBack = steps[i].SetBack && steps[i].Conflict
	}
	if err := leaveOwners(ctx, u.Store, steps); err != nil {
		return err
	}
	u.bound.judge(s, steps)
	if err := u.leaveUsed(ctx, s.Records, steps); err != nil {
		return err
	}
	return do(steps)
}
