package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/compare"
	"kvist/internal/config"
	"kvist/internal/explain"
	"kvist/internal/printable"
	"kvist/internal/textdiff"
	"kvist/kv"
)

// diffFlags are the flags of diff.
type diffFlags struct {
	json, values, bytes, meta bool
	ignore                    string
	rev                       revision
}

// The exit codes of diff, which are those of diff(1).
const (
	exitSame      = 0
	exitDifferent = 1
	exitTrouble   = 2
)

// diff compares two places.
func (p *Program) diff(o *options) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff A B | diff --rev N A",
		Short: "Compare two folders, two stores, a folder and a file, or one with its past",
		Long: `Compare the keys and values below A and B, which are addresses or profiles with a
key, or files that kvist export wrote (write ./name for one that is called like a
profile). Each key that differs is a line:

  - KEY   only A has it
  + KEY   only B has it
  ~ KEY   the values differ
  = KEY   the same data in another layout, such as a re-ordered JSON object
  m KEY   only metadata differs; with --meta

Keys are named relative to A and B; "." is the key A or B itself. Objects of JSON,
YAML and TOML whose entries only come in another order count as the same, unless
--bytes is given. All keys are compared: if some may not be read, that is trouble.

Values are compared. With --meta, also what both stores can hold besides: the type
(such as ephemeral), flags, the TTL that was granted (with etcd v2, whether there is
one), whether there is a lease or a session, and the ACL. The last line says which of these were compared.

With --rev, A is read as it was at that revision of etcd v3; without B it is
compared with itself now.

Exit codes: 0 the same, 1 different, 2 trouble, 130 interrupted.`,
		Example: `  kvist diff prod/config staging/config
  kvist diff --values prod/config config.jsonl
  kvist diff --rev 4711 etcd://127.0.0.1:2379/config`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTwo(o),
		RunE: func(cmd *cobra.Command, args []string) error {
			different, err := p.compare(cmd.Context(), o, args, &f)
			switch {
			case errors.Is(err, context.Canceled):
				return err
			case err != nil && !outputClosed(err):
				fmt.Fprintln(p.Stderr, "kvist: "+explain.Error(err))
				return &reportedError{exitTrouble}
			case different:
				return &reportedError{exitDifferent}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "one JSON object for each key that differs, and a last one with the counts")
	flags.BoolVar(&f.values, "values", false, "show what differs in the values")
	flags.BoolVar(&f.meta, "meta", false, "compare metadata, too: what both stores can hold of type, flags, TTL, lease, session, ACL")
	flags.BoolVar(&f.bytes, "bytes", false, "the same data in another layout is different, too")
	flags.StringVar(&f.ignore, "ignore", "", "leave out keys whose relative name matches this regular expression")
	flags.Var(&f.rev, "rev", "read A as it was at this revision of etcd v3")
	return cmd
}

// compare compares two places and prints the differences.
func (p *Program) compare(ctx context.Context, o *options, args []string, f *diffFlags) (different bool, err error) {
	options := compare.Options{Bytes: f.bytes, Values: f.values, Meta: f.meta}
	if f.ignore != "" {
		re, err := regexp.Compile(f.ignore)
		if err != nil {
			return false, usagef("--ignore is no regular expression: %s", err)
		}
		options.Ignore = re.MatchString
	}
	c := &comparing{Program: p, options: o}
	defer c.close()
	if err := c.open(ctx, args, uint64(f.rev)); err != nil {
		return false, err
	}
	options.OneStore = c.oneStore
	w := &printer{Writer: p.printer(&target{}, f.json).Writer, person: isTerminal(p.Stdout), json: f.json}
	totals, err := compare.Run(ctx, c.sides[0], c.sides[1], options, func(d *compare.Difference) error {
		return w.difference(d, f.values)
	})
	if err == nil {
		var meta []string
		if f.meta {
			meta = compare.MetaCompared(c.sides[0], c.sides[1])
		}
		w.compared(&totals, meta)
	}
	if err := errors.Join(err, w.Flush()); err != nil {
		return false, err
	}
	for i, side := range c.sides {
		if side.Unseen != nil {
			return false, fmt.Errorf("%s may have more keys than were compared: %w", printable.String(args[min(i, len(args)-1)]), side.Unseen)
		}
	}
	return totals.Different(), nil
}

// comparing is what a comparison has open.
type comparing struct {
	*Program
	options  *options
	sides    [2]*compare.Side
	sites    [2]*site // nil for a file
	closers  []func()
	oneStore bool
}

func (c *comparing) close() {
	for _, side := range c.sides {
		if side != nil {
			side.Close()
		}
	}
	for _, done := range c.closers {
		done()
	}
}

// open lists both sides at the same time.
func (c *comparing) open(ctx context.Context, args []string, rev uint64) error {
	if len(args) == 1 && rev == 0 {
		return usagef("there is nothing to compare it with; name a second place, or a revision with --rev")
	}
	var prefixes [2]string
	var stores [2]kv.Store
	for i := range stores {
		what := args[min(i, len(args)-1)]
		if c.isFile(what) {
			continue
		}
		s, err := c.openOne(ctx, c.options, what, c.sites[0])
		if err != nil {
			return err
		}
		c.sites[i], stores[i], prefixes[i] = s, s.store, s.target.key
		if i == 0 || c.sites[0] == nil || s.store != c.sites[0].store {
			c.closers = append(c.closers, s.close)
		}
	}
	if err := c.atRevision(ctx, &stores, rev); err != nil {
		return err
	}
	errs := make(chan error, len(stores))
	for i := range stores {
		go func() {
			var err error
			if stores[i] != nil {
				c.sides[i], err = compare.FromStore(ctx, stores[i], prefixes[i])
			} else {
				c.sides[i], err = c.file(ctx, args[min(i, len(args)-1)])
			}
			errs <- err
		}()
	}
	return errors.Join(<-errs, <-errs)
}

