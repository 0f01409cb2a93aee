package cli

import (
	"context"

	"github.com/spf13/cobra"

	"kvist/kv"
)

// getFlags are the flags of get.
type getFlags struct{ json, raw bool }

// get prints a value.
func (p *Program) get(o *options) *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:   "get TARGET/KEY | get TARGET KEY",
		Short: "Print the value of a key",
		Long: `Print the value of a key, byte for byte. On a terminal what is not printable is
escaped, and a line break is added where the value ends without one, unless
--raw is given. With --json a value that is no UTF-8 comes as base64, and
"index" is what put --cas and rm --cas take.`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		RunE: p.onKey(o, func(_ context.Context, s kv.Store, t *target) error {
			return p.print(s, t, f)
		}),
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object with key, value, index and size")
	cmd.Flags().BoolVar(&f.raw, "raw", false, "byte for byte to a terminal too, which may act on what the value holds")
	return cmd
}

// print reads the key and prints its value.
func (p *Program) print(s kv.Store, t *target, f getFlags) error {
	pair, err := s.Get(t.key)
	if err != nil {
		return err
	}
	w := p.printer(t, f.json)
	switch {
	case f.json:
		r := w.record(pair.Key).value(pair.Value)
		r.Index = pair.LastIndex
		err = w.object(r)
	case w.person && !f.raw:
		err = w.text(pair.Value)
	default:
		_, err = w.Write(pair.Value)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}
