package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/internal/history"
	"kvist/internal/journal"
	"kvist/internal/printable"
	"kvist/kv"
)

// historyFlags are the flags of history.
type historyFlags struct {
	json, deep bool
	limit      int
}

// historyLimit is how many versions history prints unless it is told otherwise.
const historyLimit = 50

// historyOf prints the former states of a key, the newest first.
func (p *Program) historyOf(o *options) *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history TARGET/KEY | history TARGET KEY",
		Short: "Print the versions of a key, the newest first",
		Long: `Print the versions of a key, the newest first: since when, index, version, size and
lease, and its deletions. etcd v3 keeps versions until it compacts them; versions
before a deletion are looked for in its last 50 000 revisions, or with --deep in
all that it keeps, which it has to read for that. The other stores keep none: of
these, and of what etcd has compacted, the versions are those in the journal of
this user's kvist, and lines between them say where others may have written.
A version has a time only if the journal, or ZooKeeper, knows it.`,
		Example: `  kvist history prod/config/web/limits.json
  kvist history --json --limit 0 prod/config/web | jq -r 'select(.kind == "version") | .index'
  kvist get --rev 1234 prod/config/web/limits.json`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		RunE: p.onKey(o, func(ctx context.Context, s kv.Store, t *target) error {
			if f.limit < 0 {
				return usagef("--limit must not be negative; 0 is all versions")
			}
			return p.printHistory(ctx, s, t, f)
		}),
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object a line, with the values")
	cmd.Flags().BoolVar(&f.deep, "deep", false, "look for versions before a deletion in all that etcd v3 keeps")
	cmd.Flags().IntVar(&f.limit, "limit", historyLimit, "at most so many versions; 0 for all")
	return cmd
}

// printHistory finds the versions and prints them.
func (p *Program) printHistory(ctx context.Context, s kv.Store, t *target, f historyFlags) error {
	known, err := p.knownOf(ctx, s, t, f)
	if err != nil {
		return err
	}
	w := p.printer(t, f.json)
	terms := kv.TermsOf(s)
	states, left := 0, false
	for _, row := range history.Rows(known) {
		if row.Kind == history.State {
			states++
		}
		if left = f.limit > 0 && states > f.limit; left {
			break
		}
		if err := w.version(t, &row, terms); err != nil {
			return err
		}
	}
	if left {
		p.warn("more versions are known: --limit 0 prints all")
	}
	if err := w.Flush(); err != nil || states > 0 {
		return err
	}
	return &kv.Error{Op: kv.OpHistory, Key: t.key, Kind: kv.ErrKeyNotFound, Err: errors.New("no version of it is known")}
}

// knownOf reads what the store and the journal know of the key.
func (p *Program) knownOf(ctx context.Context, s kv.Store, t *target, f historyFlags) (history.Known, error) {
	var known history.Known
	foreign, err := t.journal.OfKey(ctx, t.key, func(r journal.Record) bool {
		known.Journal = append(known.Journal, r)
		return f.limit == 0 || len(known.Journal) < journalMost*f.limit
	})
	if err != nil {
		return known, err
	}
	if foreign > 0 {
		p.warn(fmt.Sprintf("%s of the journal cannot be read", counted(foreign, "line")))
	}
	if historian, ok := kv.As[kv.Historian](s); ok {
		known.Pages, err = p.pagesOf(ctx, historian, t.key, f)
		if err == nil {
			err = p.tellSetBack(ctx, historian, known.Journal)
		}
		return known, err
	}
	pair, meta, err := readKey(ctx, s, t.key)
	if err != nil && !errors.Is(err, kv.ErrKeyNotFound) {
		return known, err
	}
	known.Present = &history.Present{Pair: pair, Meta: meta}
	if err != nil {
		known.Present.Pair = nil
	}
	return known, nil
}

// journalMost is how many records of the journal are read for each version that
// is to be printed: not every one was carried out.
const journalMost = 4

// pagesOf reads versions of a store that keeps them, page by page.
func (p *Program) pagesOf(ctx context.Context, h kv.Historian, key string, f historyFlags) (*history.Pages, error) {
	pages := &history.Pages{}
	for {
		options := kv.VersionsOptions{Before: pages.Last(), Deep: f.deep}
		if f.limit > 0 {
			options.Limit = f.limit - len(pages.Versions.Versions)
		}
		versions, err := h.Versions(ctx, key, options)
		if err != nil {
			return nil, err
		}
		pages.Older(versions)
		if !pages.More || f.limit > 0 && len(pages.Versions.Versions) >= f.limit {
			return pages, nil
		}
	}
}

