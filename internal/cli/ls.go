package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"kvist/internal/explain"
	"kvist/kv"
)

// lsFlags are the flags of ls.
type lsFlags struct {
	json, long, null bool
	rev              revision
}

// ls lists the keys below a prefix.
func (p *Program) ls(o *options) *cobra.Command {
	var f lsFlags
	cmd := &cobra.Command{
		Use:   "ls TARGET[/PREFIX] | ls TARGET PREFIX",
		Short: "List the keys below a prefix, at any depth",
		Long: `List the keys below a prefix, at any depth, sorted, one a line. Each is written
as kvist get takes it as a second argument, after the address of the servers or
the profile (within an address, write % as %25). What is not printable, a line
break, or a blank at an end is escaped; -0 writes keys as they are, each ended
by a zero byte, --json quotes them. Where some keys may not be read, the rest is
listed, a line on standard error says so, and the exit code is 6.`,
		Example: `  kvist ls prod/config
  kvist ls --long consul://127.0.0.1:8500/services/
  kvist ls -0 prod | xargs -0 -n1 kvist get prod`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		RunE: p.onPrefix(o, f.rev.at(func(ctx context.Context, s kv.Store, t *target) error {
			return p.list(ctx, s, t, f)
		})),
	}
	cmd.Flags().BoolVarP(&f.long, "long", "l", false, "index, size and marks before each key (e ephemeral, t leased, l locked, d directory)")
	cmd.Flags().BoolVarP(&f.null, "null", "0", false, "end each key with a zero byte instead of a line break")
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object a line")
	f.rev.register(cmd)
	return cmd
}

// list prints what is below prefix. Keys that may not be read do not hide the
// rest: a line after it reports them, and they decide the exit code.
func (p *Program) list(ctx context.Context, s kv.Store, t *target, f lsFlags) error {
	l, err := readListing(ctx, s, t)
	if err != nil {
		return err
	}
	w := p.printer(t, f.json)
	w.null = f.null
	if f.long && !f.json && !f.null && w.person {
		fmt.Fprintf(w, "%10s %10s %s %s\n", "INDEX", "SIZE", "MARK", "KEY")
	}
	for _, e := range l.keys {
		if err := w.listed(e, f); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case len(l.keys) > 0 && l.unseen != nil:
		fmt.Fprintf(p.Stderr, "kvist: there may be more keys: %s\n", explain.Error(l.unseen))
		return &reportedError{exitCode(l.unseen)}
	case len(l.keys) > 0:
		return nil
	case l.unseen != nil:
		return l.unseen
	}
	return mustExist(s, t)
}

// mustExist returns an error if the place does not exist, which an empty
// listing does not show.
func mustExist(s kv.Store, t *target) error {
	if kv.Dir(s, t.key) == t.root {
		return nil
	}
	_, err := s.List(t.key)
	return err
}

// listed prints one key.
func (w *printer) listed(e kv.Entry, f lsFlags) error {
	if f.json {
		r := w.record(e.Key).size(e.Size)
		r.Index, r.Flags = e.Index, flagNames(e.Flags)
		return w.object(r)
	}
	if f.long {
		size := "-"
		if e.Size >= 0 {
			size = strconv.Itoa(e.Size)
		}
		if _, err := fmt.Fprintf(w, "%10d %10s %s ", e.Index, size, marks(e.Flags)); err != nil {
			return err
		}
	}
	end := "\n"
	if f.null {
		end = "\x00"
	}
	_, err := w.WriteString(w.name(e.Key) + end)
	return err
}

// marks returns a key's flags, one letter each in a fixed place.
func marks(flags kv.KeyFlags) string {
	letters := []byte("----")
	for i, f := range []kv.KeyFlags{kv.Ephemeral, kv.Leased, kv.Locked, kv.Directory} {
		if flags&f != 0 {
			letters[i] = "etld"[i]
		}
	}
	return string(letters)
}
