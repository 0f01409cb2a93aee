package cli

import (
	"context"

	"github.com/spf13/cobra"

	"kvist/kv"
)

// getFlags are the flags of get.
type getFlags struct {
	json, raw bool
	rev       revision
}

// get prints a value.
func (p *Program) get(o *options) *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:   "get TARGET/KEY | get TARGET KEY",
		Short: "Print the value of a key",
		Long: `Print the value of a key, byte for byte. On a terminal what is not printable is
escaped, and a line break is added where the value ends without one, unless
--raw is given. With --json, non-UTF-8 values are base64, "index" is what
put --cas and rm --cas take, and the object has what else the store knows about
the key: version, lease, session, flags, TTL and times.`,
		Example: `  kvist get prod/config/web/limits.json
  kvist get --rev 1234 prod/config/web/limits.json
  kvist get --json etcd://127.0.0.1:2379/config/web
  kvist get consul://127.0.0.1:8500 'a key with spaces'`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		RunE: p.onKey(o, f.rev.at(func(ctx context.Context, s kv.Store, t *target) error {
			return p.print(ctx, s, t, f)
		})),
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object with key, value, index, size and what else the store knows about the key")
	cmd.Flags().BoolVar(&f.raw, "raw", false, "byte for byte to a terminal too, which may act on the value")
	f.rev.register(cmd)
	return cmd
}

// print reads the key and prints its value.
func (p *Program) print(ctx context.Context, s kv.Store, t *target, f getFlags) error {
	var pair *kv.KVPair
	var meta *kv.Meta
	var err error
	if f.json {
		pair, meta, err = readKey(ctx, s, t.key)
	} else {
		pair, err = s.Get(t.key)
	}
	if err != nil {
		return err
	}
	w := p.printer(t, f.json)
	switch {
	case f.json:
		err = w.object(w.keyRecord(pair, meta, t.Address.Scheme))
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
