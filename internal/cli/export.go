package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

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
  etcdctl  commands for a shell (FILE ends in .sh)
  zkcli    commands for zkCli.sh (FILE ends in .zkcli)

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
	out := &export.Out{
		Source: transfer.FromStore(transfer.Place{Store: s, Prefix: t.key}), Header: export.HeaderOf(s, t.key),
		Format: format, Owned: f.owned,
	}
	var err error
	switch {
	case format == export.Directory && file == "":
		return usagef("a directory needs a name, such as ./config/")
	case file == "":
		err = out.Write(ctx, p.Stdout)
	default:
		err = out.File(ctx, file, true)
	}
	var directory *export.IsDirectoryError
	if errors.As(err, &directory) {
		return usagef("%s", directory.Error())
	}
	if err != nil {
		return err
	}
	if lost := out.LostWords(); lost != "" {
		p.warn("the format has no place for, with numbers of keys: " + lost + "; jsonl and yaml have")
	}
	if out.Left > 0 {
		p.warn(counted(out.Left, "key") + " left out, as ephemeral or a place in the queue of a lock; --owned writes them too")
	}
	return nil
}
