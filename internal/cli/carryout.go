package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kvist/internal/explain"
	"kvist/internal/printable"
	"kvist/internal/transfer"
	"kvist/kv"
)

// carryOut shows a plan, asks for agreement, and carries it out.
func (p *Program) carryOut(ctx context.Context, plan *transfer.Plan, f *transferFlags, guarded []*site) error {
	totals := plan.Totals()
	w := p.printer(guarded[0].target, f.json)
	w.transferPlan(plan, &totals)
	if err := w.Flush(); err != nil {
		return err
	}
	if f.yes && !f.dryRun {
		fmt.Fprintln(p.Stderr, "kvist: "+transferSummary(plan, &totals))
	}
	if plan.Unseen != nil {
		fmt.Fprintf(p.Stderr, "kvist: there may be more keys: %s\n", explain.Error(plan.Unseen))
	}
	p.warnLoss(totals.Unkept)
	switch {
	case totals.Refuse > 0 && !f.partial:
		p.warn("the target cannot hold " + counted(totals.Refuse, "key") + ", so nothing is written; --partial writes the rest")
		return &reportedError{refusalCode(plan)}
	case f.dryRun:
		return unseenOutcome(plan, exitOK)
	case totals.Create+totals.Overwrite+totals.Delete == 0:
		return unseenOutcome(plan, exitOK)
	}
	for _, g := range guarded {
		if err := p.confirmProtected(g.target, f.confirm); err != nil {
			return err
		}
	}
	if !f.yes {
		answer, err := p.ask("Carry out this plan? [y/N] ", "it needs --yes where there is no terminal to ask on")
		if err != nil {
			return err
		}
		if answer != "y" && answer != "Y" && answer != "yes" {
			return errNotConfirmed
		}
	}
	report, err := plan.Run(ctx, f.partial, p.progress())
	w.transferred(plan, &report)
	if err := errors.Join(err, w.Flush()); err != nil {
		return err
	}
	return transferOutcome(plan, &report)
}

// progress returns what shows on the terminal how far a plan has come; nil if
// nobody watches.
func (p *Program) progress() func(transfer.Progress) {
	terminal, ok := p.Stderr.(interface{ Fd() uintptr })
	if !ok || !isTerminalFd(terminal.Fd()) {
		return nil
	}
	return func(now transfer.Progress) {
		end := ""
		if now.Done >= now.Of {
			end = "\r" + strings.Repeat(" ", 50) + "\r"
		}
		fmt.Fprintf(p.Stderr, "\r%s: %d of %s, %s   %s", now.Phase, now.Done, counted(now.Of, "key"), kv.Bytes(now.Bytes), end)
	}
}

// transferSummary returns what a plan does, in one line.
func transferSummary(plan *transfer.Plan, t *transfer.Totals) string {
	said := fmt.Sprintf("Plan to %s: create %d, overwrite %d, leave %d", printable.String(plan.Title), t.Create, t.Overwrite, t.Leave)
	if plan.Move {
		said += fmt.Sprintf(", then delete %d at the source", t.Delete)
	}
	if t.Refuse > 0 {
		said += fmt.Sprintf(", refuse %d", t.Refuse)
	}
	said += "; " + counted(int(t.Bytes), "byte")
	for _, mark := range []struct {
		n    int
		word string
	}{{t.Locked, "locked"}, {t.Leased, "leased"}, {t.Ephemeral, "ephemeral"}} {
		if mark.n > 0 {
			said += fmt.Sprintf(", %d %s", mark.n, mark.word)
		}
	}
	return said
}

// transferPlan prints a plan.
func (w *printer) transferPlan(plan *transfer.Plan, t *transfer.Totals) {
	if !w.json {
		fmt.Fprintln(w, transferSummary(plan, t))
	}
	for i := range plan.Steps {
		w.transferStep(plan, &plan.Steps[i])
	}
	if w.json {
		return
	}
	for _, word := range slices.Sorted(maps.Keys(t.Lost)) {
		fmt.Fprintf(w, "  does not come along: %s (%s)\n", printable.String(word), counted(t.Lost[word], "key"))
	}
}

// stepRecord is a step of a plan as JSON.
type stepRecord struct {
	record
	From         string   `json:"from,omitempty"`
	FromEncoding string   `json:"from_encoding,omitempty"`
	Action       string   `json:"action"`
	Why          string   `json:"why,omitempty"`
	Folder       bool     `json:"folder,omitempty"`
	Lost         []string `json:"lost,omitempty"`
}