// tellSetBack says so if kvist wrote the key at a revision that the store has not
// come to: it was restored to an older state.
func (p *Program) tellSetBack(ctx context.Context, h kv.Historian, records []journal.Record) error {
	wrote := uint64(0)
	for i := range records {
		if r := &records[i]; r.Outcome == journal.Done {
			wrote = max(wrote, r.Index)
		}
	}
	if wrote == 0 {
		return nil
	}
	newest, err := h.Revision(ctx)
	if err == nil && newest < wrote {
		p.warn(fmt.Sprintf("kvist wrote this key at revision %d, and the store is at revision %d: it was set back to an older state", wrote, newest))
	}
	return err
}

// version prints one row.
func (w *printer) version(t *target, r *history.Row, terms kv.Terms) error {
	if w.json {
		return w.object(w.versionRecord(t, r, terms.Index))
	}
	at := "-"
	if !r.At.IsZero() {
		at = r.At.Local().Format(time.DateTime)
	}
	line := fmt.Sprintf("%-19s  %s", at, stateLine(r, terms.Index, terms.Owner))
	if r.Kind != history.State {
		line = r.Remark(terms.Index)
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

// stateLine describes a state of the key.
func stateLine(r *history.Row, index, owner string) string {
	line := index + " unknown"
	if r.Index != 0 {
		line = fmt.Sprintf("%s %d", index, r.Index)
	}
	if r.Deleted {
		line += ", deleted"
	}
	if r.Version != 0 {
		line += fmt.Sprintf(", version %d", r.Version)
	}
	switch {
	case r.Deleted:
	case r.Hidden:
		line += ", value not kept"
	case r.Size >= 0:
		line += ", " + kv.Bytes(int64(r.Size))
	}
	if r.Owner != "" {
		line += ", " + owner + " " + printable.String(r.Owner)
	}
	if words := r.Source.Words(); words != "" {
		line += ", " + words
	}
	return line
}

// versionRecord is a row as JSON. Unknown fields are left out.
type versionRecord struct {
	record
	CreatedIndex uint64   `json:"created_index,omitempty"`
	Version      int64    `json:"version,omitempty"`
	Lease        string   `json:"lease,omitempty"`   // etcd's
	Session      string   `json:"session,omitempty"` // Consul's and ZooKeeper's
	Hidden       bool     `json:"hidden,omitempty"`  // the journal keeps no values of this key
	Source       []string `json:"source,omitempty"`  // "kept" by the store, "written" or "seen" by kvist
	Record       string   `json:"record,omitempty"`  // the ID in the journal
	Remark       string   `json:"remark,omitempty"`
}

// kindWords are the kinds of rows in JSON.
//
//nolint:gochecknoglobals // a table that never changes
var kindWords = map[history.Kind]string{
	history.State: "version", history.Gap: "gap", history.Older: "older", history.Compacted: "compacted",
	history.Unread: "unread", history.Unkept: "unkept", history.SetBack: "set-back",
}

// versionRecord converts a row to JSON.
func (w *printer) versionRecord(t *target, r *history.Row, index string) versionRecord {
	out := versionRecord{record: w.record(t.key), Remark: r.Remark(index)}
	out.Kind = kindWords[r.Kind]
	if r.Kind != history.State {
		out.Index = r.From
		return out
	}
	switch {
	case r.Deleted:
		out.Kind = "deletion"
	case r.Known:
		out.record = out.value(r.Value)
	default:
		out.record = out.size(r.Size)
	}
	out.Index, out.Time = r.Index, moment(r.At)
	out.CreatedIndex, out.Version, out.Hidden, out.Record = r.Created, r.Version, r.Hidden, r.Record
	if t.Address.Scheme == config.Consul || t.Address.Scheme == config.ZK {
		out.Session = r.Owner
	} else {
		out.Lease = r.Owner
	}
	for _, s := range []struct {
		source history.Source
		word   string
	}{{history.Kept, "kept"}, {history.Written, "written"}, {history.Seen, "seen"}} {
		if r.Source&s.source != 0 {
			out.Source = append(out.Source, s.word)
		}
	}
	return out
}
