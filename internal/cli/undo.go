package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/explain"
	"kvist/internal/journal"
	"kvist/internal/printable"
	"kvist/internal/undo"
	"kvist/kv"
)

// undoFlags are the flags of undo.
type undoFlags struct {
	dryRun, yes, json bool
	confirm           string
}

// undo takes back what kvist wrote.
func (p *Program) undo(o *options) *cobra.Command {
	var f undoFlags
	id := ""
	cmd := &cobra.Command{
		Use:   "undo TARGET [ID]",
		Short: "Take back the last write to a store, or the one with an ID of the journal",
		Long: `Take back what this user's kvist wrote last to a store and is not undone yet, or
the write or plan with that ID (see kvist journal). What will be put back is
shown first. Each key is put back only if it still is what kvist made of it:
what somebody else wrote since stays and is listed, with exit code 4. If nothing
can be put back, that is said, and the next older write is shown and asked about;
with an ID, --yes or --json its ID is named instead. Undoing is in the journal
too, and can itself be undone by its ID.`,
		Example: `  kvist undo --dry-run prod
  kvist undo prod
  kvist undo --yes prod h3kx7a2q9d-12`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				id = args[1]
			}
			return p.onPrefix(o, func(ctx context.Context, s kv.Store, t *target) error {
				return p.undoIn(ctx, s, t, id, f)
			})(cmd, args[:1])
		},
	}
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only show what would be put back")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "undo without asking")
	cmd.Flags().BoolVar(&f.json, "json", false, "what will be, and what was, put back as JSON, one object a line")
	cmd.Flags().StringVar(&f.confirm, "confirm", "", "name of the protected profile, to change it without being asked")
	return cmd
}

// undoIn finds the entry, shows what its undo does, asks, and does it.
func (p *Program) undoIn(ctx context.Context, s kv.Store, t *target, id string, f undoFlags) error {
	if t.ReadOnly && !f.dryRun {
		return kv.Refused("undo", t.key)
	}
	if f.dryRun {
		t.journal = t.journal.Dry()
	}
	if err := p.reportCutOff(ctx, s, t); err != nil {
		return err
	}
	dir := kv.Dir(s, t.key)
	find := func() (journal.Entry, error) { return findEntry(t.journal, id, dir) }
	var newest error
	for first := true; ; first = false {
		e, err := undo.Answered(ctx, s, t.journal, find, p.answered)
		if err != nil {
			return err
		}
		u := &undo.Undo{Store: s, Journal: t.journal, Entry: e, Dir: dir}
		stuck, outcome := p.undoEntry(ctx, u, t, f)
		if !stuck {
			return outcome
		}
		if first {
			newest = outcome
		}
		older, passed, err := olderThan(t.journal, &e, dir)
		switch {
		case errors.Is(err, undo.ErrNothing):
			p.warn("no older write is left to undo")
			return newest
		case err != nil:
			return err
		case id != "" || f.yes || f.json: // nobody would see what an older write is before it is taken back
			p.warn(fmt.Sprintf("the next older write%s is %s; undo with the ID %s takes it back", passed, entryName(&older), older.ID))
			return outcome
		}
		p.warn("going on to the next older write" + passed)
		find = func() (journal.Entry, error) { return undo.Find(t.journal, older.ID) }
	}
}

// undoEntry shows what the undo of an entry does, asks, and does it. It is stuck if nothing
// of it can be put back, which it says.
func (p *Program) undoEntry(ctx context.Context, u *undo.Undo, t *target, f undoFlags) (stuck bool, err error) {
	w := p.printer(t, f.json)
	if f.json {
		u.Seen = w.step
	}
	will, err := u.Preview(ctx)
	if undo.Barred(err) {
		why := explain.Error(err)
		if _, ok := kv.As[kv.Historian](u.Store); ok && errors.Is(err, undo.ErrHidden) {
			why += "; kvist history shows the values that the server still has"
		}
		p.warn("nothing can be put back: " + why)
		return true, &reportedError{exitFailure}
	}
	if err != nil {
		return false, err
	}
	w.undoPlan(&u.Entry, &will)
	if err := w.Flush(); err != nil {
		return false, err
	}
	if will.Nothing() {
		p.warn("nothing can be put back")
		return true, undoOutcome(&will)
	}
	if f.dryRun {
		return false, undoOutcome(&will)
	}
	if err := p.agreeToUndo(t, f); err != nil {
		return false, err
	}
	did, err := u.Run(ctx)
	w.undone(&did)
	if err := errors.Join(err, w.Flush()); err != nil {
		return false, err
	}
	return did.Nothing() && did.InUse(), undoOutcome(&did)
}

// answered says what the store shows of an entry to which it had never answered.
func (p *Program) answered(a undo.Answer) {
	p.warn(fmt.Sprintf("the server never answered %s of %s: %s",
		entryName(&a.Entry), a.Entry.Time.Local().Format(time.DateTime), answeredWords(&a)))
}

