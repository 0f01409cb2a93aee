package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// version prints which build this is.
func (p *Program) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print which build this is",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.Stdout, "kvist %s\n", p.Version)
			return err
		},
	}
}
