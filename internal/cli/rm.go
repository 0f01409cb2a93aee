package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"kvist/internal/explain"
	"kvist/internal/undo"
	"kvist/kv"
)

// rmFlags are the flags of rm.
type rmFlags struct {
	recursive, yes, json bool
	condition
}

// rm deletes a key, or a subtree by plan.
func (p *Program) rm(o *options) *cobra.Command {
	var f rmFlags
	cmd := &cobra.Command{
		Use:   "rm TARGET/KEY | rm TARGET KEY",
		Short: "Delete a key, or with --recursive everything under it too, by plan",
		Long: `Delete a key. With --recursive the Delete plan is shown first: exactly the keys
that go. Once agreed to, on the terminal or by --yes, exactly these are deleted,
each only if it is still as planned; keys that change or appear meanwhile are
kept and listed, with exit code 4. With --yes a summary of the plan goes to
standard error. Where some keys may not be read they stay: exit code 6.`,
		Example: `  kvist rm prod/config/old
  kvist rm --cas 1234 prod/config/old
  kvist rm --recursive prod/config/old/
  kvist rm --recursive --yes etcd://127.0.0.1:2379/config/old`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		PreRunE:           func(*cobra.Command, []string) error { return f.check() },
		RunE: p.onKey(o, func(ctx context.Context, s kv.Store, t *target) error {
			return p.remove(ctx, s, t, f)
		}),
	}
	cmd.Flags().BoolVarP(&f.recursive, "recursive", "r", false, "the key and everything under it, by plan")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "carry out the plan without asking")
	f.register(cmd, "delete")
	cmd.Flags().BoolVar(&f.json, "json", false, "with --recursive, the plan and its result as JSON, one object a line")
	return cmd
}

// check finds flags that contradict each other.
func (f rmFlags) check() error {
	if f.cas != 0 && f.recursive {
		return usagef("--cas is about one key; --recursive compares each key with its plan anyway")
	}
	return nil
}

// remove deletes what the flags say.
func (p *Program) remove(ctx context.Context, s kv.Store, t *target, f rmFlags) error {
	key := t.key
	if t.ReadOnly {
		return kv.Refused("delete", key) // before any question
	}
	if f.recursive {
		return p.removeTree(ctx, s, t, f)
	}
	p.warnLoss(lossOf(s, key))
	if err := p.confirmProtected(t, f.confirm); err != nil {
		return err
	}
	if f.cas != 0 {
		_, err := s.AtomicDelete(key, f.previous(key))
		return err
	}
	return s.Delete(key)
}

// removeTree makes the plan, asks for agreement, and carries it out.
func (p *Program) removeTree(ctx context.Context, s kv.Store, t *target, f rmFlags) error {
	plan, err := kv.MakePlan(ctx, s, t.key)
	if err != nil {
		return err
	}
	w := p.printer(t, f.json)
	if f.yes { // nobody is asked; the summary still goes to standard error, apart from the results
		fmt.Fprintln(p.Stderr, "kvist: "+planSummary(plan))
	} else if !f.json {
		fmt.Fprintln(w, planSummary(plan))
	}
	if err := w.plan(plan); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if plan.Unseen != nil {
		fmt.Fprintf(p.Stderr, "kvist: there may be more keys, which stay: %s\n", explain.Error(plan.Unseen))
	}
	if plan.Hidden != "" {
		p.warn(plan.Hidden + ": a directory that holds one is kept")
	}
	keys := make([]string, len(plan.Keys))
	for i := range plan.Keys {
		keys[i] = plan.Keys[i].Key
	}
	p.warnLoss(lossOf(s, keys...))
	if err := p.confirmProtected(t, f.confirm); err != nil {
		return err
	}
	if !f.yes {
		answer, err := p.ask("Carry out this plan? [y/N] ", "a recursive delete needs --yes where there is no terminal to ask on")
		if err != nil {
			return err
		}
		if answer != "y" && answer != "Y" && answer != "yes" {
			return errNotConfirmed
		}
	}
	report, err := plan.CarryOut(ctx, s, nil)
	if err := w.report(plan, report); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return outcome(plan, report, err)
}

// lossOf counts those of some keys that cannot be put back.
func lossOf(s kv.Store, keys ...string) (l undo.Loss) {
	for _, key := range keys {
		l.Add(s, key)
	}
	return l
}

