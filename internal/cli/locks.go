package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/printable"
	"kvist/kv"
)

// locks prints who holds and who waits for the locks below a prefix.
func (p *Program) locks(o *options) *cobra.Command {
	var asJSON bool
	var rev revision
	cmd := &cobra.Command{
		Use:   "locks TARGET[/PREFIX] | locks TARGET PREFIX",
		Short: "Print the locks below a prefix: holders, and waiters in their order",
		Long: `Print the locks at and below a prefix: the holder of each, since when and for
how long, and its waiters in the order in which they will get it. Locks of the
stores' own tools and of their usual libraries are recognised. Where some keys
may not be read, the locks that were found are printed, standard error says what
could not be seen, and the exit code is 6.`,
		Example: `  kvist locks prod
  kvist locks --json zk://127.0.0.1:2181/locks`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		RunE: p.onPrefix(o, rev.at(func(ctx context.Context, s kv.Store, t *target) error {
			return p.printLocks(ctx, s, t, asJSON)
		})),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line, one for each lock")
	rev.register(cmd)
	return cmd
}

// printLocks finds the locks and prints them.
func (p *Program) printLocks(ctx context.Context, s kv.Store, t *target, asJSON bool) error {
	inspector, ok := kv.As[kv.LockInspector](s)
	if !ok {
		return &kv.Error{Op: "locks", Key: t.key, Kind: kv.ErrNotImplemented}
	}
	locks, unseen := inspector.Locks(ctx, t.key)
	if unseen != nil && !errors.Is(unseen, kv.ErrIncomplete) {
		return unseen
	}
	w := p.printer(t, asJSON)
	for _, lock := range locks {
		if !asJSON {
			w.lock(lock)
		} else if err := w.object(w.lockRecord(lock)); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return unseen
}

// lock prints one lock; the buffer keeps a failed write for Flush.
func (w *printer) lock(lock kv.LockInfo) {
	limit := ""
	if lock.Limit > 1 {
		limit = fmt.Sprintf(", up to %d holders", lock.Limit)
	}
	fmt.Fprintf(w, "%s (%s%s)\n", w.name(lock.Key), printable.String(lock.Recipe), limit)
	for _, c := range lock.Holders {
		fmt.Fprintf(w, "  holder   %s\n", contender(c))
	}
	for i, c := range lock.Waiters {
		fmt.Fprintf(w, "  waiter %d %s\n", i+1, contender(c))
	}
	if lock.WaitersHidden != "" {
		fmt.Fprintf(w, "  waiters: %s\n", printable.String(lock.WaitersHidden))
	}
}

// contender formats one holder or waiter as one line.
func contender(c kv.Contender) string {
	parts := []string{printable.String(c.Name)}
	if c.Name == "" {
		parts[0] = "unnamed"
	}
	parts = append(parts, "id "+printable.String(c.ID))
	if c.Mode != "" {
		parts = append(parts, c.Mode)
	}
	if !c.Since.IsZero() {
		parts = append(parts, "since "+c.Since.Format(time.RFC3339))
	}
	switch {
	case c.TTL > 0 && c.Left >= 0:
		parts = append(parts, fmt.Sprintf("%s left of %s", c.Left.Round(time.Second), c.TTL))
	case c.TTL > 0:
		parts = append(parts, fmt.Sprintf("TTL %s", c.TTL))
	}
	if c.Note != "" {
		parts = append(parts, printable.String(c.Note))
	}
	return strings.Join(parts, ", ")
}

// lockRecord is a lock as JSON.
type lockRecord struct {
	record
	Recipe        string            `json:"recipe"`
	Limit         int               `json:"limit,omitempty"`
	Holders       []contenderRecord `json:"holders"`
	Waiters       []contenderRecord `json:"waiters"`
	WaitersHidden string            `json:"waiters_hidden,omitempty"`
}

// contenderRecord is a holder or waiter as JSON. Times are RFC 3339, durations
// are seconds; unknown fields are left out.
type contenderRecord struct {
	record        // the key that is its claim
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Mode   string `json:"mode,omitempty"`
	Since  string `json:"since,omitempty"`
	TTL    int64  `json:"ttl_seconds,omitempty"`
	Left   *int64 `json:"left_seconds,omitempty"`
	Note   string `json:"note,omitempty"`
}

// lockRecord converts a lock to JSON.
func (w *printer) lockRecord(lock kv.LockInfo) lockRecord {
	return lockRecord{
		record: w.record(lock.Key), Recipe: lock.Recipe, Limit: lock.Limit,
		Holders: w.contenders(lock.Holders), Waiters: w.contenders(lock.Waiters), WaitersHidden: lock.WaitersHidden,
	}
}

// contenders converts holders or waiters to JSON; the result is never nil.
func (w *printer) contenders(cs []kv.Contender) []contenderRecord {
	records := make([]contenderRecord, 0, len(cs))
	for _, c := range cs {
		r := contenderRecord{record: w.record(c.Key), ID: c.ID, Name: c.Name, Mode: c.Mode, TTL: int64(c.TTL / time.Second), Note: c.Note}
		r.Index = c.Index
		if !c.Since.IsZero() {
			r.Since = c.Since.Format(time.RFC3339)
		}
		if c.TTL > 0 && c.Left >= 0 {
			left := int64(c.Left / time.Second)
			r.Left = &left
		}
		records = append(records, r)
	}
	return records
}