// answeredWords says how many writes were carried out; of a single one, whether it was.
func answeredWords(a *undo.Answer) string {
	one := a.Written+a.Unwritten+a.Unknown == 1
	var parts []string
	add := func(n int, what string) {
		switch {
		case n > 0 && one:
			parts = append(parts, "it was "+what)
		case n > 0:
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(a.Written, "carried out")
	add(a.Unwritten, "not carried out")
	add(a.Unknown, "written over later by somebody, so that nobody knows")
	return strings.Join(parts, ", ")
}

// entryName names what an entry did, and to which key.
func entryName(e *journal.Entry) string {
	if e.Plan != nil {
		return undo.Deed(e.Plan)
	}
	return undo.Verb(&e.Record) + " " + e.Key
}

// olderThan returns the next older write than one of which nothing can be put back, and
// words for what it was chosen by.
func olderThan(j *journal.Journal, e *journal.Entry, dir string) (older journal.Entry, passed string, err error) {
	for id := e.ID; ; id = older.ID {
		if older, err = undo.Older(j, dir, id, nil); err != nil {
			return older, passed, err
		}
		if restorable, err := undo.Restorable(j, &older); err != nil || restorable {
			return older, passed, err
		}
		passed = " of which the journal keeps the values"
	}
}

// reportCutOff finds out what became of the writes of a kvist that was killed,
// and says so.
func (p *Program) reportCutOff(ctx context.Context, s kv.Store, t *target) error {
	found, err := undo.FindCutOff(ctx, s, t.journal)
	for _, c := range found {
		if n := c.Written + c.Unwritten + c.Unknown; n > 0 {
			p.warn(fmt.Sprintf("kvist ended before the answer to %s came: %d carried out, %d not, %d unknown",
				counted(n, "write"), c.Written, c.Unwritten, c.Unknown))
		}
		for _, plan := range c.Plans {
			plan.Written = c.Done(&plan)
			p.warn(cutOffSaid(&plan, t.journal.IsDry()))
		}
		err = errors.Join(err, c.Settle(t.journal))
	}
	return err
}

// cutOffSaid says how far a plan came that was cut off, and how to go on.
func cutOffSaid(plan *journal.Plan, dry bool) string {
	if plan.Unsent {
		then := "and it is forgotten"
		if dry {
			then = "so that there is nothing to undo of it"
		}
		return fmt.Sprintf("a plan was cut off: %s: none of its %s was written, %s", plan.Title, counted(plan.Records, "key"), then)
	}
	said := fmt.Sprintf("a plan was cut off: %s: %d of %s written", plan.Title, plan.Written, counted(plan.Records, "key"))
	if plan.Undoes != "" {
		said += "; undo with the ID " + plan.Undoes + " puts back the rest"
	}
	switch {
	case plan.Hidden > 0 && plan.Hidden >= plan.Written:
		said += "; it cannot be taken back, since the journal does not keep the values of these keys"
	case plan.Written > 0:
		said += "; undo with the ID " + plan.ID + " takes back what was written"
	}
	if plan.Hidden > 0 && plan.Hidden < plan.Written {
		said += ", but for " + counted(plan.Hidden, "key") + " whose values the journal does not keep"
	}
	return said
}

// agreeToUndo asks whether to go on.
func (p *Program) agreeToUndo(t *target, f undoFlags) error {
	if err := p.confirmProtected(t, f.confirm); err != nil || f.yes {
		return err
	}
	answer, err := p.ask("Undo this? [y/N] ", "undo needs --yes where there is no terminal to ask on")
	if err == nil && answer != "y" && answer != "Y" && answer != "yes" {
		err = errNotConfirmed
	}
	return err
}

// findEntry returns the entry with an ID, or the newest of keys in dir that is to
// be undone.
func findEntry(j *journal.Journal, id, dir string) (journal.Entry, error) {
	if id == "" {
		return undo.Last(j, dir, nil)
	}
	e, err := undo.Find(j, id)
	if errors.Is(err, undo.ErrNoEntry) {
		err = usagef("the journal of this store has no entry %s; kvist journal lists them", printable.String(id))
	}
	return e, err
}

// undoPlan prints what an undo will do. As JSON, each step was printed when it was
// seen.
func (w *printer) undoPlan(e *journal.Entry, s *undo.Summary) {
	if w.json {
		return
	}
	title := printable.String(entryName(e))
	at := e.Time.Local().Format(time.DateTime)
	if undo.Redoes(e) {
		fmt.Fprintf(w, "Redo %s, which was undone %s\n", title, at)
	} else {
		fmt.Fprintf(w, "Undo %s of %s\n", title, at)
	}
	for i := range s.First {
		w.step(&s.First[i])
	}
	if more := s.Steps() - len(s.First); more > 0 {
		fmt.Fprintf(w, "  and %s\n", counted(more, "more key"))
	}
	if undo.TakesBackMove(e, s) {
		fmt.Fprintf(w, "  %s\n", undo.MoveWarning)
	}
	w.losses(s)
}

// step prints what happens to one key.
func (w *printer) step(s *undo.Step) {
	if w.json {
		_ = w.object(struct { // the buffer keeps a failed write for Flush
			record
			Now      *nodeRecord `json:"now,omitempty"`
			Becomes  *nodeRecord `json:"becomes,omitempty"`
			Conflict bool        `json:"conflict,omitempty"`
			Used     bool        `json:"used,omitempty"`
			SetBack  bool        `json:"set_back,omitempty"`
			Stays    bool        `json:"stays,omitempty"`
		}{w.record(s.Write.Key), newNodeRecord(s.Now), newNodeRecord(s.Write.After), s.Conflict, s.Used, s.SetBack, s.Stays})
		return
	}
	what := "put back"
	switch {
	case s.SetBack:
		what = "left alone, it is older than what kvist wrote: the store was set back"
	case s.Conflict:
		what = "left alone, somebody else wrote it since"
	case s.Stays:
		what = "left alone, " + undo.StaysSaid
	case s.Used:
		what = "left alone, it holds other keys"
	case s.Done:
		what = "is so already"
	case s.Ended:
		what = "does not come back, only its own session can make it"
	case s.Write.After == nil:
		what = "delete"
	}
	fmt.Fprintf(w, "  %s: %s, %s -> %s\n", w.name(s.Write.Key), what, nodeSize(s.Now), nodeSize(s.Write.After))
}

// losses prints what does not come back.
func (w *printer) losses(s *undo.Summary) {
	if s.SetBack > 0 {
		fmt.Fprintf(w, "  the store was set back to an older state: %s older there than what kvist wrote\n", counted(s.SetBack, "key"))
	}
	for _, word := range slices.Sorted(maps.Keys(s.Unkept)) {
		such := ""
		if s.Unkept[word] > 1 {
			such = "such as "
		}
		fmt.Fprintf(w, "  does not come back: %s (%s, %s%s)\n", printable.String(word), counted(s.Unkept[word], "key"), such, w.name(s.UnkeptOf[word]))
	}
	if s.Used > 0 {
		fmt.Fprintf(w, "  stays: %s in which there are other keys\n", counted(s.Used, "folder"))
	}
	if s.Ended > 0 {
		fmt.Fprintf(w, "  does not come back: %s, which only their own sessions can make\n", counted(s.Ended, "ephemeral key"))
	}
	if s.Places > 0 {
		fmt.Fprintf(w, "  the lock's entry comes back, but its program has most likely given it up: it blocks the lock until its lease or TTL ends\n")
	}
	if s.Typeless > 0 {
		fmt.Fprintf(w, "  ZooKeeper does not show whether a znode is a container or has a TTL: %s made again as plain\n", counted(s.Typeless, "znode"))
	}
	if s.Hidden > 0 {
		fmt.Fprintf(w, "  cannot be put back: %s whose values the journal does not keep\n", counted(s.Hidden, "key"))
	}
}

// undone prints what an undo did.
func (w *printer) undone(s *undo.Summary) {
	if w.json {
		_ = w.object(struct { // the buffer keeps a failed write for Flush
			Kind      string   `json:"kind"`
			Restored  int      `json:"restored"`
			Deleted   int      `json:"deleted"`
			Already   int      `json:"already,omitempty"`
			Used      int      `json:"used,omitempty"` // folders that stay, since they hold other keys
			Conflicts []record `json:"conflicts,omitempty"`
			Stay      []record `json:"stay,omitempty"`
			Failed    int      `json:"failed,omitempty"`
			Left      int      `json:"left,omitempty"`

			Unkept map[string]int `json:"unkept,omitempty"` // what does not come back, and of how many keys
		}{"done", s.Restored, s.Deleted, s.Already, s.Used, w.records(s.Conflicts), w.records(s.Stay), len(s.Failed), s.Left, s.Unkept})
		return
	}
	fmt.Fprintf(w, "Put back %s, deleted %s\n", counted(s.Restored, "key"), counted(s.Deleted, "key"))
	for _, key := range s.Conflicts {
		fmt.Fprintf(w, "  left alone %s: somebody else wrote it since\n", w.name(key))
	}
	for _, key := range s.Stay {
		fmt.Fprintf(w, "  left alone %s: %s\n", w.name(key), undo.StaysSaid)
	}
	for _, f := range s.Failed {
		fmt.Fprintf(w, "  failed %s: %s\n", w.name(f.Key), explain.Error(f.Err))
	}
	if s.Left > 0 {
		fmt.Fprintf(w, "  not tried: %s\n", counted(s.Left, "key"))
	}
	w.losses(s)
}

// records are records of keys.
func (w *printer) records(keys []string) []record {
	var list []record
	for _, key := range keys {
		list = append(list, w.record(key))
	}
	return list
}

// undoOutcome returns the error, if any, of an undo that was reported.
func undoOutcome(s *undo.Summary) error {
	switch {
	case len(s.Conflicts) > 0, s.Nothing() && s.Used > 0:
		return &reportedError{exitConflict}
	case len(s.Failed) > 0, len(s.Stay) > 0, s.Hidden > 0, s.Nothing() && s.Ended > 0:
		return &reportedError{exitFailure}
	}
	return nil
}
