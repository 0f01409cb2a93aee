package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/internal/doctor"
	"kvist/internal/printable"
	"kvist/internal/settings"
	"kvist/kv"
)

// doctor finds out why a store cannot be used, or that it can.
func (p *Program) doctor(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor [ADDRESS|PROFILE]",
		Short: "Check step by step whether a store can be reached, read and written",
		Long: `Check a store step by step: the names of its servers, the connection, the
certificate and how long it is valid, the login, the cluster's health, round trip
and clock, and the rights to read, write, watch and see locks at the prefix.
Nothing is written: the right to write is tried with a compare-and-swap that
cannot hold. What fails comes with what to do about it. The exit code is 0 if
nothing failed, else 1.`,
		Example: `  kvist doctor prod
  kvist doctor --json etcd://10.0.0.1:2379,10.0.0.2:2379/services`,
		Args:              rootArgs,
		ValidArgsFunction: p.completeTarget(o, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			choice, err := p.chooseAnyway(o, strings.Join(args, ""))
			if err != nil {
				return err
			}
			t, err := p.resolve(cmd.Context(), o, choice)
			if err != nil {
				return err
			}
			defer t.stop()
			return p.examine(cmd, t, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line, one for each check")
	return cmd
}

// chooseAnyway is choose, but an address needs no settings: mistakes in them are a
// warning. Nothing is written here that the settings protect or record.
func (p *Program) chooseAnyway(o *options, what string) (config.Choice, error) {
	_, choice, err := p.choose(o, what)
	if _, wrong := errors.AsType[*settings.Error](err); !wrong || !config.IsAddress(what) {
		return choice, err
	}
	p.warn("the settings are left out, since there are mistakes in them")
	for _, one := range eachMistake(err) {
		p.warn(one.Error())
	}
	return (&config.File{}).Choose(what)
}

// examine prints each check when it is done.
func (p *Program) examine(cmd *cobra.Command, t *target, asJSON bool) error {
	if !asJSON {
		fmt.Fprintf(p.Stdout, "%s\n", printable.String(t.Address.String()))
	}
	opened := t.Target
	if t.embedded.Endpoint != "" {
		opened = opened.AtEndpoint(t.embedded.Endpoint)
	}
	patient := doctor.Patient{Target: opened, Key: func(s kv.Store) string {
		t.place(s)
		return t.key
	}}
	lines := json.NewEncoder(p.Stdout)
	well := doctor.Examine(cmd.Context(), patient, func(c doctor.Check) {
		if asJSON {
			_ = lines.Encode(c)
			return
		}
		p.printCheck(c, len(opened.Address.Endpoints) > 1)
	})
	if cmd.Context().Err() != nil {
		return cmd.Context().Err()
	}
	if !well {
		return &reportedError{exitFailure}
	}
	return nil
}

// printCheck prints a check in a line, and what to do about it in another.
func (p *Program) printCheck(c doctor.Check, several bool) {
	sign := map[doctor.Result]string{doctor.Passed: "✓", doctor.Failed: "✗", doctor.Unknown: "–"}
	if onlyASCII(p.Env) {
		sign = map[doctor.Result]string{doctor.Passed: "+", doctor.Failed: "x", doctor.Unknown: "-"}
	}
	server := ""
	if several && c.Server != "" {
		server = printable.String(c.Server) + ": "
	}
	fmt.Fprintf(p.Stdout, "%s %-10s  %s%s\n", sign[c.Result], c.Name, server, c.Found)
	if c.Advice != "" {
		fmt.Fprintf(p.Stdout, "%14s%s\n", "", c.Advice)
	}
}
