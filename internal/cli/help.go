package cli

import (
	"strings"

	"github.com/spf13/cobra"
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
