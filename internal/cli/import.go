package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/export"
	"kvist/internal/printable"
	"kvist/internal/scratch"
	"kvist/internal/transfer"
	"kvist/kv"
)

// importKeys writes the keys of a file to a store.
func (p *Program) importKeys(o *options) *cobra.Command {
	var f transferFlags
	format := ""
	cmd := &cobra.Command{
		Use:   "import TARGET[/PREFIX] [FILE]",
		Short: "Write the keys of a file below a prefix",
		Long: `Write the keys of a file, or of standard input, below a prefix. A file that
kvist export wrote is recognised: JSON lines, YAML, a directory, and what
consul kv export writes, whose keys have their full names also below a prefix.
The whole file is read before anything is written: a wrong line is named, and a
file that ends early is refused.

` + transferHelp,
		Example: `  kvist import --dry-run staging/config config.jsonl
  consul kv export config/ | kvist import --yes etcd://10.0.0.1:2379`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeFile(o),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "" && !slices.Contains(export.Readable(), format) {
				return usagef("the format %s cannot be read; those that can are %s", printable.String(format), strings.Join(export.Readable(), ", "))
			}
			mode, err := f.mode()
			if err != nil {
				return err
			}
			file := "-"
			if len(args) == 2 {
				file = args[1]
			}
			return p.onPrefix(o, func(ctx context.Context, s kv.Store, t *target) error {
				return p.importFrom(ctx, s, t, file, export.Format(format), mode, &f)
			})(cmd, args[:1])
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&format, "format", "", "format of the file, if it is not recognised: "+strings.Join(export.Readable(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(export.Readable(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// importFrom plans what a file makes of a place, and carries it out.
func (p *Program) importFrom(ctx context.Context, s kv.Store, t *target, file string, format export.Format, mode transfer.Mode, f *transferFlags) error {
	if t.ReadOnly {
		return kv.Refused("write", t.key)
	}
	source, remove, err := p.openExport(ctx, file, format)
	if err != nil {
		return err
	}
	defer remove()
	name, path := "standard input", ""
	if file != "-" {
		name = filepath.Base(file)
		if path, err = filepath.Abs(file); err != nil {
			path = "" // it cannot be found again
		}
	}
	to := placeName(t.key)
	if t.key != "" {
		to = strings.TrimSuffix(to, "/") + "/"
	}
	plan, err := transfer.Make(ctx, source, transfer.Place{Store: s, Prefix: t.key, Title: t.key}, transfer.Options{
		Title: transfer.Title("import", name, to), Mode: mode, Owned: f.owned,
		File: path,
	})
	if err != nil {
		return err
	}
	return p.carryOut(ctx, plan, f, []*site{{t, s, ""}})
}

// openExport opens a file as a source, and checks that it is whole. Standard
// input is kept in a directory of its own until remove is called.
func (p *Program) openExport(ctx context.Context, file string, format export.Format) (source *export.Source, remove func(), err error) {
	remove = func() {}
	name := file
	if file == "-" {
		name = "standard input"
		if isTerminal(p.Stdin) {
			return nil, nil, usagef("no file is named, and standard input is the terminal")
		}
		dir, done, err := scratch.Dir("import")
		if err != nil {
			return nil, nil, err
		}
		remove, file = done, filepath.Join(dir, "input")
		if err := spool(p.Stdin, file); err != nil {
			done()
			return nil, nil, err
		}
	}
	source = export.FromFile(file, format)
	if err := source.Check(ctx); err != nil {
		remove()
		var line *export.LineError
		if errors.As(err, &line) || errors.Is(err, export.ErrCutOff) || errors.Is(err, export.ErrUnreadable) || errors.Is(err, os.ErrNotExist) {
			return nil, nil, usagef("%s cannot be imported: %s", printable.String(name), printable.String(err.Error()))
		}
		return nil, nil, fmt.Errorf("%s cannot be imported: %w", printable.String(name), err)
	}
	return source, remove, nil
}

// spool copies what is read into a file that only its owner can read.
func spool(from io.Reader, file string) error {
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}