// warnLoss says before the answer how many keys cannot be put back.
func (p *Program) warnLoss(l undo.Loss) {
	if text := l.Text(counted); text != "" {
		p.warn(text)
	}
}

// planned is one key of a plan as JSON.
func (w *printer) planned(k kv.PlannedKey) record {
	r := w.record(k.Key).size(k.Size)
	r.Kind, r.Index, r.Flags = "planned", k.Index, flagNames(k.Flags)
	return r
}

// planSummary returns what will be deleted, in one line.
func planSummary(plan *kv.Plan) string {
	t := plan.Totals()
	said := "Delete plan: " + counted(len(plan.Keys), "key") + ", " + planBytes(t, len(plan.Keys))
	if t.Owned > 0 {
		said += fmt.Sprintf(", %d ephemeral or leased", t.Owned)
	}
	if t.Locked > 0 {
		said += fmt.Sprintf(", %d locked", t.Locked)
	}
	return said
}

// counted returns a number of things in words.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// plan prints the keys of the Delete plan, with their marks as ls prints them
// if any key has one.
func (w *printer) plan(plan *kv.Plan) error {
	marked := slices.ContainsFunc(plan.Keys, func(k kv.PlannedKey) bool { return k.Flags != 0 })
	for _, k := range plan.Keys {
		line := "  "
		if marked {
			line += marks(k.Flags) + " "
		}
		if w.json {
			if err := w.object(w.planned(k)); err != nil {
				return err
			}
		} else if _, err := w.WriteString(line + w.name(k.Key) + "\n"); err != nil {
			return err
		}
	}
	return nil
}

// planBytes returns how many bytes will be deleted, as far as the listing
// contained sizes.
func planBytes(t kv.PlanTotals, keys int) string {
	switch t.Unsized {
	case 0:
		return counted(int(t.Bytes), "byte")
	case keys:
		return "sizes unknown"
	default:
		return fmt.Sprintf("at least %d bytes", t.Bytes)
	}
}

// doneRecord is the result of a plan, as JSON.
type doneRecord struct {
	Kind      string       `json:"kind"` // "done"
	Deleted   int          `json:"deleted"`
	Kept      []keptRecord `json:"kept,omitempty"`
	Appeared  []record     `json:"appeared,omitempty"`
	Left      int          `json:"left,omitempty"` // planned keys that were not tried
	Cancelled bool         `json:"cancelled,omitempty"`
}

// keptRecord is a planned key that was not deleted, and why.
type keptRecord struct {
	record
	Error string `json:"error"`
}

// report prints what was deleted and what was not.
func (w *printer) report(plan *kv.Plan, report kv.Report) error {
	if w.json {
		done := doneRecord{Kind: "done", Deleted: report.Deleted, Left: report.Left, Cancelled: report.Cancelled}
		for _, k := range report.Kept {
			done.Kept = append(done.Kept, keptRecord{w.record(k.Key), explain.Error(k.Err)})
		}
		for _, key := range report.Appeared {
			done.Appeared = append(done.Appeared, w.record(key))
		}
		return w.object(done)
	}
	fmt.Fprintf(w, "Deleted %d of %s\n", report.Deleted, counted(len(plan.Keys), "key"))
	for _, k := range report.Kept {
		fmt.Fprintf(w, "  kept %s: %s\n", w.name(k.Key), explain.Error(k.Err))
	}
	for _, key := range report.Appeared {
		fmt.Fprintf(w, "  appeared %s: it was not planned and stays\n", w.name(key))
	}
	if report.Left > 0 {
		fmt.Fprintf(w, "  not tried: %s\n", counted(report.Left, "key"))
	}
	return nil // the buffer keeps a failed write for Flush
}

// outcome returns the error, if any, of a plan that was carried out and
// reported.
func outcome(plan *kv.Plan, report kv.Report, err error) error {
	if err != nil {
		return err
	}
	if report.Cancelled {
		return context.Canceled
	}
	code := exitOK
	if plan.Unseen != nil {
		code = exitCode(plan.Unseen)
	}
	if len(report.Appeared) > 0 {
		code = exitConflict
	}
	for _, k := range report.Kept {
		switch {
		case errors.Is(k.Err, kv.ErrKeyNotFound): // already gone is what was wanted
		case errors.Is(k.Err, kv.ErrDenied):
			return &reportedError{exitDenied}
		default:
			code = exitConflict
		}
	}
	if code != exitOK {
		return &reportedError{code}
	}
	return nil
}
