package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/journal"
	"kvist/internal/printable"
	"kvist/internal/undo"
	"kvist/kv"
)

// journalFlags are the flags of journal.
type journalFlags struct {
	json  bool
	since time.Duration
	key   string
}

// journalOf prints what kvist wrote, the newest first.
func (p *Program) journalOf(o *options) *cobra.Command {
	var f journalFlags
	cmd := &cobra.Command{
		Use:   "journal [TARGET]",
		Short: "Print what kvist wrote, the newest first",
		Long: `Print what this user's kvist wrote to a store, the newest first: when, what, how it
ended, and the ID that undo takes. Without a target it is the writes to all
stores, for which no server is asked.`,
		Example: `  kvist journal prod
  kvist journal --since 2h --key config/ prod
  kvist journal --json | jq -r 'select(.outcome == "unknown") | .key'`,
		Args:              usageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: p.completeTarget(o, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.printJournals(f)
			}
			return p.onPrefix(o, func(_ context.Context, s kv.Store, t *target) error {
				w := p.printer(t, f.json)
				return errors.Join(w.journal(t.journal, f, kv.Dir(s, t.key)), w.Flush())
			})(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object a line, with the values that were replaced and written")
	cmd.Flags().DurationVar(&f.since, "since", 0, "only writes of this long ago at most, such as 2h")
	cmd.Flags().StringVar(&f.key, "key", "", "only keys that begin with this")
	return cmd
}

// printJournals prints the journals of all stores.
func (p *Program) printJournals(f journalFlags) error {
	all, err := journal.All(journal.Dir())
	if err != nil {
		return err
	}
	w := p.printer(&target{}, f.json)
	for _, j := range all {
		if s := j.Store(); !f.json {
			fmt.Fprintf(w, "%s %s\n", s.Backend, printable.String(strings.Join(s.Addresses, ",")))
		}
		if err := w.journal(j, f, ""); err != nil {
			return err
		}
	}
	return w.Flush()
}

// clockSlack is how far a clock may have gone back between two entries without an older
// one being missed.
const clockSlack = 24 * time.Hour

// journal prints the entries of one journal that are of keys in dir.
func (w *printer) journal(j *journal.Journal, f journalFlags, dir string) error {
	r, err := j.Read()
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		e, err := r.Next()
		age := time.Since(e.Time)
		switch {
		case errors.Is(err, io.EOF), err == nil && f.since > 0 && age > f.since+clockSlack:
			return nil
		case err != nil:
			return err
		case f.since > 0 && age > f.since:
			continue
		}
		if err := w.entry(j, &e, f, dir); err != nil {
			return err
		}
	}
}

// entry prints an entry, if it is of keys in dir and the flags ask for it.
func (w *printer) entry(j *journal.Journal, e *journal.Entry, f journalFlags, dir string) error {
	wanted := func(key string) bool {
		return undo.Within(dir, key) && strings.HasPrefix(w.below(key), f.key)
	}
	if e.Plan != nil && (dir != "" || f.key != "") {
		some := false
		err := j.Keys(e.Plan, func(key string) bool {
			some = wanted(key)
			return !some
		})
		if errors.Is(err, journal.ErrNoPlan) { // its beginning was pruned
			err = nil
		}
		if err != nil || !some {
			return err
		}
	}
	switch {
	case e.Plan == nil && !wanted(e.Key):
		return nil
	case e.Plan == nil && f.json:
		return w.object(w.write(&e.Record))
	case e.Plan == nil:
		w.writeLine(&e.Record)
		return nil
	case f.json:
		if err := w.object(planRecord{
			Kind: "plan", ID: e.ID, Time: e.Time.Format(time.RFC3339Nano), Title: e.Plan.Title,
			Undoes: e.Undoes, Records: e.Plan.Records, Written: e.Plan.Written, Outcome: e.State(),
		}); err != nil {
			return err
		}
		var failed error
		err := j.Records(e.Plan, func(r journal.Record) bool {
			if wanted(r.Key) {
				failed = w.object(w.write(&r))
			}
			return failed == nil
		})
		return errors.Join(err, failed)
	}
	written := fmt.Sprintf("%d of %s", e.Plan.Written, counted(e.Plan.Records, "key"))
	if e.Ended.IsZero() {
		written = counted(e.Plan.Records, "key") + " planned"
	}
	fmt.Fprintf(w, "%s  %-8s  %s: %s  %s\n", e.Time.Local().Format(time.DateTime), e.State(),
		printable.String(e.Plan.Title), written, printable.String(e.ID))
	return nil
}

// writeLine prints one write.
func (w *printer) writeLine(r *journal.Record) {
	undoes := ""
	if r.Undoes != "" {
		undoes = " (undoes " + printable.String(r.Undoes) + ")"
	}
	fmt.Fprintf(w, "%s  %-8s  %s %s: %s -> %s%s  %s\n", r.Time.Local().Format(time.DateTime), r.Outcome,
		deedWord(r), w.name(r.Key), recordedSize(r, r.Before), recordedSize(r, r.After), undoes, printable.String(r.ID))
}

// deedWord says what a record did: undoing and redoing are named as such.
func deedWord(r *journal.Record) string {
	switch {
	case r.Redo:
		return "redo"
	case r.Undoes != "":
		return "undo"
	}
	return printable.String(undo.Verb(r))
}

// recordedSize describes what a key was or became, as far as the journal keeps it.
func recordedSize(r *journal.Record, n *kv.Node) string {
	if n != nil && r.Hidden {
		return "not kept"
	}
	return nodeSize(n)
}

// nodeSize describes what a key was or became.
func nodeSize(n *kv.Node) string {
	if n == nil {
		return "none"
	}
	return kv.Bytes(int64(len(n.Value)))
}

// planRecord is a plan of the journal as JSON.
type planRecord struct {
	Kind    string `json:"kind"` // "plan"
	ID      string `json:"id"`
	Time    string `json:"time"`
	Title   string `json:"title"`
	Undoes  string `json:"undoes,omitempty"`
	Records int    `json:"records"`
	Written int    `json:"written"`
	Outcome string `json:"outcome"`
}

// writeRecord is a write of the journal as JSON. Before and After are missing
// where there was no key.
type writeRecord struct {
	record
	ID      string      `json:"id"`
	Plan    string      `json:"plan,omitempty"`
	Op      string      `json:"op"`
	Undoes  string      `json:"undoes,omitempty"`
	Outcome string      `json:"outcome"`
	Error   string      `json:"error,omitempty"`
	Hidden  bool        `json:"hidden,omitempty"` // the journal keeps no values of this key
	Before  *nodeRecord `json:"before,omitempty"`
	After   *nodeRecord `json:"after,omitempty"`
}

// nodeRecord is what a key was or became, as JSON. Durations are seconds.
type nodeRecord struct {
	Value    *string  `json:"value,omitempty"`    // missing if the journal does not keep it
	Encoding string   `json:"encoding,omitempty"` // "base64" if the value is not UTF-8
	Hidden   bool     `json:"hidden,omitempty"`
	Index    uint64   `json:"index,omitempty"`
	Type     string   `json:"type,omitempty"`
	Flags    uint64   `json:"flags,omitempty"`
	Owner    string   `json:"owner,omitempty"`
	TTL      int64    `json:"ttl_seconds,omitempty"`
	ACL      []string `json:"acl,omitempty"`
}

// write converts a record of the journal to JSON.
func (w *printer) write(r *journal.Record) writeRecord {
	out := writeRecord{
		record: w.record(r.Key), ID: r.ID, Plan: r.Plan, Op: r.Op, Undoes: r.Undoes, Outcome: r.Outcome.String(),
		Error: r.Error, Hidden: r.Hidden, Before: newNodeRecord(r.Before), After: newNodeRecord(r.After),
	}
	if r.Hidden {
		out.Before.hide()
		out.After.hide()
	}
	out.Kind, out.Index, out.Time = "write", r.Index, r.Time.Format(time.RFC3339Nano)
	return out
}

func newNodeRecord(n *kv.Node) *nodeRecord {
	if n == nil {
		return nil
	}
	r := &nodeRecord{Index: n.Index, Flags: n.Flags, Owner: n.Owner, TTL: int64(n.TTL / time.Second), ACL: n.ACL}
	var value string
	value, r.Encoding = encodeText(n.Value)
	r.Value = &value
	if n.Type != kv.PlainNode {
		r.Type = n.Type.String()
	}
	return r
}

// hide takes out a value that the journal does not keep, which looks empty there.
func (r *nodeRecord) hide() {
	if r != nil {
		r.Value, r.Encoding, r.Hidden = nil, "", true
	}
}