// transferStep prints a step of a plan.
func (w *printer) transferStep(plan *transfer.Plan, s *transfer.Step) {
	why := s.Reason.String()
	if s.Err != nil {
		why = explain.Error(s.Err)
	}
	key := s.Key
	if key == "" {
		key = s.From
	}
	if w.json {
		r := stepRecord{record: w.record(key).size(s.Size), Action: s.Action.String(), Why: why, Folder: s.Directory, Lost: plan.Lost(s)}
		r.Kind, r.Flags = "planned", flagNames(s.Flags)
		r.From, r.FromEncoding = encodeText([]byte(s.From))
		_ = w.object(r) // the buffer keeps a failed write for Flush
		return
	}
	line := fmt.Sprintf("  %-9s %s", s.Action, w.name(key))
	if why != "" {
		line += ": " + why
	}
	if names := flagNames(s.Flags); len(names) > 0 {
		line += " (" + strings.Join(names, ", ") + ")"
	}
	if lost := plan.Lost(s); len(lost) > 0 {
		line += "; loses " + printable.String(strings.Join(lost, ", "))
	}
	fmt.Fprintln(w, line)
}

// transferRecord is the result of a plan as JSON.
type transferRecord struct {
	Kind        string       `json:"kind"` // "done"
	Created     int          `json:"created"`
	Overwritten int          `json:"overwritten"`
	Deleted     int          `json:"deleted,omitempty"`
	Bytes       int64        `json:"bytes"`
	Failed      []keptRecord `json:"failed,omitempty"`
	Stayed      []keptRecord `json:"stayed,omitempty"`
	Left        int          `json:"left,omitempty"`
	Cancelled   bool         `json:"cancelled,omitempty"`
}

// transferred prints what a plan did and did not do.
func (w *printer) transferred(plan *transfer.Plan, r *transfer.Report) {
	if w.json {
		done := transferRecord{
			Kind: "done", Created: r.Created, Overwritten: r.Overwritten, Deleted: r.Deleted, Bytes: r.Bytes,
			Left: r.Left, Cancelled: r.Cancelled,
		}
		for _, k := range r.Failed {
			done.Failed = append(done.Failed, keptRecord{w.record(k.Key), explain.Error(k.Err)})
		}
		for _, k := range r.Stayed {
			done.Stayed = append(done.Stayed, keptRecord{w.record(k.Key), explain.Error(k.Err)})
		}
		_ = w.object(done) // the buffer keeps a failed write for Flush
		return
	}
	fmt.Fprintf(w, "Created %s, overwrote %d", counted(r.Created, "key"), r.Overwritten)
	if plan.Move {
		fmt.Fprintf(w, ", deleted %d at the source", r.Deleted)
	}
	fmt.Fprintln(w)
	for _, k := range r.Failed {
		fmt.Fprintf(w, "  not written %s: %s\n", w.name(k.Key), explain.Error(k.Err))
	}
	for _, k := range r.Stayed {
		fmt.Fprintf(w, "  stays %s: %s\n", w.name(k.Key), explain.Error(k.Err))
	}
	if r.Left > 0 {
		fmt.Fprintf(w, "  not tried: %s\n", counted(r.Left, "key"))
	}
}

// refusalCode returns the exit code for a plan that is refused.
func refusalCode(plan *transfer.Plan) int {
	for i := range plan.Steps {
		if s := &plan.Steps[i]; s.Action == transfer.Refuse && errors.Is(s.Err, kv.ErrDenied) {
			return exitDenied
		}
	}
	return exitFailure
}

// unseenOutcome returns an error with code, or that of keys that may not be
// read.
func unseenOutcome(plan *transfer.Plan, code int) error {
	if plan.Unseen != nil && code == exitOK {
		code = exitCode(plan.Unseen)
	}
	if code == exitOK {
		return nil
	}
	return &reportedError{code}
}

// transferOutcome returns the error, if any, of a plan that was carried out and
// reported.
func transferOutcome(plan *transfer.Plan, r *transfer.Report) error {
	if r.Cancelled {
		return context.Canceled
	}
	code := exitOK
	for _, k := range append(r.Failed, r.Stayed...) {
		switch {
		case errors.Is(k.Err, kv.ErrDenied):
			return &reportedError{exitDenied}
		case errors.Is(k.Err, kv.ErrKeyModified), errors.Is(k.Err, kv.ErrKeyNotFound),
			errors.Is(k.Err, transfer.ErrNotCopied), errors.Is(k.Err, kv.ErrHasChildren):
			code = exitConflict
		case code == exitOK:
			code = exitFailure
		}
	}
	return unseenOutcome(plan, code)
}
