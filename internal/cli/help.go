package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kvist/internal/nearest"
)

// shortUsage replaces, in the help of the commands, the flags that all of them
// have by one line: the help of the program lists them.
func shortUsage(root *cobra.Command) {
	const all = `

Global Flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}`
	const some = `

The flags for reaching a store, such as --user, --password-file, --token-file,
--tls, --ca, --timeout and --read-only, are listed by kvist --help.`
	root.SetUsageTemplate(strings.Replace(root.UsageTemplate(), all, some, 1))
}

// helpOfCommands lets "kvist help" refuse what is no command.
func helpOfCommands(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil || help.Run == nil {
		return
	}
	show := help.Run
	help.RunE = func(cmd *cobra.Command, args []string) error {
		if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
			return rootArgs(root, append(args, ""))
		}
		show(cmd, args)
		return nil
	}
}

// orSee says what to do about a wrong flag: the one that was likely meant, or where all
// are listed.
func orSee(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := nearest.To(unknown.GetSpecifiedName(), names...); near != "" {
			return "did you mean --" + near + "?"
		}
	}
	return "see " + cmd.CommandPath() + " --help"
}
