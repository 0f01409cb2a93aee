package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/explain"
	"kvist/internal/export"
	"kvist/internal/printable"
	"kvist/internal/transfer"
	"kvist/kv"
)

// exportFlags are the flags of export.
type exportFlags struct {
	format string
	owned  bool
	rev    revision
}

// export writes keys to a file.
func (p *Program) export(o *options) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export TARGET[/PREFIX] [FILE]",
		Short: "Write a key and everything below it to a file",
		Long: `Write a key and everything below it to FILE, or to standard output, in the order
of their names, so that two exports can be compared. The file is written whole
or not at all, and only you can read it. Formats:

  jsonl    JSON lines, byte for byte and with all metadata (the default)
  consul   what consul kv export writes (FILE ends in .json)
  yaml     with everything, too, for reading (FILE ends in .yaml or .yml)
  dir      a directory with a file for each key (FILE ends in /)
  etcdctl  commands for a shell
  zkcli    commands for zkCli.sh

The first four can be imported. Ephemeral keys and places in the queues of locks
are left out, which is said, unless --owned is given. If some keys may not be
read, the exit code is 6, and there is no file.`,
		Example: `  kvist export prod/config config.jsonl
  kvist export --format yaml prod/config | less
  kvist export prod/config ./config/`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeFile(o),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := ""
			if len(args) == 2 && args[1] != "-" {
				file = args[1]
			}
			format, err := f.formatOf(file)
			if err != nil {
				return err
			}
			return p.onPrefix(o, f.rev.at(func(ctx context.Context, s kv.Store, t *target) error {
				return p.exportTo(ctx, s, t, file, format, f)
			}))(cmd, args[:1])
		},
	}
	cmd.Flags().StringVar(&f.format, "format", "", "format of the file: "+strings.Join(export.Formats(), ", "))
	cmd.Flags().BoolVar(&f.owned, "owned", false, "also ephemeral keys and places in the queues of locks")
	f.rev.register(cmd)
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(export.Formats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// completeFile completes a target, and then a file.
func (p *Program) completeFile(o *options) completion {
	one := p.completeTarget(o, true)
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return one(cmd, args, typed)
	}
}

// formatOf returns the format that is asked for, or that the file's name means.
func (f *exportFlags) formatOf(file string) (export.Format, error) {
	switch {
	case f.format == "":
		return export.ByName(file), nil
	case !slices.Contains(export.Formats(), f.format):
		return "", usagef("there is no format %s; there are %s", printable.String(f.format), strings.Join(export.Formats(), ", "))
	}
	return export.Format(f.format), nil
}

// exportTo writes what is at a place to a file.
func (p *Program) exportTo(ctx context.Context, s kv.Store, t *target, file string, format export.Format, f exportFlags) error {
	place := transfer.Place{Store: s, Prefix: t.key}
	header := export.Header{
		Store: kv.NatureOf(s).Name, Prefix: kv.Dir(s, t.key), Own: strings.TrimSuffix(t.key, "/"),
	}
	run := &exporting{ctx: ctx, source: transfer.FromStore(place), owned: f.owned}
	var err error
	switch {
	case format == export.Directory && file == "":
		return usagef("a directory needs a name, such as ./config/")
	case format == export.Directory:
		err = export.WriteDirectory(file, header, run.each)
	case file == "":
		err = run.write(p.Stdout, format, header)
	default:
		err = writeWhole(file, func(to io.Writer) error { return run.write(to, format, header) })
	}
	if err != nil {
		return err
	}
	if run.left > 0 {
		p.warn(counted(run.left, "key") + " left out, as ephemeral or a place in the queue of a lock; --owned writes them too")
	}
	return nil
}

// exporting is an export that is under way.
type exporting struct {
	ctx    context.Context //nolint:containedctx // it is one call, in pieces
	source transfer.Source
	owned  bool
	left   int // keys that were left out
}

// write writes all of it in a format.
func (e *exporting) write(to io.Writer, format export.Format, h export.Header) error {
	w, err := export.NewWriter(format, to, h)
	if err != nil {
		return err
	}
	if err := e.each(w.Write); err != nil {
		return err
	}
	return w.Close()
}

// each calls visit with each entry. A file in which something is missing is
// none.
func (e *exporting) each(visit func(*export.Entry) error) error {
	unseen, err := e.source.Read(e.ctx, func(items []transfer.Item) error {
		for i := range items {
			it := &items[i]
			switch {
			case !e.owned && (it.Queued || it.Flags&kv.Ephemeral != 0):
				e.left++
				continue
			case it.Err != nil:
				return it.Err
			}
			if err := visit(&export.Entry{Key: it.Name.Rel, Own: it.Name.Own, Node: it.Node}); err != nil {
				return err
			}
		}
		return e.ctx.Err()
	})
	if err == nil && unseen != nil {
		err = fmt.Errorf("it would not be whole: %s: %w", explain.Error(unseen), kv.ErrIncomplete)
	}
	return err
}

// writeWhole writes a file whole or not at all, readable by its owner alone. It
// is made beside its place and then put there. A pipe or a device is written to as
// it is.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	if behind, err := filepath.EvalSymlinks(path); err == nil {
		path = behind
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return usagef("%s is a directory; with a slash at its end, or --format dir, a file for each key is written to it", printable.String(path))
	case err == nil && !info.Mode().IsRegular():
		to, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(to), to.Close())
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".kvist-export-*") // which is 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // it is gone where all went well
	err = errors.Join(write(file), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
