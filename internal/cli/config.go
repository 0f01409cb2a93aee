package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/internal/printable"
	"kvist/keymap"
	"kvist/themes"
)

// config prints and begins the settings.
func (p *Program) config(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "config [ADDRESS|PROFILE]",
		Short: "Print the settings in force, and where each came from",
		Long: `Print the settings that are in force for an address or a profile, and where each
came from: a flag, the profile, the environment, or the default. Secrets are not
read.`,
		Args:              rootArgs,
		ValidArgsFunction: p.completeTarget(o, false),
		RunE: func(_ *cobra.Command, args []string) error {
			file, choice, err := p.choose(o, strings.Join(args, ""))
			if err != nil {
				return err
			}
			all, err := choice.InForce(o.Settings, config.Settings{Mask: p.DemoMask}, p.Env)
			if err != nil {
				return err
			}
			return p.printSettings(file, all, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line, one for each setting")
	cmd.AddCommand(p.configInit(o), p.configSchema())
	return cmd
}

func (p *Program) printSettings(file *config.File, all []config.InForce, asJSON bool) error {
	if asJSON {
		lines := json.NewEncoder(p.Stdout)
		for _, one := range all {
			if err := lines.Encode(one); err != nil {
				return err
			}
		}
		return nil
	}
	missing := ""
	if file.Text == nil {
		missing = " (not there; kvist config init writes one)"
	}
	fmt.Fprintf(p.Stdout, "# %s%s\n", printable.String(file.Path), missing)
	for _, one := range all {
		if one.Value == "" {
			fmt.Fprintf(p.Stdout, "%-20s   %s\n", one.Name, one.Source)
			continue
		}
		fmt.Fprintf(p.Stdout, "%-20s = %s  (%s)\n", one.Name, one.Value, one.Source)
	}
	return nil
}

// configInit writes a settings file in which everything is explained.
func (p *Program) configInit(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a settings file in which everything is explained and nothing is set",
		Long: `Write a settings file in which everything is explained and nothing is set, and
beside it the JSON schemas that its first line (#:schema) and that of a theme
name: editors that know them complete settings and mark mistakes.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			path, _ := config.Path(o.config, p.Env)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			if err := writeNew(path, config.Template()); err != nil {
				return err
			}
			if err := errors.Join(writeSchema(path, config.SchemaName, "config"), writeSchema(path, themes.SchemaName, "theme")); err != nil {
				return err
			}
			fmt.Fprintf(p.Stdout, "%s\n", printable.String(path))
			return nil
		},
	}
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usagef("%s is there already; it was left as it is", printable.String(path))
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// writeSchema writes a schema beside the settings file, in place of an older one.
func writeSchema(settings, name, what string) error {
	schema, err := schemaOf(what)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(filepath.Dir(settings), name), schema, 0o600)
}

// configSchema prints the JSON schema of the settings, or of a theme.
func (p *Program) configSchema() *cobra.Command {
	return &cobra.Command{
		Use:       "schema [config|theme]",
		Short:     "Print the JSON schema of config.toml, or of a theme",
		Args:      usageArgs(cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs)),
		ValidArgs: []string{"config", "theme"},
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := schemaOf(strings.Join(args, ""))
			if err != nil {
				return err
			}
			_, err = p.Stdout.Write(text)
			return err
		},
	}
}

func schemaOf(what string) ([]byte, error) {
	schema := config.Schema(keymap.Default().Names())
	if what == "theme" {
		schema = themes.Schema()
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}