// atRevision replaces the first store by itself as it was.
func (c *comparing) atRevision(ctx context.Context, stores *[2]kv.Store, rev uint64) error {
	if stores[0] != nil && stores[1] != nil {
		same, err := sameStore(ctx, c.sites[0], c.sites[1])
		if err != nil {
			return err
		}
		c.oneStore = same
	}
	if rev == 0 {
		return nil
	}
	if stores[0] == nil {
		return usagef("--rev is for a store, and A is a file")
	}
	historian, ok := kv.As[kv.Historian](stores[0])
	if !ok {
		return usagef("%s keeps no former states; --rev is for etcd v3", kv.NatureOf(stores[0]).Name)
	}
	past, err := historian.At(ctx, rev)
	if err != nil {
		return err
	}
	stores[0] = past
	c.closers = append(c.closers, past.Close)
	return nil
}

// isFile reports whether an argument names a file, and no address or profile.
func (c *comparing) isFile(what string) bool {
	if config.IsAddress(what) {
		return false
	}
	if _, _, err := c.choose(c.options, what); err == nil {
		return false
	}
	_, err := os.Stat(what)
	return err == nil
}

// file reads the keys of a file.
func (c *comparing) file(ctx context.Context, name string) (*compare.Side, error) {
	source, remove, err := c.openExport(ctx, name, "")
	if err != nil {
		return nil, err
	}
	defer remove() // it is not standard input
	return compare.FromSource(ctx, source)
}

// diffSign returns how a difference begins.
func diffSign(k compare.Kind) string {
	return [...]string{compare.OnlyA: "-", compare.OnlyB: "+", compare.Differs: "~", compare.Alike: "=", compare.Unread: "?", compare.MetaDiffers: "m", compare.Same: " "}[k]
}

// diffRecord is a key that differs, as JSON.
type diffRecord struct {
	record
	A *diffState `json:"a,omitempty"`
	B *diffState `json:"b,omitempty"`
	// Meta are the metadata that differ.
	Meta []diffMeta `json:"meta,omitempty"`
}

// diffMeta is a kind of metadata that differs, as JSON.
type diffMeta struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// diffState is what a side has of a key, as JSON.
type diffState struct {
	record
}

// newDiffState returns what a side has; values only if they were asked for.
func newDiffState(s *compare.State, values bool) *diffState {
	if s == nil {
		return nil
	}
	r := newRecord(s.Key).size(s.Size)
	if values && s.Value != nil {
		r = r.value(s.Value)
	}
	r.Index = s.Index
	return &diffState{r}
}

// difference prints a key that differs.
func (w *printer) difference(d *compare.Difference, values bool) error {
	name := d.Name.Rel
	if d.Name.Own {
		name = "."
	}
	if w.json {
		r := diffRecord{record: newRecord(name), A: newDiffState(d.A, values), B: newDiffState(d.B, values)}
		r.Kind = d.Kind.String()
		for _, m := range d.Meta {
			r.Meta = append(r.Meta, diffMeta(m))
		}
		return w.object(r)
	}
	fmt.Fprintf(w, "%s %s\n", diffSign(d.Kind), printable.Name(name))
	for _, m := range d.Meta {
		fmt.Fprintf(w, "    %s: %s in A, %s in B\n", m.What, printable.String(m.A), printable.String(m.B))
	}
	if values {
		w.differenceOfValues(d)
	}
	return nil
}

// differenceOfValues prints what differs in the values, indented.
func (w *printer) differenceOfValues(d *compare.Difference) {
	var a, b []byte
	if d.A != nil {
		a = d.A.Value
	}
	if d.B != nil {
		b = d.B.Value
	}
	found := textdiff.CompareData(d.Name.Rel, a, b)
	if found.Binary {
		fmt.Fprintf(w, "    no text, %s\n", counted(max(len(a), len(b)), "byte"))
		return
	}
	if d.Kind == compare.Alike || d.Kind == compare.MetaDiffers {
		return
	}
	for _, remark := range found.Remarks() {
		fmt.Fprintln(w, "    "+remark)
	}
	for _, line := range textdiff.Collapse(found.Lines) {
		fmt.Fprintln(w, "    "+diffLine(line))
	}
}

// compared prints the counts.
func (w *printer) compared(t *compare.Totals, meta []string) {
	if w.json {
		_ = w.object(struct { // the buffer keeps a failed write for Flush
			Kind    string `json:"kind"`
			Same    int    `json:"same"`
			OnlyA   int    `json:"only_a"`
			OnlyB   int    `json:"only_b"`
			Differs int    `json:"differs"`
			Alike   int    `json:"alike"`
			Ignored int    `json:"ignored,omitempty"`
			Meta    int    `json:"meta,omitempty"`

			MetaCompared []string `json:"meta_compared,omitempty"`
		}{"done", t.Same, t.OnlyA, t.OnlyB, t.Differs, t.Alike, t.Ignored, t.MetaDiffers, meta})
		return
	}
	fmt.Fprintf(w, "%s the same, %d only in A, %d only in B, %d different, %d in another layout",
		counted(t.Same, "key"), t.OnlyA, t.OnlyB, t.Differs, t.Alike)
	if meta != nil {
		fmt.Fprintf(w, ", %d in metadata alone (compared: %s)", t.MetaDiffers, strings.Join(meta, ", "))
	}
	if t.Ignored > 0 {
		fmt.Fprintf(w, ", %d ignored", t.Ignored)
	}
	fmt.Fprintln(w)
}
