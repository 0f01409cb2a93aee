package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

// version prints which build this is.
func (p *Program) version() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which build this is",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return json.NewEncoder(p.Stdout).Encode(p.Build)
			}
			_, err := fmt.Fprintf(p.Stdout, "kvist %s\n", p.Build)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "a JSON object with version, commit, date, Go and platform")
	return cmd
}
