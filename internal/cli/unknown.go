package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/internal/nearest"
	"kvist/internal/printable"
)

// rootArgs checks the argument of the explorer. Several arguments are an
// unknown command.
func rootArgs(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return noneEmpty(cmd, args)
	}
	name := printable.String(args[0])
	if config.IsAddress(args[0]) {
		return usagef("the explorer opens one address; for a key, name a command first, as in kvist get %s KEY", name)
	}
	if meant := commandFor(cmd, args[0]); meant != "" {
		return usagef("there is no command %s; did you mean kvist %s?", name, meant)
	}
	return usagef("there is no command %s; commands are %s", name, strings.Join(commandNames(cmd), ", "))
}

// commandFor returns the command that a name most likely means: what other
// tools call it, or one with a similar name; "" if there is none.
func commandFor(root *cobra.Command, name string) string {
	meant, known := map[string]string{
		"delete": "rm", "del": "rm", "remove": "rm", "unset": "rm", "list": "ls", "dir": "ls", "keys": "ls", "tree": "ls", "find": "ls",
		"read": "get", "cat": "get", "show": "get", "set": "put", "write": "put", "add": "put", "create": "put", "update": "put",
		"follow": "watch", "tail": "watch", "observe": "watch", "lock": "locks",
	}[strings.ToLower(name)]
	if known {
		return meant
	}
	return nearest.To(strings.ToLower(name), commandNames(root)...)
}

// commandNames returns the names of the commands.
func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Root().Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// notAStore adds the command that was likely meant to the error about a name
// that is no store.
func notAStore(root *cobra.Command, what string, err error) error {
	meant := commandFor(root, what)
	switch {
	case err == nil || meant == "":
		return err
	case strings.HasSuffix(err.Error(), "?"):
		return usagef("%s; or the command %s?", err, meant)
	}
	return usagef("%s; did you mean the command %s?", err, meant)
}
